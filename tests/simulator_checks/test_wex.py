"""The WEX simulator's own rules, by a bare HTTP driver."""

import json
from collections.abc import Iterator

import pytest
import requests

from tests.simulators import running
from tests.simulators.clover.cards import luhn_valid
from tests.simulators.wex.driver import WexDriver


@pytest.fixture(scope="module")
def wex_origin() -> Iterator[str]:
    with running("wex") as origin:
        yield origin


@pytest.fixture
def wex(wex_origin: str) -> WexDriver:
    driver = WexDriver(wex_origin)
    driver.control("POST", "reset")
    return driver


def code_of(response):
    return response.json()["detailed_response_message"].split(":")[0]


def test_the_old_proxys_request_gets_what_the_old_proxy_read(wex):
    body = wex.made(150.00)
    assert body["detailed_response_message"].startswith("Success:")
    card = body["virtual_card"]
    assert luhn_valid(card["number"])
    assert (len(card["number"]), len(card["security_code"])) == (16, 3)
    assert card["expiration"].endswith("-01T00:00:00Z")
    (effect,) = wex.control("GET", "ledger")
    assert effect["id"] == body["id"]
    assert (effect["kind"], effect["amount"], effect["currency"]) == ("card_issue", 15000, "USD")
    assert (effect["reference"], effect["source_id"]) == ("PAY-001", "*")
    assert effect["detail"]["user_defined_fields"] == ["Acme Hauling LLC", "PAY-001"]


def test_ledger_journal_and_list_hold_no_card_data(wex):
    card = wex.made(150)["virtual_card"]
    wex.send("GET", params={"user_defined_field": card["number"]})
    text = json.dumps([wex.control("GET", path) for path in ("ledger", "requests", "cards")])
    assert card["number"] not in text
    assert "sim-wex-password" not in text


@pytest.mark.parametrize(
    "auth", [None, ("SIMGROUP/apiuser", "wrong"), ("apiuser", "sim-wex-password"), ("", "")]
)
def test_wrong_credentials_are_refused_before_anything_is_looked_at(wex, auth):
    wex.auth = auth
    for response in (wex.create(150), wex.create("x"), wex.send("GET"), wex.send("GET", "/none")):
        assert (response.status_code, code_of(response)) == (401, "InvalidUserCredentials")
    assert wex.moved() == []


def test_a_user_without_the_privilege_is_refused(wex):
    wex.control("POST", "config", {"denied_users": ["SIMGROUP/apiuser"]})
    assert (wex.create().status_code, code_of(wex.create())) == (403, "NoPrivilege")
    assert wex.moved() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"colour": "red"}, "StandardFieldValidationFailed"),
        ({"merchant_code": None}, "StandardFieldValidationFailed"),
        ({"merchant_code": 3}, "StandardFieldValidationFailed"),
        ({"total_amount": None}, "StandardFieldValidationFailed"),
        ({"total_amount": "150.00"}, "StandardFieldValidationFailed"),
        ({"total_amount": 11.120000000000001}, "StandardFieldValidationFailed"),
        ({"total_amount": 0}, "StandardFieldValidationFailed"),
        ({"total_amount": -1}, "StandardFieldValidationFailed"),
        ({"total_amount": True}, "StandardFieldValidationFailed"),
        ({"total_amount": 1e9}, "StandardFieldValidationFailed"),
        ({"invoices": [{"invoice_number": "A"}]}, "StandardFieldValidationFailed"),
        (
            {"invoices": [{"invoice_number": "A", "invoice_date": "2025-08-19",
                           "total_amount": 1}]},
            "StandardFieldValidationFailed",
        ),
        ({"invoices": {}}, "StandardFieldValidationFailed"),
        ({"user_defined_fields": "PAY"}, "UserDefinedFieldValidationFailed"),
        ({"user_defined_fields": ["x" * 51]}, "UserDefinedFieldValidationFailed"),
        ({"user_defined_fields": ["x"] * 6}, "NoUDFsDefined"),
        ({"max_auth_date": "2020-01-01"}, "StandardFieldValidationFailed"),
        ({"max_auth_date": "tomorrow"}, "StandardFieldValidationFailed"),
        ({"max_auth_count": 0}, "StandardFieldValidationFailed"),
        ({"is_exact_match": "yes"}, "StandardFieldValidationFailed"),
        ({"billing_currency": "EUR"}, "StandardFieldValidationFailed"),
        ({"delivery_method": "Pigeon"}, "StandardFieldValidationFailed"),
        ({"delivery_method": "Email"}, "StandardFieldValidationFailed"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_refused_and_nothing_is_made(wex, changes, code):
    response = wex.create(**changes)
    assert (response.status_code, code_of(response)) == (400, code)
    assert wex.moved() == []
    assert wex.control("GET", "cards") == []


@pytest.mark.parametrize(
    ("data", "content_type"),
    [("{", "application/json"), ("[]", "application/json"), ("{}", "text/plain")],
)
def test_a_body_that_is_no_json_object_is_refused(wex, data, content_type):
    response = wex.send("POST", data=data, headers={"Content-Type": content_type})
    assert (response.status_code, code_of(response)) == (400, "StandardFieldValidationFailed")


def test_a_repeated_create_makes_a_second_card(wex):
    first, second = wex.made(150), wex.made(150)
    assert first["id"] != second["id"]
    assert first["virtual_card"]["number"] != second["virtual_card"]["number"]
    assert wex.moved() == [("card_issue", 15000)] * 2


def test_idempotency_can_be_switched_on(wex):
    wex.control("POST", "config", {"idempotency": True})
    body = {"merchant_code": "*", "total_amount": 5}
    answers = [
        wex.send("POST", json=body, headers={"idempotency_key": key}).json()["id"]
        for key in ("k1", "k1", "k2")
    ]
    assert answers[0] == answers[1] != answers[2]
    assert wex.moved() == [("card_issue", 500)] * 2
    assert [e["idempotency_key"] for e in wex.control("GET", "ledger")] == ["k1", "k2"]


def test_the_organisation_is_checked_when_it_is_set(wex):
    wex.control("POST", "config", {"org_bank_id": "0000", "org_company_id": "1"})
    assert code_of(wex.create()) == "InvalidOrganization"
    assert wex.create(org_bank_id="0000", org_company_id="1").status_code == 200


def test_the_credit_line_bounds_the_sum_of_open_limits(wex):
    wex.control("POST", "config", {"credit_line": 20000})
    first = wex.made(150)
    assert code_of(wex.create(50.01)) == "InsufficientCreditLimit"
    wex.send("PUT", f"/{first['id']}", json={"payment_status": "closed"})
    assert wex.create(200).status_code == 200


def test_queries_filter_by_every_documented_criterion(wex):
    first = wex.made(100, "A-1", merchant_code="M1")
    second = wex.made(200, "A-2")
    wex.send("PUT", f"/{second['id']}", json={"payment_status": "closed"})

    def found(**params):
        rows = wex.send("GET", params=params).json()["merchant_logs"]
        return [row["user_defined_fields"][1] for row in rows]

    assert found() == ["A-1", "A-2"]
    assert found(user_defined_field="A-1") == ["A-1"]
    assert found(user_defined_field="A") == []
    assert found(min_amount="150") == ["A-2"]
    assert found(max_amount="100.00") == ["A-1"]
    assert found(merchant_code="M1") == ["A-1"]
    assert found(payment_status="closed") == ["A-2"]
    assert found(max_returned="1") == ["A-1"]
    assert found(created_from=first["created_date"], created_to=second["created_date"]) == [
        "A-1", "A-2"
    ]  # fmt: skip
    assert found(created_to="2020-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "params",
    [{"colour": "red"}, {"max_returned": "0"}, {"max_returned": "x"}, {"min_amount": "x"},
     {"created_from": "yesterday"}, {"created_from": "2025-01-01T00:00:00"}],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused(wex, params):
    wex.made()
    response = wex.send("GET", params=params)
    assert (response.status_code, code_of(response)) == (400, "StandardFieldValidationFailed")


def test_a_card_is_closed_reopened_and_its_limit_changed(wex):
    card_id = wex.made(150)["id"]

    def put(**body):
        return wex.send("PUT", f"/{card_id}", json=body)

    assert put(payment_status="closed").json()["payment_status"] == "closed"
    assert put(payment_status="closed").status_code == 200
    assert put(payment_status="open").json()["payment_status"] == "open"
    assert put(credit_limit=99.5).json()["credit_limit"] == 99.5
    assert put(payment_status="frozen").status_code == 400
    assert put(number="4").status_code == 400
    assert wex.send("PATCH", f"/{card_id}", json={"status": "cancelled"}).status_code == 405
    assert wex.moved() == [("card_issue", 15000), ("card_cancel", 0)]


@pytest.mark.parametrize("path", ["", "/authorizations", "/transactions"])
def test_an_unknown_card_is_not_found(wex, path):
    response = wex.send("GET", f"/no-such-card{path}")
    assert (response.status_code, code_of(response)) == (404, "MerchantLogNotFound")


@pytest.mark.parametrize(
    ("more", "amounts", "codes"),
    [
        ({}, ["100.00", "50.00", "0.01"], [None, None, "51"]),
        ({"max_auth_count": 1}, ["10", "10"], [None, "65"]),
        ({"is_exact_match": True}, ["149.99", "150"], ["57", None]),
        ({"min_auth_date": "2099-01-01"}, ["150"], ["62"]),
    ],
)
def test_authorisations_obey_the_controls_of_the_card(wex, more, amounts, codes):
    card_id = wex.made(150, **more)["id"]
    results = [wex.act(card_id, "authorize", amount=amount) for amount in amounts]
    assert [result["decline_reason_code"] for result in results] == codes
    listed = wex.send("GET", f"/{card_id}/authorizations").json()
    assert [row["response"] for row in listed["authorizations"]] == [
        "Decline" if code else "Approval" for code in codes
    ]
    assert [amount for kind, amount in wex.moved() if kind != "card_issue"] == [0] * len(codes)


def test_a_reversal_frees_what_was_held(wex):
    card_id = wex.made(150)["id"]
    wex.act(card_id, "authorize")
    assert wex.send("GET", f"/{card_id}/authorizations").json()["available_balance"] == 0
    assert wex.act(card_id, "reverse")["response"] == "Reversal"
    assert wex.send("GET", f"/{card_id}/authorizations").json()["available_balance"] == 150


def test_postings_move_what_they_say_even_over_the_limit(wex):
    card_id = wex.made(150)["id"]
    wex.act(card_id, "authorize", amount="100")
    wex.act(card_id, "post")
    wex.act(card_id, "post", amount="60.01")
    wex.act(card_id, "credit", amount="5")
    rows = wex.send("GET", f"/{card_id}/transactions").json()["transactions"]
    assert [(row["billing_amount"], row["is_credit"]) for row in rows] == [
        (100, False), (60.01, False), (5, True)
    ]  # fmt: skip
    assert wex.moved()[2:] == [
        ("card_transaction", 10000), ("card_transaction", 6001), ("card_credit", 500)
    ]  # fmt: skip


def test_the_validity_ends_with_the_clock_and_is_booked_once(wex):
    today = wex.made(1)["created_date"][:10]
    card_id = wex.made(150, max_auth_date=today)["id"]
    assert wex.send("GET", f"/{card_id}").json()["payment_status"] == "open"
    wex.control("POST", "clock", {"advance_s": 86_400})
    for _ in range(2):
        assert wex.send("GET", f"/{card_id}").json()["payment_status"] == "expired"
    assert wex.act(card_id, "authorize")["decline_reason_code"] == "54"
    assert [kind for kind, _ in wex.moved()].count("card_expire") == 1


def test_a_payment_waits_for_approval_without_a_card(wex):
    wex.control("POST", "config", {"awaiting_approval": True})
    body = wex.made(150)
    assert body["detailed_response_message"].startswith("AwaitingApproval:")
    assert body["payment_status"] == "waiting_for_approval"
    assert "virtual_card" not in body
    assert wex.moved() == []
    wex.act("PAY-001", "approve")
    assert luhn_valid(wex.send("GET", f"/{body['id']}").json()["virtual_card"]["number"])
    assert wex.moved() == [("card_issue", 15000)]


def test_an_authorisation_is_pushed_on_demand_with_the_number_masked(wex):
    body = wex.made(150)
    wex.act("PAY-001", "authorize", amount="200")
    with running("downstream") as receiver:
        order = {"card": "PAY-001", "url": f"{receiver}/wex/push/", "times": 2}
        sent = wex.control("POST", "webhook", order)
        calls = WexDriver(receiver).calls("POST")
    assert sent["statuses"] == [200, 200]
    assert [call["path"] for call in calls] == ["/wex/push/CreateDetailedAuthorization"] * 2
    assert calls[0]["body"] == calls[1]["body"] == sent["push"]
    push = sent["push"]
    assert (push["UniqueId"], push["Response"], push["TypeCode"]) == (body["id"], "Decline", "0100")
    assert (push["DeclineReasonCode"], push["Amount"]) == ("51", 200)
    assert push["CardNumber"] == "XXXXXXXXXXXX" + body["virtual_card"]["number"][-4:]
    assert push["UserDefinedFields"] == ["Acme Hauling LLC", "PAY-001"]


def test_a_push_that_makes_no_sense_or_reaches_nobody_is_told(wex):
    wex.made(150)

    def status(**body):
        return requests.post(f"{wex.origin}/_sim/webhook", json=body, timeout=20).status_code

    url = "http://127.0.0.1:9"
    assert status(card="PAY-001", url=url) == 400  # nobody has tried to charge it
    wex.act("PAY-001", "authorize")
    assert status(card="nobody", url=url) == 404
    assert status(card="PAY-001") == 400
    assert status(card="PAY-001", url=url, times=0) == 400
    order = {"card": "PAY-001", "url": url}
    assert wex.control("POST", "webhook", order)["statuses"] == [0]


def test_an_action_that_makes_no_sense_is_refused(wex):
    card_id = wex.made(150)["id"]

    def status(name, body):
        url = f"{wex.origin}/_sim/cards/{name}"
        return requests.post(url, json=body, timeout=20).status_code

    assert status("nobody", {"action": "post"}) == 404
    for body in (
        {}, {"action": "explode"}, {"action": "approve"}, {"action": "reverse"},
        {"action": "post", "amount": "x"}, {"action": "credit"}, {"action": "post", "amount": 0},
    ):  # fmt: skip
        assert status(card_id, body) == 400
    assert wex.moved() == [("card_issue", 15000)]


def test_the_number_is_masked_later_when_so_switched(wex):
    wex.control("POST", "config", {"reveal_on_retrieve": False})
    body = wex.made(150)
    card = wex.send("GET", f"/{body['id']}").json()["virtual_card"]
    assert card["number"] == "XXXXXXXXXXXX" + body["virtual_card"]["number"][-4:]
    assert "security_code" not in card


def test_a_notification_is_sent_for_open_cards_only(wex):
    card_id = wex.made(150)["id"]
    assert wex.send("POST", f"/{card_id}/notifications").status_code == 200
    wex.act(card_id, "close")
    assert wex.send("POST", f"/{card_id}/notifications").status_code == 400
    assert [kind for kind, _ in wex.moved()] == ["card_issue", "notification", "card_cancel"]


def test_the_shared_dial_and_reset_work_here_too(wex):
    wex.fault("http_503", delay_s=3)
    response = wex.create()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "3")
    assert response.json() == {"Message": "An error has occurred (503)."}
    wex.fault("reset_after")
    with pytest.raises(requests.ConnectionError):
        wex.create()
    assert wex.moved() == [("card_issue", 15000)]
    wex.control("POST", "reset")
    assert wex.moved() == []
    assert wex.control("GET", "cards") == []


def test_a_route_that_does_not_exist_is_worded_like_the_platform(wex):
    response = wex.send("DELETE", "/x")
    assert (response.status_code, "Message" in response.json()) == (405, True)
