import pytest

from odoo.addons.fusion_clover.client.payments import read_payment
from odoo.addons.fusion_clover.client.period import (
    REACH_MS,
    Period,
    entries_of,
    payment_entry,
    refund_entry,
)
from odoo.addons.fusion_clover.client.types import PlatformRefund

from ..fakes import answer
from .builders import CHARGE_ID, client_for, payment_body
from .test_payments import query

CREATED = payment_body()["createdTime"]
#: Around the moment at which the payment of the builders was made and changed.
PERIOD = Period(CREATED - 1_000, CREATED + 1_000, CREATED + 9_000)


def card(kind):
    return payment_body()["cardTransaction"] | {"type": kind}


@pytest.mark.parametrize(
    ("changes", "state", "net"),
    [
        ({}, "taken", 1391),
        ({"result": "AUTH", "cardTransaction": card("PREAUTH")}, "held", 0),
        ({"cardTransaction": card("PREAUTHCAPTURE")}, "taken", 1391),
        ({"result": "VOIDED"}, "voided", 0),
        ({"result": "VOIDED", "cardTransaction": card("PREAUTH")}, "released", 0),
        ({"result": "FAIL"}, "failed", 0),
        ({"result": "INITIATED"}, "open", 0),
        ({"result": "SOMETHING_NEW"}, "open", 0),
    ],
)
def test_what_a_payment_is_to_the_books(changes, state, net):
    body = payment_body(additionalCharges={"elements": [{"amount": 33}]}, **changes)
    entry = payment_entry(read_payment(body), PERIOD)
    assert (entry.state, entry.net, entry.total, entry.surcharge) == (state, net, 1391, 33)
    assert (entry.kind, entry.ref, entry.payment_ref) == ("payment", CHARGE_ID, CHARGE_ID)


@pytest.mark.parametrize(
    ("changes", "net"),
    [
        ({"status": "SUCCESS"}, -212),
        ({}, -212),
        ({"status": "FAIL"}, 0),
        ({"status": "PENDING"}, 0),
        ({"status": "SOMETHING_NEW"}, 0),
        ({"status": "SUCCESS", "is_voided": True}, 0),
    ],
)
def test_a_refund_gives_back_its_share_of_the_surcharge(changes, net):
    refund = PlatformRefund("R1", CHARGE_ID, 200, 5, additional_charges=12, **changes)
    entry = refund_entry(refund)
    assert (entry.net, entry.total, entry.payment_ref) == (net, 212, CHARGE_ID)


PREAUTH = {"cardTransaction": card("PREAUTHCAPTURE")}
REFUNDED = {"refunds": {"elements": [{"id": "R", "amount": 5, "createdTime": CREATED + 10}]}}


@pytest.mark.parametrize(
    ("created", "modified", "changes", "moved", "moved_after"),
    [
        (0, 0, {}, 1358, 0),
        (0, 5_000, {}, 1358, 0),
        (0, 10, {"result": "VOIDED"}, 0, 10),
        (0, 5_000, {"result": "VOIDED"}, 1358, 0),
        (-5_000, 10, {}, 0, -5_000),
        (-5_000, 10, REFUNDED, 0, -5_000),
        (-5_000, 10, {"result": "VOIDED"}, -1358, 10),
        (-5_000, 5_000, {"result": "VOIDED"}, 0, 5_000),
        (-5_000, 10, PREAUTH, 1358, 10),
        (-5_000, 10, PREAUTH | REFUNDED, 0, -5_000),
        (0, 10, PREAUTH | REFUNDED, 1358, 0),
        (0, 5_000, PREAUTH, 0, 5_000),
        (-5_000, 10, {"result": "VOIDED", "cardTransaction": card("PREAUTH")}, 0, -5_000),
    ],
    ids=[
        "made in the period",
        "and changed after it",
        "made and voided in it",
        "voided after it",
        "earlier and changed",
        "earlier and refunded",
        "earlier and voided",
        "earlier and voided after it",
        "captured in it",
        "captured before and refunded in it",
        "captured and refunded on its day",
        "captured after it",
        "an earlier authorization released",
    ],
)
def test_what_moved_in_a_period(created, modified, changes, moved, moved_after):
    times = {"createdTime": CREATED + created, "modifiedTime": CREATED + modified}
    entry = payment_entry(read_payment(payment_body(**times, **changes)), PERIOD)
    assert (entry.moved, entry.moved_ms - CREATED) == (moved, moved_after)
    assert entry.is_earlier == (created < -1_000)


def test_a_period_is_three_lists_each_bounded_in_time():
    refund = {"id": "R1", "payment": {"id": CHARGE_ID}, "amount": 5, "createdTime": 1_500}
    earlier = {"result": "VOIDED", "createdTime": 500}
    client, transport = client_for(
        answer(200, {"elements": [payment_body(createdTime=1_200, modifiedTime=1_200)]}),
        answer(
            200,
            {
                "elements": [
                    payment_body(id="EARLIER000001", modifiedTime=1_900, **earlier),
                    payment_body(id="CHANGEDAFTER1", modifiedTime=2_900, **earlier),
                    payment_body(id="JUSTNOW000001", modifiedTime=3_000, **earlier),
                ]
            },
        ),
        answer(200, {"elements": [refund]}),
    )
    entries = list(entries_of(client, Period(1_000, 2_000, 3_000)))
    assert [(entry.kind, entry.ref, entry.is_earlier) for entry in entries] == [
        ("payment", CHARGE_ID, False),
        ("payment", "EARLIER000001", True),
        ("payment", "CHANGEDAFTER1", True),
        ("refund", "R1", False),
    ]
    made, changed, refunds = (query(request)["filter"] for request in transport.requests)
    assert set(made) == {"createdTime>=1000", "createdTime<2000"}
    # Without an end: what changes again while the list is read stays in it.
    assert set(changed) == {
        "modifiedTime>=1000",
        "createdTime<1000",
        f"createdTime>={3_000 - REACH_MS}",
    }
    assert set(refunds) == {"createdTime>=1000", "createdTime<2000"}
