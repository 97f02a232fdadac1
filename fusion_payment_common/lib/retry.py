"""When to try again: schedules as data, jitter that tests can freeze, Retry-After clamped."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

#: A provider may slow us down, but not beyond this many times the delay we had planned.
RETRY_AFTER_FACTOR = 2.0
#: Even the shortest planned delay lets a provider ask for this many seconds.
RETRY_AFTER_FLOOR = 60.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """A list of delays in seconds.

    :param delays: delay before the second, third, ... attempt; the last one is repeated while
        the horizon allows, and only then.
    :param jitter: ``'equal'`` = half fixed, half random; ``'full'`` = all random; ``'none'``.
    :param cap: no delay is longer than this many seconds, Retry-After included.
    :param horizon: seconds of planned (unjittered) delay after which the schedule is exhausted;
        None ends it with the last entry of ``delays``.
    :raises ValueError: on an empty list, a negative number or an unknown jitter.
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
        """Seconds planned after attempt number ``attempt`` (1 = the first), None if exhausted."""
        if attempt < 1:
            raise ValueError("attempts are counted from 1")
        listed = [min(delay, self.cap) for delay in self.delays]
        if self.horizon is None:
            return listed[attempt - 1] if attempt <= len(listed) else None
        elapsed = sum(listed[: attempt - 1])
        elapsed += max(0, attempt - 1 - len(listed)) * listed[-1]
        delay = listed[min(attempt, len(listed)) - 1]
        return delay if elapsed + delay <= self.horizon else None


#: For calls whose answer is expected soon, then ever more rarely.
DECAYING = Schedule((2, 5, 15, 60, 300, 900, 3600))


def next_delay(
    schedule: Schedule,
    attempt: int,
    *,
    retry_after: float | None = None,
    rng: random.Random,
) -> float | None:
    """Seconds to wait after attempt number ``attempt`` failed; None when no try is left.

    ``retry_after`` (seconds, as the provider asked) is a lower bound, clamped to twice the planned
    delay (at least a minute) and to the cap: a hostile or broken answer cannot park a row for days.
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
