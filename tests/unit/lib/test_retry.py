import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.fusion_payment_common.lib.retry import DECAYING, Schedule, next_delay


def test_the_decaying_schedule_is_the_documented_one():
    assert DECAYING.delays == (2, 5, 15, 60, 300, 900, 3600)


def test_without_jitter_the_listed_delays_come_in_order_and_then_it_is_over(rng):
    plain = Schedule((1, 2, 4), jitter="none")
    delays = [next_delay(plain, attempt, rng=rng) for attempt in (1, 2, 3, 4, 5)]
    assert delays == [1, 2, 4, None, None]


def test_equal_jitter_keeps_half_of_the_delay():
    always_low = random.Random()
    always_low.uniform = lambda low, high: low
    always_high = random.Random()
    always_high.uniform = lambda low, high: high
    schedule = Schedule((10,), jitter="equal")
    assert next_delay(schedule, 1, rng=always_low) == 5
    assert next_delay(schedule, 1, rng=always_high) == 10


def test_full_jitter_may_be_anything_up_to_the_delay():
    always_low = random.Random()
    always_low.uniform = lambda low, high: low
    assert next_delay(Schedule((10,), jitter="full"), 1, rng=always_low) == 0


def test_no_delay_is_longer_than_the_cap(rng):
    schedule = Schedule((1000,), jitter="none", cap=100)
    assert next_delay(schedule, 1, rng=rng) == 100
    assert next_delay(schedule, 1, retry_after=5000, rng=rng) == 100


def test_retry_after_is_a_lower_bound(rng):
    assert next_delay(Schedule((2,), jitter="none"), 1, retry_after=30, rng=rng) == 30
    assert next_delay(Schedule((200,), jitter="none"), 1, retry_after=30, rng=rng) == 200


@pytest.mark.parametrize(("planned", "clamped"), [(2, 60), (100, 200)])
def test_retry_after_is_clamped_so_that_a_broken_answer_parks_nothing(planned, clamped, rng):
    schedule = Schedule((planned,), jitter="none")
    assert next_delay(schedule, 1, retry_after=10**9, rng=rng) == clamped


@pytest.mark.parametrize("retry_after", [0, -5, None])
def test_a_retry_after_that_asks_for_nothing_changes_nothing(retry_after, rng):
    assert next_delay(Schedule((7,), jitter="none"), 1, retry_after=retry_after, rng=rng) == 7


def test_with_a_horizon_the_last_delay_repeats_until_it_is_reached(rng):
    schedule = Schedule((10, 20), jitter="none", horizon=75)
    delays = [next_delay(schedule, attempt, rng=rng) for attempt in range(1, 7)]
    assert delays == [10, 20, 20, 20, None, None]


def test_an_exhausted_schedule_is_not_reopened_by_retry_after(rng):
    assert next_delay(Schedule((1,)), 2, retry_after=10, rng=rng) is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"delays": ()},
        {"delays": (-1,)},
        {"delays": (1,), "jitter": "some"},
        {"delays": (1,), "cap": 0},
        {"delays": (1,), "horizon": 0},
        {"delays": (0,), "horizon": 10},
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(arguments):
    with pytest.raises(ValueError, match=r"."):
        Schedule(**arguments)


def test_attempts_are_counted_from_one(rng):
    with pytest.raises(ValueError, match="from 1"):
        next_delay(DECAYING, 0, rng=rng)


@given(st.integers(1, 7), st.integers(0, 2**32), st.sampled_from(["equal", "full", "none"]))
def test_jitter_never_exceeds_the_plan(attempt, seed, jitter):
    schedule = Schedule(DECAYING.delays, jitter=jitter)
    delay = next_delay(schedule, attempt, rng=random.Random(seed))
    assert 0 <= delay <= DECAYING.delays[attempt - 1]


def test_the_same_seed_gives_the_same_delays():
    def delays(seed):
        generator = random.Random(seed)
        return [next_delay(DECAYING, attempt, rng=generator) for attempt in range(1, 8)]

    assert delays(1) == delays(1) != delays(2)
