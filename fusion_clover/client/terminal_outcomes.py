"""The truth table of terminals: every way a request can end, its outcome, and the next step.

Sources: "Status code and error reference", "Payment reconciliation and recovery" and "Issues and
errors", docs.clover.com. HTTP 200 is no approval: only ``result`` is, with the right amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.lib.rate_limit import ThrottledError

from . import terminal_errors as codes
from .types import Payment


class Situation(StrEnum):
    """How a request to a terminal ended."""

    APPROVED = "approved"
    PARTIAL = "partial"
    AMOUNT_DIFFERS = "amount_differs"
    GIVEN_BACK = "given_back"
    VOIDED = "voided"
    DECLINED = "declined"
    UNDECIDED = "undecided"
    CANCELLED = "cancelled"
    INVALID = "invalid"
    TOKEN_REFUSED = "token_refused"
    APP_REFUSED = "app_refused"
    NOT_SET_UP = "not_set_up"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_MANY = "too_many"
    INDETERMINATE = "indeterminate"
    UNSUPPORTED = "unsupported"
    UNAVAILABLE = "unavailable"
    ASLEEP = "asleep"
    NO_ANSWER = "no_answer"
    BROKEN_ANSWER = "broken_answer"
    NOT_SENT = "not_sent"
    ON_SCREEN = "on_screen"
    UNREACHABLE = "unreachable"
    NEVER_ARRIVED = "never_arrived"
    NOBODY_PAID = "nobody_paid"


class NextStep(StrEnum):
    """What happens next; the suite takes the first four steps by itself."""

    BOOK = "book"
    LOOK_UP = "look_up"
    SEND_AGAIN = "send_again"
    CLOSE = "close"
    ASK_CLERK = "ask_clerk"
    ASK_MANAGER = "ask_manager"
    FIX_SETTINGS = "fix_settings"


@dataclass(frozen=True, slots=True)
class Ruling:
    """The ``outcome`` of the request, and the ``next`` step."""

    outcome: Outcome
    next: NextStep


TRUTH: Mapping[Situation, Ruling] = {
    # 200
    Situation.APPROVED: Ruling(Outcome.SUCCEEDED, NextStep.BOOK),
    Situation.PARTIAL: Ruling(Outcome.UNKNOWN, NextStep.ASK_CLERK),
    Situation.AMOUNT_DIFFERS: Ruling(Outcome.UNKNOWN, NextStep.ASK_MANAGER),
    Situation.GIVEN_BACK: Ruling(Outcome.UNKNOWN, NextStep.ASK_MANAGER),
    Situation.VOIDED: Ruling(Outcome.REJECTED, NextStep.CLOSE),
    Situation.DECLINED: Ruling(Outcome.DECLINED, NextStep.CLOSE),
    Situation.UNDECIDED: Ruling(Outcome.PENDING, NextStep.LOOK_UP),
    # 209
    Situation.CANCELLED: Ruling(Outcome.REJECTED, NextStep.CLOSE),
    # 4xx
    Situation.INVALID: Ruling(Outcome.REJECTED, NextStep.CLOSE),
    Situation.TOKEN_REFUSED: Ruling(Outcome.REJECTED, NextStep.FIX_SETTINGS),
    Situation.APP_REFUSED: Ruling(Outcome.REJECTED, NextStep.FIX_SETTINGS),
    Situation.NOT_SET_UP: Ruling(Outcome.REJECTED, NextStep.FIX_SETTINGS),
    Situation.NOT_FOUND: Ruling(Outcome.REJECTED, NextStep.CLOSE),
    Situation.CONFLICT: Ruling(Outcome.UNKNOWN, NextStep.LOOK_UP),
    Situation.TOO_MANY: Ruling(Outcome.UNKNOWN, NextStep.LOOK_UP),
    # 5xx
    Situation.INDETERMINATE: Ruling(Outcome.UNKNOWN, NextStep.LOOK_UP),
    Situation.UNSUPPORTED: Ruling(Outcome.REJECTED, NextStep.CLOSE),
    Situation.UNAVAILABLE: Ruling(Outcome.UNKNOWN, NextStep.LOOK_UP),
    Situation.ASLEEP: Ruling(Outcome.UNKNOWN, NextStep.LOOK_UP),
    # no answer, or an unreadable one; also a crash of ours
    Situation.NO_ANSWER: Ruling(Outcome.UNKNOWN, NextStep.LOOK_UP),
    Situation.BROKEN_ANSWER: Ruling(Outcome.UNKNOWN, NextStep.LOOK_UP),
    Situation.NOT_SENT: Ruling(Outcome.NOT_SENT, NextStep.SEND_AGAIN),
    # what a look-up found
    Situation.ON_SCREEN: Ruling(Outcome.UNKNOWN, NextStep.LOOK_UP),
    Situation.UNREACHABLE: Ruling(Outcome.UNKNOWN, NextStep.LOOK_UP),
    Situation.NEVER_ARRIVED: Ruling(Outcome.NOT_SENT, NextStep.CLOSE),
    Situation.NOBODY_PAID: Ruling(Outcome.REJECTED, NextStep.CLOSE),
}

#: Situations in which the money that moved differs from the request: a person decides.
ASKING = frozenset(
    situation
    for situation, ruling in TRUTH.items()
    if ruling.next in (NextStep.ASK_CLERK, NextStep.ASK_MANAGER)
)

_BY_CODE = {
    codes.CANCELLED: Situation.CANCELLED,
    codes.CONFLICT: Situation.CONFLICT,
    codes.UNSUPPORTED: Situation.UNSUPPORTED,
    codes.UNAVAILABLE: Situation.UNAVAILABLE,
    codes.ASLEEP: Situation.ASLEEP,
    codes.INDETERMINATE: Situation.INDETERMINATE,
    codes.REFUSES_APP: Situation.APP_REFUSED,
}
#: Most specific first.
_BY_CLASS: tuple[tuple[type[errors.GatewayError], Situation], ...] = (
    (errors.DeclinedError, Situation.DECLINED),
    (errors.PermissionDeniedError, Situation.APP_REFUSED),
    (errors.AuthenticationError, Situation.TOKEN_REFUSED),
    (errors.ConfigurationError, Situation.NOT_SET_UP),
    (errors.NotFoundError, Situation.NOT_FOUND),
    (errors.RequestRejectedError, Situation.INVALID),
    (ThrottledError, Situation.NOT_SENT),
    (errors.RateLimitedError, Situation.TOO_MANY),
    (errors.NotSentError, Situation.NOT_SENT),
    (errors.InProgressError, Situation.CONFLICT),
    (errors.MalformedResponseError, Situation.BROKEN_ANSWER),
    (errors.GatewayError, Situation.NO_ANSWER),
)


def situation_of_error(error: errors.GatewayError) -> Situation:
    """Return the situation of an error."""
    found = _BY_CODE.get(error.code or "")
    if found:
        return found
    return next(situation for kind, situation in _BY_CLASS if isinstance(error, kind))


def situation_of_payment(payment: Payment, asked: int) -> Situation:
    """Return the situation of a payment object.

    :param asked: minor units; tips and surcharges come on top and do not count here.
    """
    if payment.is_failed:
        return Situation.DECLINED
    if payment.is_voided or payment.returned >= payment.charged > 0:
        # All of it was returned, as if it had not been made.
        return Situation.VOIDED
    if payment.returned:
        return Situation.GIVEN_BACK
    if payment.result != "SUCCESS":
        # Pending at Clover, or an unknown result.
        return Situation.UNDECIDED
    if payment.amount == asked:
        return Situation.APPROVED
    return Situation.PARTIAL if 0 < payment.amount < asked else Situation.AMOUNT_DIFFERS
