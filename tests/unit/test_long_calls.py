"""Calls that nobody waits for: their results are stored and their leases renewed."""

import threading

import psycopg2
import pytest

from odoo.addons.fusion_payment_common.tools import long_calls
from odoo.addons.fusion_payment_common.tools.queue_runner import Claim, QueueRunner


class Rows:
    """A queue in memory that hears of results and renewals."""

    _name = "rows"
    _queue_lease_seconds = 0.03

    class env:
        class cr:
            dbname = "memory"

    def __init__(self):
        self.results = []
        self.renewed = threading.Event()
        self.stored = threading.Event()
        self.following = []
        self.failures = 0
        self.woken = threading.Event()

    def _queue_wake_at_once(self):
        self.woken.set()

    def _queue_finish(self, claim, outcome):
        if self.failures:
            self.failures -= 1
            raise psycopg2.InterfaceError("cut")
        self.results.append((claim.record_id, outcome.value, outcome.error))
        if self.following:
            return self.following.pop()
        self.stored.set()
        return None

    def _queue_extend(self, claims):
        self.renewed.set()


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.setattr(long_calls, "STORE_PAUSE", 0.0)
    return Rows()


def test_the_lease_is_renewed_while_the_call_lasts_and_the_result_is_stored(rows):
    go = threading.Event()
    long_calls.start(rows, Claim(1, "me"), lambda: go.wait(10))
    assert rows.renewed.wait(10)
    assert long_calls.room() == long_calls.MAX_CALLS - 1
    go.set()
    assert rows.stored.wait(10)
    assert rows.results == [(1, True, None)]


def test_what_a_call_raises_is_a_result_and_what_follows_is_called(rows):
    def refuse():
        raise ValueError("no")

    rows.following.append(lambda: "again")
    long_calls.start(rows, Claim(2, "me"), refuse)
    assert rows.stored.wait(10)
    assert [(row, value) for row, value, _error in rows.results] == [(2, None), (2, "again")]
    assert isinstance(rows.results[0][2], ValueError)


def test_a_cut_connection_does_not_lose_the_result(rows):
    rows.failures = 2
    long_calls.start(rows, Claim(3, "me"), lambda: "paid")
    assert rows.stored.wait(10)
    assert rows.results == [(3, "paid", None)]


def test_the_run_does_not_wait_for_a_long_call():
    started = []

    class Due(Rows):
        def _queue_claim(self, limit, running):
            return [] if started else [Claim(4, "me", is_long=True)]

        def _queue_prepare(self, claims):
            return [(claim, lambda: pytest.fail("made by the run")) for claim in claims]

    runner = QueueRunner(
        Due(),
        threads=1,
        lease_seconds=60.0,
        may_continue=lambda done, more: True,
        start_long=lambda model, claim, call: started.append(claim.record_id),
    )
    assert runner.run() == 1
    assert started == [4]


def test_when_there_is_room_again_the_queue_is_woken(rows, monkeypatch):
    monkeypatch.setattr(long_calls, "MAX_CALLS", long_calls.MAX_CALLS - long_calls.room() + 1)
    long_calls.start(rows, Claim(5, "me"), lambda: "paid")
    assert rows.stored.wait(10)
    assert rows.woken.wait(10), "what had no room may be due"
