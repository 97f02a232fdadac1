"""The decisions of the operation ledger, without a database: intents, answers and the next step.

An *operation* is one intended change at a provider under one idempotency key. This module defines
the two values that the ledger and a provider exchange (:class:`Intent` in, :class:`Answer` out) and
the rules for the states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from . import errors
from .outcome import Outcome

READY = "ready"
IN_FLIGHT = "in_flight"

#: States in which no other operation may start on the same document.
OPEN_STATES = frozenset({READY, IN_FLIGHT, Outcome.PENDING, Outcome.UNKNOWN})
#: States in which the provider will not be called again under this key.
CLOSED_STATES = frozenset({Outcome.SUCCEEDED, Outcome.DECLINED, Outcome.REJECTED, Outcome.NOT_SENT})

#: Number of look-ups that must find nothing before the next one may be followed by a repeated call
#: under the same key. One empty look-up right after a lost answer proves nothing: the provider may
#: still be processing the request.
EMPTY_LOOKUPS_BEFORE_REPEAT = 1

#: Seconds after its first call for which an operation may be repeated under its key. Money that
#: is no longer expected must not move, and no provider keeps its keys for ever.
REPEAT_WITHIN = 24 * 3600.0

#: Error code of a look-up that was answered but found nothing.
NOT_FOUND_YET = "not_found_yet"

#: Rejections of a *repeated* call that do not tell whether the first call went through.
CODES_THAT_PROVE_NOTHING = frozenset({"token_already_used", "idempotency_error"})


@dataclass(frozen=True)
class Intent:
    """One intended change at a provider, fixed before the call.

    :param kind: the kind of operation: ``charge``, ``refund``, ``void``, ...
    :param handler: name of the model that calls, looks up and applies it.
    :param idempotency_key: identifies the intent in every attempt, re-run and restart.
    :param reference: Odoo's reference (a transaction's), kept as text because the ledger's own
        transaction may not see the record yet.
    :param parameters: the parameters of the key; other parameters under the same key are a
        conflict.
    :param payload: JSON-safe request; kept until the operation is closed so that it can be
        repeated after a crash. Never contains a card number.
    :param documents: ``(model, id)`` pairs that are held until the operation is closed.
    :param amount: in major units of the currency.
    :param lease_seconds: seconds after which the completer takes over if the caller stores nothing.
    :param send_within: queued mode: seconds after which a call that never reached the provider is
        given up. Money that is no longer expected must not move.
    :param repeat_within: seconds after the first call for which it may be repeated under its key;
        not longer than the provider keeps the key. After that a person must decide.
    :param is_long: queued mode: the call waits for a person and may take minutes.
    """

    kind: str
    provider_code: str
    handler: str
    idempotency_key: str
    reference: str
    parameters: Mapping[str, Any]
    payload: Mapping[str, Any]
    company_id: int
    amount: Decimal | None = None
    currency_id: int | None = None
    external_reference: str | None = None
    documents: tuple[tuple[str, int], ...] = ()
    lease_seconds: float = 60.0
    send_within: float = 900.0
    repeat_within: float = REPEAT_WITHIN
    is_long: bool = False
    summary: Mapping[str, Any] = field(default_factory=dict)

    def with_changes(self, **changes: Any) -> Intent:
        """Return the same intent with other settings of the queue."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Answer:
    """The result of an operation, reduced to what Odoo needs and may keep.

    :param data: JSON-safe, allow-listed facts about the provider's object; enough to apply the
        result again without another call. For an error: ``detail``, the provider's own text
        (redacted, only for people to read), and ``decline_code``.
    :param review: set when money moved differently from what was asked; a person must decide.
    :param under_way: a look-up found the request in progress: it may move money at any moment.
    """

    outcome: Outcome
    provider_reference: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    error_code: str | None = None
    error_message: str | None = None
    retry_after: float | None = None
    review: str | None = None
    under_way: bool = False

    @property
    def may_have_moved_money(self) -> bool:
        """Whether a look-up's answer forbids closing the operation as never made.

        A provider that cannot be asked does not: then a Manager's evidence has to do.
        """
        if self.outcome.moved_money == "no":
            return False
        has_object = bool(self.provider_reference or self.review)
        return has_object or self.under_way or self.outcome in (Outcome.SUCCEEDED, Outcome.PENDING)

    @classmethod
    def from_error(cls, error: errors.GatewayError) -> Answer:
        """Return the answer for a gateway error.

        "Too many requests" should mean "not processed" but counts as unknown: a limiter in front
        of the gateway sends it, possibly for a request that went through. A look-up takes seconds;
        a second charge costs a customer.
        """
        limited = isinstance(error, errors.RateLimitedError)
        return cls(
            outcome=Outcome.UNKNOWN if limited else error.outcome,
            provider_reference=error.provider_reference,
            error_code=error.code or type(error).__name__,
            error_message=str(error),
            retry_after=error.retry_after,
            data=_facts_of(error),
        )


def _facts_of(error: errors.GatewayError) -> dict[str, str]:
    """Return the issuer's reason and the provider's own text, where present."""
    facts = {"detail": error.detail}
    if isinstance(error, errors.DeclinedError):
        facts["decline_code"] = error.decline_code
    return {name: value for name, value in facts.items() if value}


class Step(StrEnum):
    """The next step of the completer for an operation."""

    WAIT = "wait"
    CALL = "call"
    LOOK_UP = "look_up"
    LOOK_UP_OR_REPEAT = "look_up_or_repeat"
    LOOK_UP_OR_REVIEW = "look_up_or_review"
    APPLY = "apply"
    HUMAN = "human"
    NOTHING = "nothing"


def next_step(
    state: str,
    *,
    lease_expired: bool,
    due: bool,
    applied: bool,
    needs_review: bool,
    empty_lookups: int,
    repeatable: bool,
) -> Step:
    """Return the completer's next step for an operation in this condition.

    :param lease_expired: no process works on it any more.
    :param due: the time of its next attempt has come.
    :param applied: its result is already in Odoo's books.
    :param empty_lookups: how many lookups have found nothing at the provider so far.
    :param repeatable: it is still young enough to be called again under its key.
    """
    if needs_review:
        return Step.HUMAN
    if not lease_expired:
        return Step.WAIT
    if state in CLOSED_STATES:
        return Step.NOTHING if applied else Step.APPLY
    if state == READY:
        return Step.CALL if due else Step.WAIT
    if state == IN_FLIGHT:
        return Step.LOOK_UP
    if state in (Outcome.UNKNOWN, Outcome.PENDING):
        if not due:
            return Step.WAIT
        if state == Outcome.UNKNOWN and empty_lookups >= EMPTY_LOOKUPS_BEFORE_REPEAT:
            return Step.LOOK_UP_OR_REPEAT if repeatable else Step.LOOK_UP_OR_REVIEW
        return Step.LOOK_UP
    return Step.NOTHING


def contradicts(state: str, answer: Answer) -> bool:
    """Return whether an answer contradicts the closed state about whether money moved.

    "Not sent" is about one attempt, which another one may have followed. Declined and rejected do
    not contradict each other: in both cases no money moved.
    """
    if state == Outcome.SUCCEEDED:
        return answer.outcome in (Outcome.DECLINED, Outcome.REJECTED)
    return settles_the_matter(answer)


def settles_the_matter(answer: Answer) -> bool:
    """Return whether an answer counts although another process has taken the operation over.

    Success and pending count, because the provider knows the operation. A refused or unsent call
    does not count: the other process may be making another call. An empty look-up does not count
    either: it may be out of date.
    """
    if answer.error_code == NOT_FOUND_YET:
        return False
    return bool(answer.review) or answer.outcome in (Outcome.SUCCEEDED, Outcome.PENDING)


def after_repeat(answer: Answer, *, error: errors.GatewayError | None) -> Answer:
    """Return what the answer to a *repeated* call proves about the whole operation.

    A first attempt with a lost answer may have moved money. The outcome stays unknown if the
    repeated call never reached the provider, or was refused for a reason unrelated to the first
    attempt (credentials, permissions, a used one-time token).
    """
    if error is None:
        return answer
    proves = isinstance(error, errors.DeclinedError) or (
        type(error) is errors.RequestRejectedError and error.code not in CODES_THAT_PROVE_NOTHING
    )
    if proves:
        return answer
    return Answer(
        outcome=Outcome.UNKNOWN,
        error_code=answer.error_code,
        error_message=answer.error_message,
        retry_after=answer.retry_after,
    )
