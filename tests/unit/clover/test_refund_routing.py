from dataclasses import replace

import pytest

from odoo.addons.fusion_clover.client.refund_routing import (
    DAY_MS,
    PaymentFacts,
    Reason,
    Way,
    decide,
    facts_of,
    in_same_batch,
)
from odoo.addons.fusion_clover.client.types import (
    Gateway,
    MerchantProperties,
    Payment,
    PaymentRefund,
)

FACTS = PaymentFacts(total=11300, left=11300, age_days=0, same_batch=True)
NOW_MS = 1_800_000_000_000
CARD_AT_TERMINAL = {"card_present_only": True, "has_terminal": True}


def route(amount=11300, *, limit=180, **changes):
    return decide(replace(FACTS, **changes), amount, age_limit_days=limit)


@pytest.mark.parametrize(
    ("changes", "amount", "way"),
    [
        ({}, 11300, Way.VOID),
        ({"same_batch": None}, 11300, Way.VOID),
        ({"same_batch": None, "age_days": 1}, 11300, Way.REFUND),
        ({"same_batch": False}, 11300, Way.REFUND),
        ({}, 4000, Way.REFUND),
        ({"left": 7300}, 7300, Way.REFUND),
        ({"age_days": 180, "same_batch": False}, 4000, Way.REFUND),
        ({"captured": False, "age_days": 3}, 11300, Way.VOID),
        ({"in_parts": False}, 11300, Way.VOID),
        (CARD_AT_TERMINAL | {"in_device_window": True}, 11300, Way.DEVICE_VOID),
        (CARD_AT_TERMINAL | {"in_device_window": True}, 4000, Way.DEVICE_REFUND),
        (CARD_AT_TERMINAL, 11300, Way.DEVICE_REFUND),
        ({"has_terminal": True, "age_days": 181}, 4000, Way.CREDIT),
        ({"has_terminal": True, "gone": True, "left": 0, "total": 0}, 4000, Way.CREDIT),
    ],
)
def test_the_way_money_goes_back(changes, amount, way):
    assert route(amount, **changes).way == way


@pytest.mark.parametrize(
    ("changes", "amount", "reason"),
    [
        ({"gone": True}, 11300, Reason.GONE),
        ({"paid": False}, 11300, Reason.NOT_PAID),
        ({"pending": True}, 11300, Reason.STILL_PENDING),
        ({"left": 0}, 1, Reason.NOTHING_LEFT),
        ({}, 0, Reason.NO_AMOUNT),
        ({}, 11301, Reason.MORE_THAN_LEFT),
        ({"left": 7300}, 7301, Reason.MORE_THAN_LEFT),
        ({"card_present_only": True}, 11300, Reason.CARD_MUST_BE_PRESENT),
        ({"age_days": 181}, 11300, Reason.TOO_OLD),
        ({"captured": False}, 4000, Reason.NOT_CAPTURED),
        ({"in_parts": False}, 4000, Reason.NOT_IN_PARTS),
    ],
)
def test_why_nothing_can_go_back(changes, amount, reason):
    routing = route(amount, **changes)
    assert routing.way is None
    assert routing.reason == reason


def test_a_part_is_no_void_and_a_settled_payment_neither():
    assert route(4000).closed == {Way.VOID: Reason.NOT_WHOLE}
    assert route(same_batch=False).closed == {Way.VOID: Reason.SETTLED}
    assert route().reason is None


def test_only_cards_that_must_be_present_and_old_payments_need_a_terminal():
    present = route(card_present_only=True).closed
    assert present[Way.DEVICE_VOID] == Reason.WINDOW_OVER
    assert present[Way.DEVICE_REFUND] == Reason.NEEDS_TERMINAL
    assert present[Way.CREDIT] == Reason.NOT_NEEDED
    for changes in ({"age_days": 181}, {"gone": True}):
        closed = route(**changes).closed
        assert closed[Way.CREDIT] == Reason.NEEDS_TERMINAL
        assert closed[Way.DEVICE_REFUND] == Reason.NOT_NEEDED


@pytest.mark.parametrize(
    ("changes", "amount", "reason"),
    [
        ({"in_device_window": True}, 4000, Reason.NOT_WHOLE),
        ({}, 11300, Reason.WINDOW_OVER),
        ({"in_device_window": True, "has_terminal": False}, 11300, Reason.NEEDS_TERMINAL),
    ],
)
def test_a_terminal_voids_a_whole_payment_within_minutes_only(changes, amount, reason):
    closed = route(amount, **{**CARD_AT_TERMINAL, **changes}).closed
    assert closed[Way.DEVICE_VOID] == reason


def test_a_gateway_without_credits_closes_them():
    closed = route(age_days=181, has_terminal=True, credits_allowed=False).closed
    assert closed[Way.CREDIT] == Reason.NO_CREDITS


@pytest.mark.parametrize(("age_ms", "expected"), [(25 * 60_000 - 1, True), (25 * 60_000, False)])
def test_a_device_voids_within_25_minutes(age_ms, expected):
    payment = Payment(id="P1", amount=1, result="SUCCESS", created_ms=NOW_MS - age_ms)
    facts = facts_of(payment, now_ms=NOW_MS, same_batch=None)
    assert facts.in_device_window is expected


def test_the_age_limit_can_be_switched_off():
    assert route(4000, limit=0, age_days=4000).way == Way.REFUND


def test_facts_come_from_the_payment_with_refunds_made_anywhere():
    payment = Payment(
        id="P1",
        amount=11300,
        result="SUCCESS",
        created_ms=NOW_MS - 3 * DAY_MS,
        card_type="VISA",
        transaction_type="AUTH",
        refunds=(PaymentRefund("R1", 4000), PaymentRefund("R2", 1000)),
    )
    facts = facts_of(payment, now_ms=NOW_MS, same_batch=False)
    assert facts == PaymentFacts(total=11300, left=6300, age_days=3, same_batch=False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"result": "VOIDED"}, {"left": 0}),
        ({"result": "FAIL"}, {"left": 0, "paid": False}),
        ({"result": "PENDING"}, {"pending": True}),
        ({"result": "AUTH", "transaction_type": "PREAUTH"}, {"captured": False}),
        ({"tip_amount": 100}, {"total": 11400, "left": 11400, "in_parts": False}),
        ({"tax_amount": 100}, {"in_parts": False}),
        ({"card_type": "INTERAC"}, {"card_present_only": True}),
        ({"created_ms": None}, {}),
    ],
)
def test_facts_of_unusual_payments(changes, expected):
    values = {"id": "P1", "amount": 11300, "result": "SUCCESS", "created_ms": NOW_MS, **changes}
    facts = facts_of(Payment(**values), now_ms=NOW_MS, same_batch=None)
    for name, value in expected.items():
        assert getattr(facts, name) == value
    assert facts.age_days == 0


@pytest.mark.parametrize(
    ("closing", "zone", "age_ms", "expected"),
    [
        # NOW_MS is 2027-01-15 08:00 UTC: 03:00 in Toronto, one hour after the batch closed.
        ("02:00:00", "America/Toronto", 3_599_000, True),
        ("02:00:00", "America/Toronto", 3_601_000, False),
        ("04:00", "America/Toronto", 22 * 3_600_000, True),
        ("04:00", "America/Toronto", 24 * 3_600_000, False),
        (None, "America/Toronto", 0, None),
        ("02:00:00", None, 0, None),
        ("two", "America/Toronto", 0, None),
        ("02:00:00", "Nowhere/City", 0, None),
    ],
)
def test_the_batch_closes_at_the_merchants_time(closing, zone, age_ms, expected):
    payment = Payment(id="P1", amount=1, result="SUCCESS", created_ms=NOW_MS - age_ms)
    gateway, properties = Gateway(closing_time=closing), MerchantProperties("CAD", timezone=zone)
    assert in_same_batch(payment, gateway, properties, now_ms=NOW_MS) is expected
