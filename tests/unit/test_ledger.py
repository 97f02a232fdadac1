"""The ledger's decisions: what an error stands for, what comes next, what a repetition proves."""

import itertools

import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import (
    CLOSED_STATES,
    EMPTY_LOOKUPS_BEFORE_REPEAT,
    IN_FLIGHT,
    NOT_FOUND_YET,
    OPEN_STATES,
    READY,
    Answer,
    Step,
    after_repeat,
    contradicts,
    next_step,
    settles_the_matter,
)
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

ALL_STATES = (READY, IN_FLIGHT, *Outcome)


def step_of(state, **condition):
    """The next step for an abandoned, due operation, unless the condition says otherwise."""
    usual = {
        "lease_expired": True,
        "due": True,
        "applied": False,
        "needs_review": False,
        "empty_lookups": 0,
        "repeatable": True,
    }
    return next_step(state, **{**usual, **condition})


# === states ===


def test_every_state_is_either_open_or_closed_and_never_both():
    assert OPEN_STATES | CLOSED_STATES == set(ALL_STATES)
    assert frozenset() == OPEN_STATES & CLOSED_STATES


def test_a_state_that_may_still_move_money_is_open():
    assert {state for state in Outcome if state.is_open} <= OPEN_STATES
    assert {"succeeded", "declined", "rejected", "not_sent"} == CLOSED_STATES


# === next_step ===


@pytest.mark.parametrize("state", ALL_STATES)
@pytest.mark.parametrize(
    ("lease_expired", "due", "applied", "empty_lookups"),
    list(itertools.product((False, True), (False, True), (False, True), (0, 1, 5))),
)
def test_what_a_person_has_to_decide_is_never_touched_automatically(
    state, lease_expired, due, applied, empty_lookups
):
    step = next_step(
        state,
        lease_expired=lease_expired,
        due=due,
        applied=applied,
        needs_review=True,
        empty_lookups=empty_lookups,
        repeatable=True,
    )

    assert step is Step.HUMAN


@pytest.mark.parametrize("state", ALL_STATES)
@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("empty_lookups", [0, 1])
def test_an_operation_that_somebody_works_on_is_left_alone(state, applied, empty_lookups):
    step = step_of(state, lease_expired=False, applied=applied, empty_lookups=empty_lookups)

    assert step is Step.WAIT


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
@pytest.mark.parametrize("due", [False, True])
def test_a_closed_operation_is_booked_once_and_never_called_again(state, due):
    assert step_of(state, due=due, applied=False) is Step.APPLY
    assert step_of(state, due=due, applied=True) is Step.NOTHING


@pytest.mark.parametrize("due", [False, True])
@pytest.mark.parametrize("empty_lookups", [0, 1, 5])
def test_an_abandoned_call_is_looked_up_first_and_never_repeated_at_once(due, empty_lookups):
    assert step_of(IN_FLIGHT, due=due, empty_lookups=empty_lookups) is Step.LOOK_UP


@pytest.mark.parametrize("state", [Outcome.UNKNOWN, Outcome.PENDING])
@pytest.mark.parametrize("empty_lookups", [0, 1, 5])
def test_an_open_operation_waits_for_its_time(state, empty_lookups):
    assert step_of(state, due=False, empty_lookups=empty_lookups) is Step.WAIT


def test_an_unknown_outcome_is_repeated_only_after_a_lookup_has_found_nothing():
    assert EMPTY_LOOKUPS_BEFORE_REPEAT == 1
    assert step_of(Outcome.UNKNOWN, empty_lookups=0) is Step.LOOK_UP
    assert step_of(Outcome.UNKNOWN, empty_lookups=1) is Step.LOOK_UP_OR_REPEAT
    assert step_of(Outcome.UNKNOWN, empty_lookups=7) is Step.LOOK_UP_OR_REPEAT


def test_an_old_operation_is_never_repeated_but_decided_by_a_person():
    assert step_of(Outcome.UNKNOWN, empty_lookups=0, repeatable=False) is Step.LOOK_UP
    assert step_of(Outcome.UNKNOWN, empty_lookups=1, repeatable=False) is Step.LOOK_UP_OR_REVIEW
    assert step_of(Outcome.PENDING, empty_lookups=1, repeatable=False) is Step.LOOK_UP


@pytest.mark.parametrize("empty_lookups", [0, 1, 7])
def test_what_the_provider_knows_as_pending_is_never_repeated(empty_lookups):
    assert step_of(Outcome.PENDING, empty_lookups=empty_lookups) is Step.LOOK_UP


def test_an_operation_that_was_queued_is_called_for_when_its_time_has_come():
    assert step_of(READY) is Step.CALL
    assert step_of(READY, due=False) is Step.WAIT


@pytest.mark.parametrize("state", ALL_STATES)
@pytest.mark.parametrize(
    ("lease_expired", "due", "applied"),
    list(itertools.product((False, True), repeat=3)),
)
def test_only_an_unknown_outcome_is_ever_repeated(state, lease_expired, due, applied):
    step = step_of(state, lease_expired=lease_expired, due=due, applied=applied, empty_lookups=9)

    may_repeat = state == Outcome.UNKNOWN and lease_expired and due
    assert (step is Step.LOOK_UP_OR_REPEAT) == may_repeat


@pytest.mark.parametrize("state", [str(state) for state in Outcome])
def test_a_state_read_from_the_database_counts_like_the_outcome_itself(state):
    assert step_of(state, empty_lookups=1) is step_of(Outcome(state), empty_lookups=1)


# === Answer.from_error ===


@pytest.mark.parametrize(
    ("error_class", "outcome"),
    [
        (errors.DeclinedError, Outcome.DECLINED),
        (errors.RequestRejectedError, Outcome.REJECTED),
        (errors.AuthenticationError, Outcome.REJECTED),
        (errors.PermissionDeniedError, Outcome.REJECTED),
        (errors.ConfigurationError, Outcome.REJECTED),
        (errors.NotFoundError, Outcome.REJECTED),
        (errors.IdempotencyConflictError, Outcome.REJECTED),
        (errors.NotSentError, Outcome.NOT_SENT),
        (errors.RateLimitedError, Outcome.UNKNOWN),
        (errors.UnknownOutcomeError, Outcome.UNKNOWN),
        (errors.MalformedResponseError, Outcome.UNKNOWN),
        (errors.InProgressError, Outcome.UNKNOWN),
        (errors.GatewayError, Outcome.UNKNOWN),
    ],
)
def test_an_error_stands_for_the_outcome_of_its_class(error_class, outcome):
    assert Answer.from_error(error_class("said so")).outcome is outcome


def test_too_many_requests_is_unknown_even_though_the_class_means_not_sent():
    error = errors.RateLimitedError("slow down", retry_after=7.0)

    answer = Answer.from_error(error)

    assert error.outcome is Outcome.NOT_SENT
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.retry_after == 7.0


def test_an_answer_keeps_what_the_error_knows():
    error = errors.DeclinedError(
        "The issuer declined.",
        code="card_declined",
        decline_code="insufficient_funds",
        provider_reference="CHG0000000001",
        http_status=402,
    )

    assert Answer.from_error(error) == Answer(
        outcome=Outcome.DECLINED,
        provider_reference="CHG0000000001",
        error_code="card_declined",
        error_message="The issuer declined.",
        data={"decline_code": "insufficient_funds"},
    )


def test_an_error_without_a_code_is_named_after_its_class():
    answer = Answer.from_error(errors.MalformedResponseError("half an answer"))

    assert answer.error_code == "MalformedResponseError"
    assert answer.data == {}


def test_a_card_number_in_an_error_does_not_reach_the_answer():
    answer = Answer.from_error(errors.RequestRejectedError("bad source 4242424242424242"))

    assert "4242424242424242" not in answer.error_message


# === answers that come late ===

NOT_MOVED = (Outcome.DECLINED, Outcome.REJECTED, Outcome.NOT_SENT)


@pytest.mark.parametrize(
    ("state", "outcomes"),
    [
        (Outcome.SUCCEEDED, {Outcome.DECLINED, Outcome.REJECTED}),
        *((state, {Outcome.SUCCEEDED, Outcome.PENDING}) for state in NOT_MOVED),
    ],
)
def test_what_contradicts_a_closed_operation(state, outcomes):
    assert {one for one in Outcome if contradicts(str(state), Answer(one))} == outcomes


def test_money_that_moved_otherwise_contradicts_an_operation_that_moved_none():
    answer = Answer(Outcome.UNKNOWN, review="took 999, not 11300")

    assert all(contradicts(state, answer) for state in NOT_MOVED)


def test_of_those_who_lost_the_lease_only_news_of_money_count():
    assert {one for one in Outcome if settles_the_matter(Answer(one))} == {
        Outcome.SUCCEEDED,
        Outcome.PENDING,
    }
    assert settles_the_matter(Answer(Outcome.UNKNOWN, review="took 999, not 11300"))


def test_that_nothing_was_found_a_while_ago_proves_nothing():
    answer = Answer(Outcome.UNKNOWN, error_code=NOT_FOUND_YET, review="too old to be repeated")

    assert not settles_the_matter(answer)
    assert not contradicts("rejected", answer)


# === after_repeat ===


def repeated(error):
    return after_repeat(Answer.from_error(error), error=error)


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.PENDING, Outcome.UNKNOWN])
def test_a_repetition_that_was_answered_is_the_answer(outcome):
    answer = Answer(outcome=outcome, provider_reference="CHG0000000001")

    assert after_repeat(answer, error=None) is answer


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (errors.DeclinedError("no", code="card_declined"), Outcome.DECLINED),
        (errors.RequestRejectedError("no", code="amount_too_large"), Outcome.REJECTED),
        (errors.RequestRejectedError("no"), Outcome.REJECTED),
    ],
)
def test_a_refusal_of_the_payment_itself_closes_the_operation(error, outcome):
    answer = Answer.from_error(error)

    assert after_repeat(answer, error=error) is answer
    assert answer.outcome is outcome


@pytest.mark.parametrize(
    "error",
    [
        errors.AuthenticationError("who are you"),
        errors.PermissionDeniedError("not you"),
        errors.ConfigurationError("no merchant"),
        errors.NotFoundError("no such thing"),
        errors.IdempotencyConflictError("another request had this key"),
        errors.RequestRejectedError("used", code="token_already_used"),
        errors.RequestRejectedError("used", code="idempotency_error"),
        errors.NotSentError("no route"),
        errors.RateLimitedError("slow down"),
        errors.UnknownOutcomeError("silence"),
        errors.InProgressError("wait"),
    ],
    ids=lambda error: f"{type(error).__name__}-{error.code}",
)
def test_a_repetition_that_says_nothing_of_the_first_call_leaves_it_unknown(error):
    assert repeated(error).outcome is Outcome.UNKNOWN


def test_an_inconclusive_repetition_keeps_why_and_when_but_no_data():
    error = errors.RateLimitedError(
        "slow down", code="too_many", retry_after=12.0, provider_reference="CHG0000000001"
    )

    assert repeated(error) == Answer(
        outcome=Outcome.UNKNOWN,
        error_code="too_many",
        error_message="slow down",
        retry_after=12.0,
    )


# === may_have_moved_money ===


@pytest.mark.parametrize(
    ("answer", "speaks_against"),
    [
        (Answer(outcome=Outcome.UNKNOWN, error_code="unreachable"), False),
        (Answer(outcome=Outcome.NOT_SENT), False),
        (Answer(outcome=Outcome.REJECTED, provider_reference="P"), False),
        (Answer(outcome=Outcome.DECLINED, provider_reference="P"), False),
        (Answer(outcome=Outcome.UNKNOWN, under_way=True), True),
        (Answer(outcome=Outcome.UNKNOWN, review="another amount"), True),
        (Answer(outcome=Outcome.UNKNOWN, provider_reference="P"), True),
        (Answer(outcome=Outcome.PENDING), True),
        (Answer(outcome=Outcome.SUCCEEDED), True),
    ],
)
def test_a_person_may_close_what_nobody_can_be_asked_about_and_nothing_that_shows(
    answer, speaks_against
):
    assert answer.may_have_moved_money is speaks_against
