"""The control interface: reset, switches, journal, clock."""

import json

import requests


def refused(driver, path, body):
    response = requests.post(f"{driver.origin}/_sim/{path}", json=body, timeout=20)
    return response.status_code == 400


def test_health_names_the_simulator(fresh):
    assert fresh.control("GET", "health") == {"status": "ok", "simulator": "clover"}


def test_a_reset_forgets_everything(clover):
    clover.charge()
    clover.configure(surcharge=True)
    clover.fault("http_500")
    clover.control("POST", "reset")
    assert clover.ledger() == []
    assert clover.control("GET", "requests") == []
    assert clover.control("GET", "faults") == []
    assert clover.control("GET", "config")["surcharge"] is False
    assert clover.v3().status_code == 401


def test_a_reset_can_keep_the_connection(clover):
    clover.charge()
    clover.control("POST", "reset", {"keep": ["oauth"]})
    assert clover.v3().status_code == 200
    assert clover.ledger() == []


def test_a_reset_sets_switches(clover):
    switches = clover.control("POST", "reset", {"seed": 5, "merchant_currency": "USD"})
    assert switches["merchant_currency"] == "USD"
    assert clover.connect().v3("/properties").json()["defaultCurrency"] == "USD"


def test_an_unknown_switch_or_a_wrong_type_changes_nothing(clover):
    before = clover.control("GET", "config")
    assert refused(clover, "config", {"surcharge": True, "colour": "red"})
    assert refused(clover, "config", {"surcharge": "yes"})
    assert refused(clover, "config", {"velocity_limit": True})
    assert refused(clover, "config", [1])
    assert refused(clover, "reset", {"seed": "x"})
    assert refused(clover, "clock", {"advance_s": -1})
    assert clover.control("GET", "config") == before


def test_the_journal_has_every_call_with_its_answer_and_no_control_calls(clover):
    clover.control("POST", "reset", {"keep": ["oauth"]})
    clover.charge(key="k-1")
    clover.get("/v1/charges/NOSUCHCHARGE1")
    calls = clover.control("GET", "requests")
    seen = [(call["method"], call["path"], call["status"]) for call in calls]
    assert seen == [
        ("POST", "/v1/tokens", 200),
        ("POST", "/v1/charges", 200),
        ("GET", "/v1/charges/NOSUCHCHARGE1", 404),
    ]
    assert [call["seq"] for call in calls] == [1, 2, 3]
    assert calls[1]["headers"]["idempotency-key"] == "k-1"
    assert calls[1]["body"]["amount"] == 1000
    narrowed = clover.control("GET", "requests?method=POST&path=/v1/charges")
    assert [call["seq"] for call in narrowed] == [2]


def test_the_journal_holds_no_card_data_and_no_secret(clover):
    clover.charge(description="card 4242 4242 4242 4242 by phone")
    clover.post("/oauth/v2/refresh", {"client_id": "X", "refresh_token": clover.refresh_token})
    text = json.dumps(clover.control("GET", "requests"))
    secrets = ["4242424242424242", "4242 4242 4242 4242", '"123"', "sim-clover-app-secret"]
    secrets += [clover.access_token, clover.refresh_token, clover.api_key]
    assert [secret for secret in secrets if secret in text] == []
    assert "***4242" in text


def test_the_journal_still_tells_whether_two_calls_carried_the_same_token(clover):
    clover.v3()
    clover.v3()
    first, second = clover.journal(f"/v3/merchants/{clover.merchant_id}")
    assert first["headers"]["Authorization"] == second["headers"]["Authorization"]
    assert first["headers"]["Authorization"].startswith("[redacted ")
