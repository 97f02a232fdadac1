"""Limit the log lines about refused requests, so that strangers cannot fill the log."""

from __future__ import annotations

from collections.abc import Hashable

#: Seconds between two log lines about refused requests of one source.
_LOG_INTERVAL = 60


class RefusalLog:
    """Count refused requests and allow one log line a minute per source."""

    def __init__(self) -> None:
        self._next_line: dict[Hashable, float] = {}
        self._count: dict[Hashable, int] = {}

    def note(self, key: Hashable, now: float) -> int:
        """Return how many to report now, 0 for none. ``now`` is in monotonic seconds."""
        self._count[key] = self._count.get(key, 0) + 1
        if now < self._next_line.get(key, 0):
            return 0
        self._next_line[key] = now + _LOG_INTERVAL
        return self._count.pop(key)
