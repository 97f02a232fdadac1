"""The outcome of a request to move money."""

from enum import StrEnum


class Outcome(StrEnum):
    """The six answers to "did the money move?".

    ``unknown`` is not a failure: the same document may not be charged again until it is resolved.
    """

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    DECLINED = "declined"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"

    @property
    def moved_money(self) -> str:
        """``'yes'``, ``'no'`` or ``'maybe'``."""
        if self is Outcome.SUCCEEDED:
            return "yes"
        return "maybe" if self.is_open else "no"

    @property
    def is_final(self) -> bool:
        """True when no later event can change this outcome."""
        return self in (Outcome.SUCCEEDED, Outcome.DECLINED, Outcome.REJECTED)

    @property
    def is_open(self) -> bool:
        """True when the provider must be asked before another attempt is allowed."""
        return self in (Outcome.PENDING, Outcome.UNKNOWN)
