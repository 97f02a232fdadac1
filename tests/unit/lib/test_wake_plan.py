"""Wake-ups for rows that arrive in floods: none too many, none missed."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.fusion_payment_common.lib.wake_plan import MARGIN, SPACING, WakePlan

QUEUE = ("database", "queue")


def test_the_first_row_is_not_kept_waiting():
    assert WakePlan().moment_for(QUEUE, 5.0) == 5.0


def test_each_queue_has_its_own_plan():
    plan = WakePlan()
    plan.note(QUEUE, 5.0)
    assert plan.moment_for(("database", "other"), 5.0) == 5.0


def test_a_row_right_after_a_wake_up_waits_for_the_next():
    plan = WakePlan()
    plan.note(QUEUE, 5.0)
    assert plan.moment_for(QUEUE, 5.1) == 5.0 + SPACING


def test_a_row_counts_on_a_wake_up_that_is_still_to_come_but_not_on_one_that_is_too_close():
    plan = WakePlan()
    plan.note(QUEUE, 6.0)
    assert plan.moment_for(QUEUE, 6.0 - MARGIN) is None
    assert plan.moment_for(QUEUE, 6.0 - MARGIN / 2) == 6.0 + SPACING


def test_a_wake_up_that_lies_behind_helps_nobody():
    plan = WakePlan()
    assert plan.is_over(QUEUE, 5.0)
    plan.note(QUEUE, 6.0)
    assert not plan.is_over(QUEUE, 5.9)
    assert plan.is_over(QUEUE, 6.0)


@given(
    st.lists(st.floats(0.0, 0.5), min_size=1, max_size=60),
    st.sampled_from([0.0, 2.0]),
)
def test_every_row_is_followed_by_a_wake_up_and_there_is_one_a_second(pauses, delay):
    plan, now, dues, wake_ups = WakePlan(), 10.0, [], []
    for pause in pauses:
        now += pause
        dues.append(now + delay)
        moment = plan.moment_for(QUEUE, now + delay)
        if moment is not None:
            wake_ups.append(moment)
            plan.note(QUEUE, moment)
    assert all(any(moment >= due for moment in wake_ups) for due in dues)
    assert all(later - earlier > 0.999 * SPACING for earlier, later in pairwise(wake_ups))
