"""Limits that all processes of a machine keep together."""

import multiprocessing
import os
import threading
import time

import pytest

from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.lib.rate_limit import (
    MAX_PAUSE,
    WINDOW,
    Limit,
    SharedLimiter,
    ThrottledError,
)

START = 1_800_000_000.0
TOKEN = Limit("token", per_second=3, at_once=2)
APP = Limit("app", per_second=5, at_once=3)


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.now = START
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(tmp_path, clock):
    return SharedLimiter(tmp_path / "limits", clock=clock, sleep=clock.sleep)


def begin(limiter, clock, *limits, max_wait=10.0):
    with limiter.place(limits, max_wait=max_wait):
        return round(clock.now - START, 6)


def test_calls_begin_at_once_until_the_second_is_full(limiter, clock):
    moments = [begin(limiter, clock, TOKEN) for _ in range(7)]
    assert moments == [0, 0, 0, WINDOW, WINDOW, WINDOW, round(2 * WINDOW, 6)]


def test_every_limit_counts(limiter, clock):
    others = [Limit(f"token {number}", 3, 2) for number in range(6)]
    moments = [begin(limiter, clock, APP, other) for other in others]
    assert moments == [0, 0, 0, 0, 0, WINDOW]


def test_who_would_wait_too_long_is_told_so_and_takes_no_place(limiter, clock):
    for _ in range(3):
        begin(limiter, clock, TOKEN)
    with pytest.raises(ThrottledError) as caught:
        begin(limiter, clock, TOKEN, max_wait=0.5)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert caught.value.code == "throttled"
    assert caught.value.retry_after == pytest.approx(WINDOW)
    assert begin(limiter, clock, TOKEN) == WINDOW


def test_only_so_many_are_under_way_together(limiter, clock):
    with limiter.place([TOKEN], max_wait=1), limiter.place([TOKEN], max_wait=1):
        with pytest.raises(ThrottledError):
            begin(limiter, clock, TOKEN, max_wait=0.1)
    assert begin(limiter, clock, TOKEN, max_wait=10) > 0


def test_a_place_is_given_back_when_the_call_fails(limiter, clock):
    for _ in range(5):
        with pytest.raises(RuntimeError), limiter.place([TOKEN], max_wait=10):
            raise RuntimeError
    assert begin(limiter, clock, TOKEN, max_wait=10) == WINDOW


def test_a_pause_is_obeyed_by_everybody(limiter, clock, tmp_path):
    assert limiter.pause(TOKEN, 4.0) == 4.0
    other = SharedLimiter(tmp_path / "limits", clock=clock, sleep=clock.sleep)
    assert begin(other, clock, TOKEN) == 4.0


def test_a_pause_that_is_not_named_is_a_second_and_doubles(limiter, clock):
    pauses = []
    for _ in range(8):
        pauses.append(limiter.pause(TOKEN, None))
        clock.now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    clock.now += 10
    assert limiter.pause(TOKEN, None) == 1


def test_a_hostile_pause_is_bounded(limiter):
    assert limiter.pause(TOKEN, 86_400.0) == MAX_PAUSE


def test_a_torn_file_or_a_clock_set_back_stops_nobody(limiter, clock, tmp_path):
    for _ in range(3):
        begin(limiter, clock, TOKEN)
    limiter.pause(TOKEN, 50.0)
    clock.now -= 3600
    with limiter.place([TOKEN], max_wait=0.1):
        pass
    for file in (tmp_path / "limits").glob("*.calls"):
        file.write_bytes(b"torn")
    with limiter.place([TOKEN], max_wait=0.1):
        pass


def test_its_files_are_nobody_elses(limiter, clock, tmp_path):
    begin(limiter, clock, TOKEN)
    assert (tmp_path / "limits").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "limits").iterdir()} == {0o600}


def _hold_for_ever(directory, held):
    with SharedLimiter(directory).place([Limit("token", 100, 1)], max_wait=1):
        held.set()
        threading.Event().wait()


def test_a_killed_process_gives_its_place_back(tmp_path):
    context = multiprocessing.get_context("fork")
    held = context.Event()
    child = context.Process(target=_hold_for_ever, args=(tmp_path, held))
    child.start()
    assert held.wait(10)
    limiter, limit = SharedLimiter(tmp_path), Limit("token", 100, 1)
    with pytest.raises(ThrottledError), limiter.place([limit], max_wait=0.05):
        pass
    child.kill()
    child.join(10)
    with limiter.place([limit], max_wait=5):
        pass


class _Noting(SharedLimiter):
    """Notes the moment at which a call may begin: when it does is up to a busy machine, too."""

    def _reserve(self, limit, deadline):
        self.moment = super()._reserve(limit, deadline)
        return self.moment


def _begin_many(directory, count, moments):
    limiter = _Noting(directory)
    for _ in range(count):
        with limiter.place([Limit("token", 16, 5)], max_wait=30):
            moments.put((limiter.moment, time.time()))


def test_four_processes_keep_to_the_limit_together(tmp_path):
    context = multiprocessing.get_context("fork")
    moments = context.Queue()
    children = [
        context.Process(target=_begin_many, args=(tmp_path, 12, moments)) for _ in range(4)
    ]
    for child in children:
        child.start()
    begun = sorted(moments.get(timeout=60) for _ in range(48))
    for child in children:
        child.join(10)
    assert all(moment <= began for moment, began in begun)
    seen = [moment for moment, _began in begun]
    windows = [late - early for early, late in zip(seen, seen[16:], strict=False)]
    assert len(windows) == 32
    assert min(windows) >= WINDOW - 0.001
    assert seen[-1] - seen[0] < 2 * WINDOW + 2.0
    assert os.listdir(tmp_path)
