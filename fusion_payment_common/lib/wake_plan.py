"""When the worker of a queue is woken for rows that arrive in floods: about once a second."""

import threading
from collections.abc import Hashable

#: Seconds between two wake-ups of a queue.
SPACING = 1.0
#: Seconds that a row has to be due before a wake-up to count on it: its transaction is not
#: committed yet.
MARGIN = 0.25


class WakePlan:
    """The last wake-up of each queue that is planned or done; moments are monotonic seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[Hashable, float] = {}

    def moment_for(self, queue: Hashable, due: float) -> float | None:
        """When to wake the worker for a row that is due then, not before.

        None when it will be woken anyway, by a wake-up that was noted.
        """
        planned = self._planned.get(queue)
        if planned is None:
            return due
        if planned >= due + MARGIN:
            return None
        return max(due, planned + SPACING)

    def note(self, queue: Hashable, moment: float) -> None:
        """A wake-up for this moment is committed."""
        with self._lock:
            self._planned[queue] = max(moment, self._planned.get(queue, moment))

    def is_over(self, queue: Hashable, now: float) -> bool:
        """Whether the last wake-up that was noted lies behind: it saw nothing of what is new."""
        return self._planned.get(queue, now) <= now
