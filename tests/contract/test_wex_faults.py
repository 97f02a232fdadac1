"""The EnCompass client over real sockets: answers that get lost, and what a query proves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_wex.client.errors import (
    TemporarilyUnavailableError,
)
from odoo.addons.fusion_wex.client.resolution import resolve
from odoo.addons.fusion_wex.client.types import CardStatus

from tests.simulator_checks.driver import wait_until
from tests.simulators.wex.logs import BASE

from .wex import LOST, card_request


@pytest.mark.parametrize(
    ("fault", "options", "error_class", "code", "made"),
    [
        ("timeout_before", {}, LOST, "read_timeout", 0),
        ("timeout_after", {}, LOST, "read_timeout", 1),
        ("reset_before", {}, LOST, "connection_lost", 0),
        ("reset_after", {}, LOST, "connection_lost", 1),
        ("http_500", {}, LOST, "http_500", 0),
        ("http_500", {"when": "after"}, LOST, "http_500", 1),
        ("http_503", {}, TemporarilyUnavailableError, "http_503", 0),
        ("http_503", {"when": "after"}, TemporarilyUnavailableError, "http_503", 1),
        ("http_429", {}, TemporarilyUnavailableError, "http_429", 0),
        ("http_429", {"when": "after"}, TemporarilyUnavailableError, "http_429", 1),
        ("truncate", {}, LOST, "truncated", 1),
        ("slow", {"delay_s": 2.6}, LOST, "read_timeout", 1),
    ],
)
def test_after_every_fault_a_query_tells_whether_to_adopt_or_to_send_again(
    wex, fault, options, error_class, code, made
):
    request = card_request()
    wex.sim.fault(fault, **options)
    with pytest.raises(errors.GatewayError) as caught:
        wex.client.create(request)
    assert (type(caught.value), caught.value.code) == (error_class, code)
    assert caught.value.outcome == "unknown"
    if fault == "slow":  # it is still being worked on when the caller gives up
        wait_until(wex.sim.moved, attempts=5000)
    assert wex.sim.moved() == [("card_issue", 15000)] * made

    found = wex.client.find_by_reference(request.reference)
    now = datetime.now(UTC)
    resolution = resolve(request, found, sent_at=now, now=now, absence_after_s=0)
    assert resolution.verdict == ("found" if made else "absent")
    if resolution.verdict == "absent":
        wex.client.create(request)
    else:
        assert wex.client.reveal(resolution.card.id).last4 == resolution.card.last4
    assert wex.sim.moved() == [("card_issue", 15000)]


def test_a_new_card_that_queries_show_late_is_not_taken_for_absent(wex):
    request = card_request()
    wex.sim.control("POST", "config", {"query_lag_s": 60})
    wex.sim.fault("reset_after")
    sent_at = datetime.now(UTC)
    with pytest.raises(LOST):
        wex.client.create(request)

    def decide(seconds):
        return resolve(
            request,
            wex.client.find_by_reference(request.reference),
            sent_at=sent_at,
            now=sent_at + timedelta(seconds=seconds),
            absence_after_s=wex.client.capabilities.absence_after_s,
        ).verdict

    assert decide(1) == "too_early"
    wex.sim.control("POST", "clock", {"advance_s": 61})
    assert decide(62) == "found"


@pytest.mark.parametrize(
    ("fault", "options"),
    [("reset_after", {}), ("timeout_after", {}), ("truncate", {}), ("http_500", {"when": "after"})],
)
def test_a_cancel_whose_answer_was_lost_is_settled_by_asking(wex, fault, options):
    card = wex.client.create(card_request()).card
    wex.sim.fault(fault, method="PUT", path=f"{BASE}/{card.id}", **options)
    with pytest.raises(LOST):
        wex.client.cancel(card.id)
    assert wex.client.cancel(card.id).status is CardStatus.CLOSED
    assert [kind for kind, _ in wex.sim.moved()] == ["card_issue", "card_cancel"]


def test_nothing_was_sent_when_nobody_listens(wex):
    client = wex.new_client(url="http://127.0.0.1:9")
    with pytest.raises(errors.NotSentError):
        client.create(card_request())
    assert wex.sim.moved() == []


@pytest.mark.parametrize("fault", ["http_500", "reset_before", "truncate", "http_503"])
def test_a_query_that_fails_is_not_an_empty_one(wex, fault):
    wex.client.create(card_request())
    wex.sim.fault(fault, method="GET")
    with pytest.raises(errors.GatewayError):
        wex.client.find_by_reference("PAY-001/1")
    assert len(wex.client.find_by_reference("PAY-001/1")) == 1


def test_sixty_payments_with_a_third_of_the_answers_lost_are_sixty_cards(wex):
    """What the caller has to do, and that it suffices: ask before sending again."""
    rules = [
        {"match": {"path": f"{BASE}*"}, "fault": name, "probability": 0.1, **options}
        for name, options in (
            ("reset_before", {}),
            ("reset_after", {}),
            ("truncate", {}),
            ("http_500", {"when": "either"}),
            ("http_429", {"when": "either"}),
        )
    ]
    wex.sim.control("POST", "reset", {"seed": 7})
    wex.sim.control("POST", "faults?replace=1", rules)
    requests = [card_request("11.12", f"PAY-{number:03d}/1") for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        lost = sum(pool.map(lambda request: _issue(wex.client, request), requests))
    wex.sim.control("DELETE", "faults")
    assert lost > 15
    assert wex.sim.moved() == [("card_issue", 1112)] * 60
    assert all(len(wex.client.find_by_reference(one.reference)) == 1 for one in requests)


def _issue(client, request) -> int:
    """Issue one card whatever gets lost; returns how often an answer was."""
    lost = 0
    may_send = True
    while True:
        try:
            if may_send:
                client.create(request)
                return lost
            found = client.find_by_reference(request.reference)
        except errors.GatewayError as error:
            if error.outcome != "unknown":
                raise
            lost += 1
            may_send = False
            continue
        now = datetime.now(UTC)
        resolution = resolve(request, found, sent_at=now, now=now, absence_after_s=0)
        if resolution.verdict == "found":
            return lost
        assert resolution.verdict == "absent"
        may_send = True
