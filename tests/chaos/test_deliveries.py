"""Two Odoo hosts deliver from one outbox while they are killed at random moments.

``RUNS`` is how often somebody is killed (50): mostly one of them, every fifth time both. ``SEED``
seeds every die; forty deliveries are enqueued before each time. Half of them are done when the
receiver answers, half when it has acknowledged.
"""

import os
import random
import time

import pytest

from tests.e2e.support.settings import Settings
from tests.outbox.processes import receiving, until
from tests.outbox.site import OutboxSite

KILLS = int(os.environ.get("RUNS") or 50)
PER_KILL = 40
#: Seconds: the receiver takes a random part of it, so that kills hit calls that are under way.
ANSWER_DELAY = 0.4
#: Every so many times both hosts die at once, so that nobody is left to go on.
BOTH_EVERY = 5
#: How many of the kills wait until the host is at work; the others may hit it while it starts.
MID_WORK = 0.8
#: Shortest and longest time before a kill, in seconds.
PAUSES = (0.0, 0.6)
#: Seconds for the rest to arrive after the last kill: leases have to end, acknowledgements to come.
SETTLE = 300.0
TOKEN = "the-token-of-the-receiver-under-chaos"


@pytest.fixture
def outbox():
    with OutboxSite(Settings.from_environment(), "fusion_chaos_outbox") as site:
        yield site


def enqueue(outbox, endpoints):
    """What business does meanwhile."""
    for endpoint in endpoints:
        outbox.fill(endpoint, PER_KILL // len(endpoints))
    outbox.trigger()


def calls_of(outbox, host):
    """How many deliveries the host has leased right now."""
    return outbox.count(f"split_part(lease_owner, ':', 3) = '{host.process.pid}'")


def next_victim(outbox, hosts, dice):
    """Mostly a host that is at work; now and then one that may be starting."""
    if dice.random() < MID_WORK:
        busy = []
        until(
            lambda: outbox.wake() or busy.extend(h for h in hosts if calls_of(outbox, h)) or busy,
            20,
            pause=0.1,
        )
        hosts = busy or hosts
    return dice.choice(hosts)


def kill_at_random(outbox, hosts, endpoints, dice):
    """Kill and restart one host, or both; returns how many calls were interrupted each time."""
    interrupted = []
    for number in range(1, KILLS + 1):
        enqueue(outbox, endpoints)
        victims = [next_victim(outbox, hosts, dice)]
        if number % BOTH_EVERY == 0:
            victims = hosts
        time.sleep(dice.uniform(*PAUSES))  # the moment of the kill is anybody's guess
        pids = [host.process.pid for host in victims]
        for host in victims:
            host.kill()
        died = ", ".join(f"'{pid}'" for pid in pids)
        interrupted.append(outbox.count(f"split_part(lease_owner, ':', 3) IN ({died})"))
        for host in victims:
            host.start()
    return interrupted


def rows_of(outbox):
    """Every delivery with its attempts, as committed."""
    return outbox.database.rows(
        """
        SELECT d.delivery_uuid, d.endpoint_id, d.state, d.acknowledged_at,
               array_agg(a.number ORDER BY a.number) AS numbers,
               count(*) FILTER (WHERE a.outcome = 'lost') AS lost
          FROM fusion_delivery d LEFT JOIN fusion_delivery_attempt a ON a.delivery_id = d.id
         GROUP BY d.id
        """
    )


def figures(rows, interrupted, attempts):
    """What the run came to, duplicates and their reasons included."""
    again = {key for key, numbers in attempts.items() if len(numbers) > 1}
    after_loss = sum(1 for row in rows if row["delivery_uuid"] in again and row["lost"])
    return {
        "kills": KILLS,
        "kills_of_both": KILLS // BOTH_EVERY,
        "kills_that_interrupted_calls": sum(1 for calls in interrupted if calls),
        "calls_interrupted": sum(interrupted),
        "deliveries": len(rows),
        "attempts": sum(len(row["numbers"]) for row in rows),
        "attempts_lost_with_a_process": sum(row["lost"] for row in rows),
        "duplicates": sum(len(numbers) - 1 for numbers in attempts.values()),
        "deliveries_sent_again_because_the_process_died": after_loss,
        "deliveries_sent_again_because_the_acknowledgement_was_late": len(again) - after_loss,
    }


def assert_explained(row, numbers, *, by_answer):
    """No attempt was made twice, or without being on record before it was made.

    What came again came after a process had died; only where the receiver has to acknowledge,
    another reason is that it did so too late.
    """
    assert len(set(numbers)) == len(numbers), (row, numbers)
    assert set(numbers) <= set(row["numbers"]), (row, numbers)
    if by_answer:
        assert len(numbers) <= 1 + row["lost"], (row, numbers)


def test_every_delivery_is_acknowledged_once_whoever_is_killed(outbox, seed, report):
    hosts = [outbox.worker(f"host{number}", pages=True) for number in range(2)]
    origins = ",".join(host.origin for host in hosts)
    options = ("--delay", str(ANSWER_DELAY), "--seed", str(seed))
    with receiving(*options, "--acknowledge", origins, "--token", TOKEN) as receiver:
        by_answer, _ = outbox.endpoint(receiver.origin + "/in", "By Answer")
        by_ack, _ = outbox.endpoint(
            receiver.origin + "/ack", "By Acknowledgement", profile="proxy", ack_token=TOKEN
        )
        for host in hosts:
            host.start()
        interrupted = kill_at_random(outbox, hosts, (by_answer, by_ack), random.Random(seed))

        def is_settled():
            outbox.wake()
            return not outbox.count("next_attempt_at IS NOT NULL") and (
                receiver.stats()["acknowledged"] == KILLS * PER_KILL // 2
            )

        settled = until(is_settled, SETTLE, pause=1.0)
        attempts, stats = receiver.attempts(), receiver.stats()
    rows = rows_of(outbox)
    report(seed=seed, **stats, **figures(rows, interrupted, attempts))
    assert settled, [host.log()[-2000:] for host in hosts]
    # None lost, none invented: what Odoo enqueued is what the receiver has, each once.
    assert len(rows) == stats["effects"] == KILLS * PER_KILL
    assert set(attempts) == {row["delivery_uuid"] for row in rows}
    # Each is done, by the proof that its endpoint asks for.
    states = {by_answer: "delivered", by_ack: "acknowledged"}
    assert [row for row in rows if row["state"] != states[row["endpoint_id"]]] == []
    assert {row["endpoint_id"] for row in rows if row["acknowledged_at"]} == {by_ack}
    for row in rows:
        numbers = attempts[row["delivery_uuid"]]
        assert_explained(row, numbers, by_answer=row["endpoint_id"] == by_answer)
    assert sum(interrupted) > 0, "no kill hit anything: nothing was proven"


def test_a_server_that_is_asked_to_stop_finishes_what_it_has_begun(outbox, report):
    with receiving("--delay", "1.5") as receiver:
        endpoint, _token = outbox.endpoint(receiver.origin + "/in")
        outbox.fill(endpoint, 200)
        host = outbox.worker("graceful", prefork=True)
        host.start()
        is_leased = "lease_owner IS NOT NULL"
        assert until(lambda: outbox.trigger() or outbox.count(is_leased), 120), host.log()
        begun = outbox.count(is_leased)
        started = time.monotonic()
        host.stop(timeout=60)
        seconds = time.monotonic() - started
        stats = receiver.stats()
    open_attempts = outbox.database.value(
        "SELECT count(*) FROM fusion_delivery_attempt WHERE outcome = 'sending'"
    )
    report(under_way=begun, seconds_to_stop=round(seconds, 1), **stats)
    assert begun > 0
    # What had been sent is on record with its answer; no lease has to bring anything back.
    assert (outbox.count(is_leased), open_attempts) == (0, 0)
    assert stats["arrivals"] == outbox.count("state = 'delivered'")
    assert outbox.count("state = 'pending'") > 0, "it had to leave some for the next server"
