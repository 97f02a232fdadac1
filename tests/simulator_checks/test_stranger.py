"""A simulator that has the contract and nothing else, and what the suites make of it."""

from collections.abc import Iterator

import pytest
import requests

from tests.e2e.support import origins
from tests.e2e.support.clover import CHARGES, Clover
from tests.e2e.support.control import FOREIGN, Control
from tests.e2e.support.wex import Wex
from tests.simulators import running
from tests.simulators.clover import switches
from tests.simulators.core import contract

REDIRECT = "http://127.0.0.1:1/callback"
#: What only ours can do, by what the suites use.
PRIVATE = (
    ("GET", "config"), ("POST", "config"), ("POST", "clock"), ("GET", "devices"),
    ("POST", "devices"), ("GET", "faults"), ("GET", "webhooks"), ("POST", "oauth/revoke"),
    ("POST", "batch/close"), ("POST", "dashboard/date"),
)  # fmt: skip


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with running("clover", stranger=True) as stranger:
        yield stranger


@pytest.fixture
def foreign(origin, monkeypatch) -> Clover:
    """The stranger as the environment names it, with the app that it knows."""
    ((app_id, secret),) = switches.STRANGER["apps"].items()
    monkeypatch.setenv("CLOVER_ORIGIN", f"{origin}/")
    monkeypatch.setenv("CLOVER_APP_ID", app_id)
    monkeypatch.setenv("CLOVER_APP_SECRET", secret)
    return Clover(origin)


@pytest.mark.parametrize(("method", "name"), contract.ROUTES)
def test_a_stranger_has_every_route_of_the_contract(origin, method, name):
    url = f"{origin}/_sim/{name.replace('*', 'NOSUCHDEVICE')}"
    answer = requests.request(method, url, json={"action": "approve"}, timeout=20)
    assert answer.status_code != 405
    if answer.status_code == 404:
        # The object that is asked for is missing, not the route.
        assert answer.json()["message"] not in ("there is no such control",)


@pytest.mark.parametrize(("method", "name"), PRIVATE)
def test_a_stranger_has_nothing_else(origin, clover_origin, method, name):
    assert requests.request(method, f"{origin}/_sim/{name}", timeout=20).status_code == 404
    ours = requests.request(method, f"{clover_origin}/_sim/{name}", timeout=20)
    assert ours.status_code != 404 or name == "dashboard/date"


def test_its_ledger_and_journal_say_no_more_than_promised(foreign, origin):
    paid = foreign.call("POST", "dashboard/payment", {"amount": 1234})
    foreign.http.post(f"{origin}/v1/tokens", json={}, timeout=20)
    (effect,) = foreign.ledger()
    assert effect.keys() == set(contract.EFFECT_FIELDS)
    assert (effect["id"], effect["kind"], effect["amount"]) == (paid["id"], "charge", 1234)
    url = f"{origin}/_sim/requests?method=GET&path=/nowhere"
    seen = requests.get(url, timeout=20).json()
    assert "/v1/tokens" in [call["path"] for call in seen]
    assert all(call.keys() == {"method", "path", "headers", "body"} for call in seen)


def test_its_devices_are_told_what_the_contract_says(foreign):
    with pytest.raises(pytest.skip.Exception, match=FOREIGN):
        foreign.private("POST", "devices/X72", {"action": "approve", "card": "INTERAC"})
    with pytest.raises(pytest.skip.Exception, match=FOREIGN):
        foreign.private("POST", "devices/X72", {"action": "partial", "amount": 1})


def test_the_merchant_is_learned_from_the_vendor(foreign):
    merchant = foreign.merchant(REDIRECT)
    assert (merchant.id, merchant.name) == (
        switches.STRANGER["merchant_id"], switches.STRANGER["merchant_name"],
    )  # fmt: skip
    assert merchant.gateway == switches.STRANGER["payment_gateway_api"]


def test_a_stranger_does_not_know_our_app(foreign, monkeypatch):
    monkeypatch.delenv("CLOVER_APP_ID")
    with pytest.raises(AssertionError, match="400"):
        foreign.merchant(REDIRECT)


def test_a_reset_leaves_it_a_stranger(foreign):
    foreign.call("POST", "reset", {})
    assert foreign.merchant(REDIRECT).name == switches.STRANGER["merchant_name"]


def test_what_it_lacks_skips_the_test_with_the_reason(foreign):
    with pytest.raises(pytest.skip.Exception) as skipped:
        foreign.switch(surcharge=True)
    assert str(skipped.value) == (
        f'{FOREIGN} POST /_sim/config {{"surcharge": true}} is answered 404'
    )
    assert not foreign.has("POST", "config", {"surcharge": True})


@pytest.mark.parametrize(
    ("status", "private", "contract_route"),
    [
        (404, pytest.skip.Exception, pytest.skip.Exception),
        (405, pytest.skip.Exception, requests.HTTPError),
        (422, pytest.skip.Exception, requests.HTTPError),
        (500, requests.HTTPError, requests.HTTPError),
    ],
)
def test_other_refusals_excuse_nothing_that_is_promised(
    foreign, monkeypatch, status, private, contract_route
):
    answer = requests.Response()
    answer.status_code = status
    monkeypatch.setattr(foreign.http, "request", lambda *args, **options: answer)
    with pytest.raises(private):
        foreign.private("POST", "config", {"surcharge": True})
    with pytest.raises(contract_route):
        foreign.release()


def test_our_own_simulator_is_never_excused(clover_origin):
    ours = Control(clover_origin)
    with pytest.raises(requests.HTTPError):
        ours.private("POST", "no-such-control")
    with pytest.raises(AssertionError, match="our own"):
        ours.cannot("be told")


def test_no_ledger_no_excuse(foreign, monkeypatch):
    monkeypatch.setattr(foreign, "origin", f"{foreign.origin}/elsewhere")
    for ask in (foreign.ledger, foreign.journal, lambda: foreign.fault("slow")):
        with pytest.raises(requests.HTTPError):
            ask()


def test_calls_outside_the_contract_have_to_say_so(foreign):
    with pytest.raises(AssertionError, match="not in the contract"):
        foreign.call("POST", "config", {"surcharge": True})


def test_what_is_held_is_counted_whatever_the_form(foreign, clover_origin):
    assert foreign.held() == Control(clover_origin).held() == 0


def test_effects_from_before_are_somebody_elses(foreign, origin):
    foreign.call("POST", "dashboard/payment", {"amount": 700})
    later = Clover(origin)
    assert later.ledger() == []
    later.call("POST", "dashboard/payment", {"amount": 800})
    assert [effect["amount"] for effect in later.ledger()] == [800]


@pytest.mark.parametrize("call", [{"path": f"{CHARGES}?x=1", "body": '{"source": "a"}'},
                                  {"path": CHARGES, "body": {"source": "a"}}])  # fmt: skip
def test_a_journal_is_read_in_whatever_form(foreign, monkeypatch, call):
    written = {"method": "post", "headers": {"Idempotency-Key": "k"}, **call}
    monkeypatch.setattr(foreign, "call", lambda method, name: [written])
    (read,) = foreign.journal("POST", CHARGES)
    assert read["body"] == {"source": "a"}
    assert read["headers"] == {"idempotency-key": "k"}


def test_a_wex_of_somebody_elses_knows_its_own_user_only(monkeypatch):
    with running("wex", stranger=True) as origin:
        monkeypatch.setenv("WEX_ORIGIN", origin)
        wex = Wex(origin)
        assert wex.is_foreign
        with pytest.raises(requests.HTTPError, match="401"):
            wex.number_of("card")
        with pytest.raises(pytest.skip.Exception, match=FOREIGN):
            wex.act("card", "expire")


def test_what_the_environment_names_is_used(monkeypatch):
    monkeypatch.setenv("CLOVER_ORIGIN", "http://127.0.0.1:1/")
    with origins.serving("clover") as origin:
        assert origin == "http://127.0.0.1:1"
    assert origins.is_foreign("http://127.0.0.1:1")
    assert not origins.is_foreign("http://127.0.0.1:2")
