"""The loop of the queues, with a model that keeps its rows in a list."""

import threading

import pytest

from odoo.addons.fusion_payment_common.tools.queue_runner import Claim, QueueRunner


class Rows:
    """Rows in memory with the hooks of a queue; ``calls`` says what a row does in a thread."""

    _name = "rows"

    def __init__(self, *rows, calls=None, groups=None):
        self.due = list(rows)
        self.calls = calls or {}
        self.groups = groups or {}
        self.finished = []
        self.claims = []
        self.extended = []
        self.deep = 0
        self.on_finish = None
        self.unpreparable = set()

    def _queue_claim(self, limit, running):
        taken, self.due = self.due[:limit], self.due[limit:]
        self.claims.append((limit, dict(running), list(taken)))
        return [Claim(row, "me", self.groups.get(row)) for row in taken]

    def _queue_prepare(self, claims):
        for claim in claims:
            if claim.record_id in self.unpreparable:
                raise ValueError(claim.record_id)
            yield claim, self.calls.get(claim.record_id, lambda row=claim.record_id: row)

    def _queue_finish(self, claim, outcome):
        self.finished.append((claim.record_id, outcome))
        return self.on_finish(claim, outcome) if self.on_finish else None

    def _queue_extend(self, claims):
        self.extended += [claim.record_id for claim in claims]

    def _queue_is_deep(self):
        self.deep += 1


def run(rows, *, threads=4, lease_seconds=60.0, may_continue=lambda done, more: True, limit=None):
    runner = QueueRunner(
        rows,
        threads=threads,
        lease_seconds=lease_seconds,
        may_continue=may_continue,
        limit=limit,
    )
    runner.run()
    return runner


def test_every_row_is_called_once_and_finished_with_its_own_result():
    rows = Rows(*range(25))
    assert run(rows).finished == 25
    assert sorted((row, outcome.value) for row, outcome in rows.finished) == [
        (number, number) for number in range(25)
    ]


def test_an_empty_queue_is_asked_once():
    rows = Rows()
    runner = run(rows)
    assert (runner.finished, len(rows.claims), runner.has_more) == (0, 1, False)


def test_never_more_is_claimed_than_threads_are_free():
    rows = Rows(*range(40))
    run(rows, threads=5)
    assert all(limit + sum(running.values()) <= 5 for limit, running, _ in rows.claims)
    assert max(len(taken) for _, _, taken in rows.claims) == 5


def test_calls_run_at_the_same_time():
    barrier = threading.Barrier(3, timeout=20)
    rows = Rows(1, 2, 3, calls=dict.fromkeys((1, 2, 3), barrier.wait))
    assert run(rows, threads=3).finished == 3
    assert not [outcome for _, outcome in rows.finished if outcome.error]


def test_a_call_that_raises_is_finished_with_its_error():
    def call():
        raise ZeroDivisionError("oops")

    rows = Rows(1, 2, calls={1: call})
    run(rows)
    outcomes = dict(rows.finished)
    assert isinstance(outcomes[1].error, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        outcomes[1].result()
    assert outcomes[2].result() == 2


def test_a_result_that_cannot_be_stored_does_not_stop_the_others(caplog):
    def on_finish(claim, outcome):
        if claim.record_id == 1:
            raise RuntimeError("database says no")

    rows = Rows(1, 2, 3)
    rows.on_finish = on_finish
    assert run(rows).finished == 3
    assert "the result of row 1 could not be stored" in caplog.text


def test_a_batch_that_cannot_be_prepared_is_left_to_its_leases(caplog):
    rows = Rows(1, 2)
    rows.unpreparable = {1}
    run(rows)
    assert rows.finished == []
    assert "could not be prepared" in caplog.text


def test_a_following_call_keeps_the_claim():
    rows = Rows(7)
    steps = []

    def on_finish(claim, outcome):
        steps.append(outcome.value)
        return (lambda: "second") if len(steps) == 1 else None

    rows.on_finish = on_finish
    assert run(rows).finished == 1
    assert steps == [7, "second"]


def test_a_row_without_a_call_is_finished_at_once():
    rows = Rows(1)
    rows.calls = {1: None}
    run(rows)
    assert [(row, outcome.value) for row, outcome in rows.finished] == [(1, None)]


def test_it_claims_no_more_when_told_to_stop_and_stores_what_is_under_way():
    rows = Rows(*range(10))
    runner = run(rows, threads=2, may_continue=lambda done, more: False)
    assert len(rows.claims) == 1
    assert sorted(row for row, _ in rows.finished) == [0, 1]
    assert runner.has_more


def test_rows_without_a_call_end_when_told_to_stop_as_well():
    rows = Rows(*range(100))
    rows.calls = dict.fromkeys(range(100))
    runner = run(rows, threads=4, may_continue=lambda done, more: False)
    assert len(rows.claims) == 1
    assert [row for row, _ in rows.finished] == [0, 1, 2, 3]
    assert runner.has_more


def test_the_progress_of_rows_without_a_call_is_reported_as_it_is_made():
    rows = Rows(*range(10))
    rows.calls = dict.fromkeys(range(10))
    reports = []
    run(rows, threads=4, may_continue=lambda done, more: reports.append((done, more)) or True)
    assert reports[:3] == [(4, True), (4, True), (2, True)]
    assert sum(done for done, _ in reports) == 10


def test_leases_are_renewed_while_rows_without_a_call_are_finished():
    gate = threading.Event()
    # A lease of no length: every look at the clock renews it.
    rows = Rows(1, 2, 3, calls={1: lambda: gate.wait(20), 2: None, 3: None})
    extended = []

    def on_finish(claim, outcome):
        extended.append(list(rows.extended))
        if claim.record_id == 3:
            gate.set()

    rows.on_finish = on_finish
    run(rows, lease_seconds=0.0)
    # Of the call under way, and of the rows whose turn is still to come.
    assert extended[:2] == [[1, 2, 3], [1, 2, 3, 1, 3]]


def test_it_claims_no_more_than_its_limit():
    rows = Rows(*range(10))
    assert run(rows, threads=4, limit=3).finished == 3
    assert rows.due == list(range(3, 10))


def test_the_limit_of_a_group_is_told_how_many_are_under_way():
    gate = threading.Event()
    rows = Rows(1, 2, calls={1: lambda: gate.wait(20)}, groups={1: 5, 2: 6})
    seen = []
    original = rows._queue_claim

    def claim(limit, running):
        seen.append(running)
        if len(seen) > 1:
            gate.set()
        return original(limit, running)

    rows._queue_claim = claim
    rows.due = [1]
    run(rows)
    assert seen[0] == {}
    assert seen[1] == {5: 1}


def test_leases_of_calls_under_way_are_renewed():
    gate = threading.Event()
    rows = Rows(1, calls={1: lambda: gate.wait(20)})
    original = rows._queue_extend

    def extend(claims):
        original(claims)
        gate.set()

    rows._queue_extend = extend
    run(rows, lease_seconds=0.1)
    assert rows.extended[0] == 1


def test_another_worker_is_called_once_when_a_claim_takes_every_thread():
    rows = Rows(*range(30))
    run(rows, threads=4)
    assert rows.deep == 1
    few = Rows(1, 2, 3)
    run(few, threads=4)
    assert few.deep == 0


def test_progress_adds_up_to_everything_finished():
    reports = []
    rows = Rows(*range(12))
    run(rows, may_continue=lambda done, more: reports.append(done) or True)
    assert sum(reports) == 12
