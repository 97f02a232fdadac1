"""Refunds and voids: how much goes back, and what the platform shows."""

import pytest


def test_a_partial_refund_moves_its_amount(clover):
    charge = clover.charge(1000)
    answer = clover.refund(
        charge["id"], key="r-1", amount=300, reason="duplicate", external_reference_id="RF1"
    ).json()
    assert (answer["object"], answer["amount"], answer["status"]) == ("refund", 300, "succeeded")
    assert (answer["charge"], answer["reason"]) == (charge["id"], "duplicate")
    effect = clover.ledger()[-1]
    assert (effect["id"], effect["kind"], effect["amount"]) == (answer["id"], "refund", 300)
    assert (effect["idempotency_key"], effect["reference"]) == ("r-1", "RF1")
    assert effect["source_id"] == charge["id"]
    assert clover.get(f"/v1/charges/{charge['id']}").json()["amount_refunded"] == 300


def test_without_an_amount_the_whole_original_is_meant_not_the_rest(clover):
    charge = clover.charge(1000)
    clover.refund(charge["id"], amount=300)
    response = clover.refund(charge["id"])
    assert response.status_code == 400
    assert response.json()["error"]["message"] == "Refund bigger than original payment"
    assert [e["kind"] for e in clover.ledger()] == ["charge", "refund"]


def test_no_more_can_be_refunded_than_is_left(clover):
    charge = clover.charge(1000)
    clover.refund(charge["id"], amount=700)
    assert clover.refund(charge["id"], amount=301).status_code == 400
    assert clover.refund(charge["id"], amount=300).status_code == 200
    again = clover.refund(charge["id"], amount=1)
    assert again.json()["error"]["code"] == "charge_already_refunded"
    assert sum(e["amount"] for e in clover.ledger() if e["kind"] == "refund") == 1000


@pytest.mark.parametrize("extra", [{"tip_amount": 100}, {"tax_amount": 100}])
def test_a_charge_with_tip_or_tax_cannot_be_refunded_in_part(clover, extra):
    charge = clover.charge(1000, **extra)
    response = clover.refund(charge["id"], amount=500)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "processing_error")
    assert "/v1/orders/{id}/returns" in error["message"]
    assert len(clover.ledger()) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"amount": "300"}, "Invalid JSON format"),
        ({"amount": 3.5}, "Invalid JSON format"),
        ({"amount": 0}, "amount is invalid"),
    ],
)
def test_a_refund_amount_is_a_positive_whole_number(clover, fields, message):
    charge = clover.charge(1000)
    response = clover.refund(charge["id"], **fields)
    assert (response.status_code, response.json()["error"]["message"]) == (400, message)
    assert len(clover.ledger()) == 1


def test_an_empty_refund_and_an_unknown_charge_are_refused(clover):
    empty = clover.post("/v1/refunds", {})
    assert empty.status_code == 400
    assert empty.json() == {"message": "Either charge id or reversal id has to be present"}
    assert clover.refund("NOSUCHCHARGE1").status_code == 404


def test_a_declined_attempt_cannot_be_refunded(clover):
    body = clover.charge_body(source=clover.token("4264281511117771"))
    failed = clover.post("/v1/charges", body).json()["error"]["charge"]
    assert clover.refund(failed).status_code == 400
    assert clover.ledger() == []


def test_a_full_refund_before_the_batch_closes_shows_as_a_void(clover):
    charge = clover.charge(1358)
    answer = clover.refund(charge["id"], amount=1358).json()
    payment = clover.v3(f"/payments/{charge['id']}", {"expand": "refunds"}).json()
    assert answer["object"] == "refund"
    assert (payment["result"], payment["voidReason"]) == ("VOIDED", "USER_CANCEL")
    assert len(payment["voidPaymentRef"]["id"]) == 13
    assert payment["refunds"] == {"elements": []}
    assert clover.v3("/refunds").json()["elements"] == []
    effect = clover.ledger()[-1]
    assert (effect["kind"], effect["amount"]) == ("refund", 1358)
    assert effect["detail"] == {"voided": True}


def test_a_full_refund_after_the_batch_closed_stays_a_refund(clover):
    charge = clover.charge(1358)
    clover.control("POST", "clock", {"advance_s": 1})
    clover.control("POST", "batch/close")
    refund = clover.refund(charge["id"]).json()
    payment = clover.v3(f"/payments/{charge['id']}", {"expand": "refunds"}).json()
    assert payment["result"] == "SUCCESS"
    assert [r["id"] for r in payment["refunds"]["elements"]] == [refund["id"]]
    (listed,) = clover.v3("/refunds").json()["elements"]
    assert (listed["id"], listed["amount"]) == (refund["id"], 1358)
    assert listed["payment"]["id"] == charge["id"]
    assert clover.v3(f"/refunds/{refund['id']}").json()["amount"] == 1358


def test_refunding_an_authorisation_releases_it_and_moves_nothing(clover):
    charge = clover.charge(1000, capture=False)
    assert clover.refund(charge["id"], amount=400).status_code == 400
    assert clover.refund(charge["id"]).status_code == 200
    effect = clover.ledger()[-1]
    assert (effect["kind"], effect["amount"]) == ("void", 0)
    assert effect["detail"] == {"released": 1000}
    assert clover.post(f"/v1/charges/{charge['id']}/capture", {}).status_code == 400


def test_refunds_give_the_matching_share_of_the_surcharge_back(clover):
    clover.configure(surcharge=True, surcharge_rate=0.035)
    charge = clover.charge(10_000)
    first = clover.refund(charge["id"], amount=1500).json()
    clover.refund(charge["id"], amount=8500)
    assert first["additional_charges"][0]["amount"] == 52
    assert [e["amount"] for e in clover.ledger()] == [10_350, 1552, 8798]


def test_a_merchant_may_cap_the_refund(clover):
    clover.configure(max_refund_amount=500)
    charge = clover.charge(1000)
    response = clover.refund(charge["id"], amount=501)
    assert response.json()["error"]["code"] == "processing_error"
    assert clover.refund(charge["id"], amount=500).status_code == 200


def test_refunds_are_listed_by_charge(clover):
    first, second = clover.charge(1000), clover.charge(1000)
    refund = clover.refund(first["id"], amount=10).json()
    clover.refund(second["id"], amount=20)
    listed = clover.get("/v1/refunds", {"charge": first["id"]}).json()["data"]
    assert [r["id"] for r in listed] == [refund["id"]]
    assert clover.get(f"/v1/refunds/{refund['id']}").json() == refund
    assert clover.get("/v1/refunds/NOSUCHREFUND1").status_code == 404
