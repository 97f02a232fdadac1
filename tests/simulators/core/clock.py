"""Simulated time: real time plus an offset, so that lifetimes can be tested without waiting."""

import time
from datetime import UTC, datetime


class Clock:
    """UTC clock that can be moved forward."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def advance(self, seconds: float) -> None:
        """Move simulated time ``seconds`` forward."""
        self.offset_s += seconds

    def now(self) -> float:
        """Simulated unix time in seconds."""
        return time.time() + self.offset_s

    def now_ms(self) -> int:
        """Simulated unix time in whole milliseconds."""
        return int(self.now() * 1000)

    def iso(self) -> str:
        """Simulated time as ISO 8601 UTC with milliseconds."""
        text = datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
