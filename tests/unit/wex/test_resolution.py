from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_wex.client.resolution import MISMATCH, card_outcome, resolve
from odoo.addons.fusion_wex.client.types import CardStatus, VirtualCard

from .builders import CARD_ID, REFERENCE, card_request

SENT = datetime(2025, 8, 19, 12, 0, tzinfo=UTC)


def card(**changes):
    values = {
        "id": CARD_ID,
        "status": CardStatus.OPEN,
        "reference": REFERENCE,
        "amount": Decimal("150.00"),
        "credit_limit": Decimal("150.00"),
        "currency": "USD",
        "last4": "1111",
        **changes,
    }
    return VirtualCard(**values)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Outcome.SUCCEEDED),
        ({"amount": None, "credit_limit": None, "currency": None}, Outcome.SUCCEEDED),
        ({"status": CardStatus.SETTLED}, Outcome.SUCCEEDED),
        ({"status": CardStatus.EXPIRED}, Outcome.SUCCEEDED),
        ({"status": CardStatus.CLOSED}, Outcome.SUCCEEDED),
        ({"status": CardStatus.CLOSED, "last4": None}, Outcome.DECLINED),
        ({"status": CardStatus.AWAITING_APPROVAL, "last4": None}, Outcome.PENDING),
        ({"status": CardStatus.ERROR}, Outcome.UNKNOWN),
        ({"status": CardStatus.UNKNOWN}, Outcome.UNKNOWN),
        ({"amount": Decimal("150.01")}, MISMATCH),
        ({"credit_limit": Decimal("1500.00")}, MISMATCH),
        ({"currency": "CAD"}, MISMATCH),
        ({"reference": "PAY-001/2"}, MISMATCH),
    ],
)
def test_what_a_card_means_for_the_request_it_answers(changes, expected):
    assert card_outcome(card(**changes), card_request()) == expected


def decided(found, seconds=120):
    now = SENT + timedelta(seconds=seconds)
    return resolve(card_request(), found, sent_at=SENT, now=now, absence_after_s=120)


def test_one_card_as_asked_is_adopted():
    resolution = decided([card()], seconds=0)
    assert (resolution.verdict, resolution.outcome) == ("found", "succeeded")
    assert resolution.card == card()


def test_a_card_that_awaits_approval_is_adopted_as_pending():
    waiting = card(status=CardStatus.AWAITING_APPROVAL, last4=None)
    assert decided([waiting]).outcome is Outcome.PENDING


def test_absence_is_believed_only_after_a_while():
    assert (decided([], 119).verdict, decided([], 119).outcome) == ("too_early", "unknown")
    assert (decided([], 120).verdict, decided([], 120).outcome) == ("absent", "not_sent")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [([card(), card(id="second")], "several"), ([card(amount=Decimal("1.00"))], "mismatch")],
)
def test_what_is_not_clear_is_for_a_person(found, verdict):
    resolution = decided(found)
    assert (resolution.verdict, resolution.outcome) == (verdict, "unknown")
