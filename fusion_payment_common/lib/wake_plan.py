"""Plan when to wake a queue's worker for rows that arrive in large numbers: once a second."""

import threading
from collections.abc import Hashable

#: Seconds between two wake-ups of a queue.
SPACING = 1.0
#: Seconds that a row must be due before a planned wake-up to rely on it, because the row's
#: transaction is not committed yet.
MARGIN = 0.25


class WakePlan:
    """The last planned or past wake-up of each queue; times are monotonic seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[Hashable, float] = {}

    def moment_for(self, queue: Hashable, due: float) -> float | None:
        """Return when to wake the worker for a row that is due at ``due``.

        Return None when a noted wake-up covers the row.
        """
        planned = self._planned.get(queue)
        if planned is None:
            return due
        if planned >= due + MARGIN:
            return None
        return max(due, planned + SPACING)

    def note(self, queue: Hashable, moment: float) -> None:
        """Note a wake-up that was committed."""
        with self._lock:
            self._planned[queue] = max(moment, self._planned.get(queue, moment))

    def is_over(self, queue: Hashable, now: float) -> bool:
        """Return whether the last noted wake-up is in the past and so misses new rows."""
        return self._planned.get(queue, now) <= now
