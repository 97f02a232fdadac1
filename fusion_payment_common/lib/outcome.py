"""The outcome of a request to move money."""

from enum import StrEnum


class Outcome(StrEnum):
    """The six answers to "did the money move?".

    ``unknown`` is not a failure: no other try on the same document until it is resolved.
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
        """True while the provider has to be asked before another try."""
        return self in (Outcome.PENDING, Outcome.UNKNOWN)
