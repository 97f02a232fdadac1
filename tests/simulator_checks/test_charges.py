"""Charges: what is accepted, what is refused, what the ledger says."""

import pytest


def error_of(response):
    return response.status_code, response.json()["error"]["code"]


def test_an_approved_charge_moves_its_amount_once(clover):
    charge = clover.charge(1358, key="k-1", external_reference_id="INV1001")
    assert charge["status"] == "succeeded"
    assert charge["paid"] is True
    assert charge["captured"] is True
    assert (charge["amount"], charge["currency"]) == (1358, "cad")
    assert len(charge["id"]) == 13
    (effect,) = clover.ledger()
    assert effect["id"] == charge["id"]
    assert (effect["kind"], effect["amount"], effect["currency"]) == ("charge", 1358, "CAD")
    assert (effect["idempotency_key"], effect["reference"]) == ("k-1", "INV1001")
    assert effect["source_id"] == charge["source"]["id"]


def test_the_order_is_absent_from_the_answer_and_present_when_read(clover):
    charge = clover.charge()
    read = clover.get(f"/v1/charges/{charge['id']}").json()
    assert "order" not in charge
    assert len(read["order"]) == 13
    assert read["amount_refunded"] == 0


def test_a_tip_comes_on_top_and_tax_does_not(clover):
    clover.charge(1000, tip_amount=150, tax_amount=50)
    assert [effect["amount"] for effect in clover.ledger()] == [1150]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount": None}, "missing"),
        ({"amount": 0}, "invalid_charge_amount"),
        ({"amount": -5}, "invalid_charge_amount"),
        ({"amount": "1000"}, "invalid_request"),
        ({"amount": 10.5}, "invalid_request"),
        ({"amount": True}, "invalid_request"),
        ({"amount": 100_000_000}, "amount_too_large"),
        ({"currency": None}, "missing"),
        ({"currency": "usd"}, "invalid_request"),
        ({"source": None}, "missing"),
        ({"source": "clv_unknown"}, "card_on_file_missing"),
        ({"ecomind": "shop"}, "invalid_request"),
        ({"tip_amount": -1}, "invalid_tip_amount"),
        ({"tax_amount": 1001}, "invalid_tax_amount"),
        ({"external_reference_id": "INV-2024/001"}, "invalid_request"),
        ({"external_reference_id": "ABCDEFGHIJKLM"}, "invalid_request"),
        ({"receipt_email": "nobody"}, "email_invalid"),
        ({"stored_credentials": {"sequence": "SECOND"}}, "invalid_request"),
    ],
)
def test_a_wrong_field_is_refused_and_moves_nothing(clover, fields, code):
    body = {k: v for k, v in (clover.charge_body() | fields).items() if v is not None}
    response = clover.post("/v1/charges", body)
    assert error_of(response) == (400, code)
    assert response.json()["message"] == "400 Bad Request"
    assert clover.ledger() == []


def test_a_body_that_is_not_json_is_refused(clover):
    url = f"{clover.origin}/v1/charges"
    form = clover.http.post(url, data={"amount": "1"}, headers=clover.headers(), timeout=20)
    assert form.status_code == 415
    headers = clover.headers() | {"Content-Type": "application/json"}
    broken = clover.http.post(url, data="{", headers=headers, timeout=20)
    assert broken.json()["error"]["message"] == "Invalid JSON format"


def test_a_source_token_is_good_for_one_attempt(clover):
    source = clover.token()
    clover.charge(source=source)
    second = clover.post("/v1/charges", clover.charge_body(source=source))
    assert error_of(second) == (400, "token_already_used")
    assert len(clover.ledger()) == 1


@pytest.mark.parametrize(
    ("number", "cvv"),
    [
        ("4264281511117771", "123"),
        ("4005571702222222", "123"),
        ("4005578003333335", "123"),
        ("5424180273333333", "123"),
        ("375987654000004", "1234"),
    ],
)
def test_a_declining_card_gets_402_with_the_failed_attempt_and_moves_nothing(clover, number, cvv):
    source = clover.token(number, cvv=cvv)
    response = clover.post("/v1/charges", clover.charge_body(source=source))
    error = response.json()["error"]
    assert response.status_code == 402
    assert response.json()["message"] == "402 Payment Required"
    assert (error["code"], error["declineCode"]) == ("card_declined", "issuer_declined")
    assert "type" not in error
    attempt = clover.get(f"/v1/charges/{error['charge']}").json()
    assert (attempt["status"], attempt["paid"], attempt["captured"]) == ("failed", False, False)
    assert clover.ledger() == []


def test_a_card_past_its_month_is_tokenised_but_declined(clover):
    source = clover.token(exp_year="2020")
    response = clover.post("/v1/charges", clover.charge_body(source=source))
    assert error_of(response) == (402, "expired_card")


def test_the_decline_is_worded_in_the_language_of_the_merchant(clover):
    clover.configure(merchant_locale="fr-CA")
    body = clover.charge_body(source=clover.token("4264281511117771"))
    error = clover.post("/v1/charges", body).json()["error"]
    assert error["message"] == "REFUSÉ : aucune raison fournie."


def test_a_card_used_too_often_is_declined_when_velocity_is_limited(clover):
    clover.configure(velocity_limit=2)
    clover.charge()
    clover.charge()
    response = clover.post("/v1/charges", clover.charge_body())
    assert response.status_code == 402
    assert "sale count per card" in response.json()["error"]["message"]
    assert len(clover.ledger()) == 2


def test_an_authorisation_holds_and_its_capture_moves(clover):
    charge = clover.charge(1000, capture=False, external_reference_id="A1")
    captured = clover.post(f"/v1/charges/{charge['id']}/capture", {"amount": 800}).json()
    assert charge["captured"] is False
    assert (captured["captured"], captured["amount"]) == (True, 800)
    authorised, moved = clover.ledger()
    assert (authorised["kind"], authorised["amount"]) == ("authorize", 0)
    assert authorised["detail"] == {"held": 1000}
    assert (moved["kind"], moved["amount"], moved["reference"]) == ("capture", 800, "A1")


def test_a_charge_is_captured_once_and_never_beyond_its_authorisation(clover):
    charge = clover.charge(1000, capture=False)
    path = f"/v1/charges/{charge['id']}/capture"
    assert error_of(clover.post(path, {"amount": 1001})) == (400, "invalid_charge_amount")
    assert clover.post(path, {}).json()["amount"] == 1000
    assert error_of(clover.post(path, {})) == (400, "charge_already_captured")
    assert [effect["kind"] for effect in clover.ledger()] == ["authorize", "capture"]


def test_the_surcharge_moves_with_credit_cards_and_not_with_debit_cards(clover):
    clover.configure(surcharge=True, surcharge_rate=0.024)
    credit = clover.charge(10_000)
    debit = clover.charge(10_000, source=clover.token("4000056655665556"))
    (extra,) = credit["additional_charges"]
    assert (extra["type"], extra["amount"]) == ("CREDIT_SURCHARGE", 240)
    assert "additional_charges" not in debit
    assert [effect["amount"] for effect in clover.ledger()] == [10_240, 10_000]


def test_the_shoppers_address_is_required_when_switched_on(clover):
    clover.configure(require_forwarded_for=True)
    body = clover.charge_body()
    assert error_of(clover.post("/v1/charges", body)) == (400, "missing")
    headers = clover.headers() | {"x-forwarded-for": "203.0.113.7"}
    url = f"{clover.origin}/v1/charges"
    assert clover.http.post(url, json=body, headers=headers, timeout=20).status_code == 200


def test_charges_are_listed_newest_first_and_paged_by_id(clover):
    ids = [clover.charge(amount)["id"] for amount in (101, 102, 103)]
    first = clover.get("/v1/charges", {"limit": 2}).json()
    rest = clover.get("/v1/charges", {"limit": 2, "starting_after": ids[1]}).json()
    back = clover.get("/v1/charges", {"limit": 1, "ending_before": ids[0]}).json()
    assert [c["id"] for c in first["data"]] == [ids[2], ids[1]]
    assert first["has_more"] is True
    assert ([c["id"] for c in rest["data"]], rest["has_more"]) == ([ids[0]], False)
    assert [c["id"] for c in back["data"]] == [ids[1]]
    assert clover.get("/v1/charges", {"limit": 101}).status_code == 400


def test_an_unknown_charge_is_not_found(clover):
    assert error_of(clover.get("/v1/charges/NOSUCHCHARGE1")) == (404, "resource_missing")


def test_without_a_valid_token_nothing_can_be_charged(clover):
    body = clover.charge_body()
    clover.access_token = "wrong"
    response = clover.post("/v1/charges", body)
    assert (response.status_code, response.json()) == (401, {"message": "401 Unauthorized"})
    assert clover.ledger() == []


def test_a_missing_permission_is_a_401_too(clover):
    clover.configure(denied_areas=["ecommerce"])
    assert clover.get("/v1/charges").status_code == 401
    assert clover.v3().status_code == 200
