import pytest

from odoo.addons.fusion_clover.client.payments import read_payment
from odoo.addons.fusion_clover.client.period import (
    REACH_MS,
    entries_of,
    payment_entry,
    refund_entry,
)
from odoo.addons.fusion_clover.client.types import PlatformRefund

from ..fakes import answer
from .builders import CHARGE_ID, client_for, payment_body
from .test_payments import query


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
    entry = payment_entry(read_payment(body))
    assert (entry.state, entry.net, entry.total, entry.surcharge) == (state, net, 1391, 33)
    assert (entry.kind, entry.ref, entry.payment_ref) == ("payment", CHARGE_ID, CHARGE_ID)


@pytest.mark.parametrize(
    ("changes", "net"),
    [
        ({"status": "SUCCESS"}, -212),
        ({}, -212),
        ({"status": "FAIL"}, 0),
        ({"status": "SUCCESS", "is_voided": True}, 0),
    ],
)
def test_a_refund_gives_back_its_share_of_the_surcharge(changes, net):
    refund = PlatformRefund("R1", CHARGE_ID, 200, 5, additional_charges=12, **changes)
    entry = refund_entry(refund)
    assert (entry.net, entry.total, entry.payment_ref) == (net, 212, CHARGE_ID)


def test_a_period_is_three_lists_each_bounded_in_time():
    refund = {"id": "R1", "payment": {"id": CHARGE_ID}, "amount": 5, "createdTime": 1_500}
    client, transport = client_for(
        answer(200, {"elements": [payment_body()]}),
        answer(200, {"elements": [payment_body(id="EARLIER000001", result="VOIDED")]}),
        answer(200, {"elements": [refund]}),
    )
    entries = list(entries_of(client, 1_000, 2_000))
    assert [(entry.kind, entry.ref, entry.is_earlier) for entry in entries] == [
        ("payment", CHARGE_ID, False),
        ("payment", "EARLIER000001", True),
        ("refund", "R1", False),
    ]
    made, changed, refunds = (query(request)["filter"] for request in transport.requests)
    assert set(made) == {"createdTime>=1000", "createdTime<2000"}
    assert set(changed) == {
        "modifiedTime>=1000",
        "modifiedTime<2000",
        "createdTime<1000",
        f"createdTime>={1_000 - REACH_MS}",
    }
    assert set(refunds) == {"createdTime>=1000", "createdTime<2000"}
