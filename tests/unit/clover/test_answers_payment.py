"""Payments that somebody else made, as answers of the ledger; what went back of them."""

import pytest

from odoo.addons.fusion_clover.client.answers_payment import (
    Return,
    is_captured,
    payment_answer,
    return_answer,
    returns_of,
)
from odoo.addons.fusion_clover.client.payments import read_payment

from ..fakes import answer
from .builders import CHARGE_ID, client_for, payment_body


def payment(**changes):
    return read_payment(payment_body(**changes))


@pytest.mark.parametrize(
    ("result", "outcome"),
    [("SUCCESS", "succeeded"), ("AUTH", "succeeded"), ("FAIL", "declined"), ("PENDING", "unknown"),
     ("VOIDED", "unknown"), ("SOMETHING_NEW", "unknown")],
)  # fmt: skip
def test_only_what_clover_calls_approved_is_a_success(result, outcome):
    assert payment_answer(payment(result=result), default_currency="CAD").outcome == outcome


def test_a_tip_is_part_of_the_amount_and_a_surcharge_is_beside_it():
    charges = {"elements": [{"amount": 33}]}
    taken = payment_answer(
        payment(tipAmount=100, additionalCharges=charges), default_currency="CAD"
    )
    assert (taken.data["amount"], taken.data["additional_charges"]) == (1458, 33)
    assert (taken.provider_reference, taken.data["external_reference"]) == (CHARGE_ID, "INV1001")


def test_cash_names_no_currency():
    taken = payment_answer(payment(cardTransaction=...), default_currency="CAD")
    assert taken.data["currency"] == "CAD"


def test_an_authorization_is_not_captured():
    card = {**payment_body()["cardTransaction"], "type": "PREAUTH", "state": "PENDING"}
    assert not is_captured(payment(cardTransaction=card, result="AUTH"))
    assert is_captured(payment(cardTransaction={**card, "type": "PREAUTHCAPTURE"}))


def test_refunds_oldest_first():
    rows = [{"id": "B", "amount": 200, "createdTime": 2}, {"id": "A", "amount": 100}]
    assert returns_of(payment(refunds={"elements": rows})) == (
        Return("A", 100, None),
        Return("B", 200, 2),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "FAIL"},
        {"status": "PENDING"},
        {"status": "VOIDED"},
        {"status": "SOMETHING_NEW"},
        {"status": "SUCCESS", "voided": True},
    ],
)
def test_only_a_refund_that_is_done_has_given_anything_back(changes):
    rows = [{"id": "A", "amount": 100, "status": "SUCCESS"}, {"id": "B", "amount": 200, **changes}]
    paid = payment(refunds={"elements": rows})
    assert [one.id for one in returns_of(paid)] == ["A"]
    assert paid.returned == 100


def test_what_went_back_of_clovers_surcharge_is_read_with_each_refund():
    rows = [{"id": "R1", "amount": 679}, {"id": "R2", "amount": 1, "status": "FAIL"}]
    charges = {"elements": [{"amount": 33}]}
    client, transport = client_for(
        answer(200, payment_body(refunds={"elements": rows}, additionalCharges=charges)),
        answer(200, {"id": "R1", "additionalCharges": {"elements": [{"amount": 16}]}}),
    )
    (given,) = returns_of(client.payments.retrieve(CHARGE_ID))
    assert (given.amount, given.additional_charges) == (679, 16)
    answered = return_answer(given, amount=679, currency="USD", additional_charges=16)
    assert answered.data["additional_charges"] == 16
    assert len(transport.requests) == 2


def test_a_void_takes_back_whatever_is_left():
    (void,) = returns_of(payment(result="VOIDED", voidPaymentRef={"id": "V1"}))
    assert (void.id, void.amount, void.is_void) == ("V1", None, True)
    (nameless,) = returns_of(payment(result="VOIDED"))
    assert nameless.id == f"{CHARGE_ID}-void"
    given = return_answer(void, amount=1358, currency="USD")
    assert (given.outcome, given.data["voided"], given.data["amount"]) == (
        "succeeded",
        True,
        1358,
    )


def test_the_payments_of_an_order_are_read_one_by_one():
    order = {"id": "Z1X2C3V4B5N6M", "payments": {"elements": [{"id": CHARGE_ID}]}}
    client, transport = client_for(answer(200, order), answer(200, payment_body()))
    (found,) = client.payments.of_order("Z1X2C3V4B5N6M")
    assert found.id == CHARGE_ID
    assert [request.url.split("/v3/")[1].split("?")[0] for request in transport.requests] == [
        "merchants/XYZVJT2ZRRRSC/orders/Z1X2C3V4B5N6M",
        f"merchants/XYZVJT2ZRRRSC/payments/{CHARGE_ID}",
    ]


def test_an_order_that_clover_does_not_know_has_no_payments():
    client, _transport = client_for(answer(404, {"message": "Not Found"}))
    assert client.payments.of_order("NOSUCHORDER01") == []
