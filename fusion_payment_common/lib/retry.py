"""Retry schedules: delays as data, jitter that tests can fix, a limited Retry-After."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

#: A provider's Retry-After may extend a delay to at most this multiple of the planned delay.
RETRY_AFTER_FACTOR = 2.0
#: A provider's Retry-After is accepted up to this many seconds, however short the planned delay.
RETRY_AFTER_FLOOR = 60.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """A list of delays in seconds.

    :param delays: delay before the second, third, ... attempt; the last one is only repeated if
        there is a horizon, until it is reached.
    :param jitter: ``'equal'`` = half fixed, half random; ``'full'`` = all random; ``'none'``.
    :param cap: maximum seconds of a delay, including Retry-After.
    :param horizon: total seconds of planned (unjittered) delay after which the schedule ends;
        None ends it with the last entry of ``delays``.
    :raises ValueError: an empty list, a negative number or an unknown jitter.
    """

    delays: tuple[float, ...]
    jitter: Literal["equal", "full", "none"] = "equal"
    cap: float = 6 * 3600.0
    horizon: float | None = None

    def __post_init__(self) -> None:
        if not self.delays or any(delay < 0 for delay in self.delays):
            raise ValueError("a schedule needs delays that are not negative")
        if self.jitter not in ("equal", "full", "none"):
            raise ValueError(f"unknown jitter {self.jitter!r}")
        if self.cap <= 0 or (self.horizon is not None and self.horizon <= 0):
            raise ValueError("cap and horizon must be positive")
        if self.horizon is not None and min(self.delays[-1], self.cap) <= 0:
            raise ValueError("a schedule with a horizon cannot repeat a delay of zero")

    def planned(self, attempt: int) -> float | None:
        """Return the planned seconds after ``attempt`` (1 = the first), or None if exhausted."""
        if attempt < 1:
            raise ValueError("attempts are counted from 1")
        listed = [min(delay, self.cap) for delay in self.delays]
        if self.horizon is None:
            return listed[attempt - 1] if attempt <= len(listed) else None
        elapsed = sum(listed[: attempt - 1])
        elapsed += max(0, attempt - 1 - len(listed)) * listed[-1]
        delay = listed[min(attempt, len(listed)) - 1]
        return delay if elapsed + delay <= self.horizon else None


#: For calls whose answer is expected soon; the delays grow.
DECAYING = Schedule((2, 5, 15, 60, 300, 900, 3600))


def next_delay(
    schedule: Schedule,
    attempt: int,
    *,
    retry_after: float | None = None,
    rng: random.Random,
) -> float | None:
    """Return the seconds to wait after attempt ``attempt`` failed, None when no attempt is left.

    ``retry_after`` (seconds, as the provider asked) is a lower bound. It is limited to twice the
    planned delay (or a minute, if that is longer) and to the cap, so that a hostile or broken
    answer cannot delay a row for days.
    """
    planned = schedule.planned(attempt)
    if planned is None:
        return None
    if schedule.jitter == "equal":
        delay = planned / 2 + rng.uniform(0, planned / 2)
    elif schedule.jitter == "full":
        delay = rng.uniform(0, planned)
    else:
        delay = planned
    if retry_after is not None and retry_after > 0:
        ceiling = max(planned * RETRY_AFTER_FACTOR, RETRY_AFTER_FLOOR)
        delay = max(delay, min(retry_after, ceiling))
    return min(delay, schedule.cap)
