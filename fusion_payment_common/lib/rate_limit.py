"""Limits on calls per second and on parallel calls, shared by all processes of a machine.

The state is in small files in one directory, each guarded by ``flock``: a reservation takes
microseconds and needs no database connection (HTTP calls run without one), and the kernel releases
the locks of a killed process at once. Calls per second are counted in a sliding window, because a
bucket of the limit's size would allow twice as many within a second.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import NotSentError

#: Seconds. Slightly more than the provider's second, as calls may arrive closer than they left.
WINDOW = 1.05
#: Seconds between two checks for a free place among the parallel calls.
_POLL = 0.01
#: Seconds after a pause within which another refusal doubles the pause.
_SOON = 5.0
#: Maximum seconds of a pause, whatever the provider asks for.
MAX_PAUSE = 60.0
_HEADER = struct.Struct("<dd")
_MOMENT = struct.Struct("<d")


class ThrottledError(NotSentError):
    """The suite's own limit: no place became free in time, nothing was sent. Code ``throttled``."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The limits of one party.

    :param scope: name of the party, e.g. an application or a merchant.
    :param per_second: maximum calls that start within a second.
    :param at_once: maximum parallel calls.
    """

    scope: str
    per_second: int
    at_once: int


class SharedLimiter:
    """Apply limits across all processes that use the same directory.

    :param directory: on a local disk; created if missing, readable by its owner only.
    :param clock: unix seconds, the same for all processes.
    """

    def __init__(
        self,
        directory: Path,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._directory = Path(directory)
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def place(self, limits: Sequence[Limit], *, max_wait: float) -> Iterator[None]:
        """Wait for a place within all limits; release it when the block ends.

        :param max_wait: seconds.
        :raises ThrottledError: no place became free in time; ``retry_after`` estimates when one
            will.
        """
        deadline = self._clock() + max_wait
        with ExitStack() as held:
            for limit in limits:
                held.enter_context(self._one_of(limit, deadline))
            for limit in limits:
                self._sleep_until(self._reserve(limit, deadline))
            yield

    def pause(self, limit: Limit, seconds: float | None) -> float:
        """Start no call for a while, because the provider answered "too many requests".

        :param seconds: as the provider asked; None if it did not: then one second, doubled each
            time that it happens again soon.
        :return: the length of the pause in seconds
        """
        with self._state(limit) as state:
            now = self._clock()
            again = now < state.paused_until + _SOON
            doubled = 2 * state.last_pause if again else 0.0
            pause = seconds if seconds is not None else max(1.0, doubled)
            pause = min(max(pause, 0.0), MAX_PAUSE)
            state.paused_until = max(state.paused_until, now + pause)
            state.last_pause = pause
        return pause

    def _reserve(self, limit: Limit, deadline: float) -> float:
        """Reserve the time at which the next call may start, and return it."""
        with self._state(limit) as state:
            now = self._clock()
            moment = state.next_moment(now)
            if moment > max(deadline, now):
                raise _throttled(moment - now)
            state.moments.append(moment)
            return moment

    def _sleep_until(self, moment: float) -> None:
        wait = moment - self._clock()
        if wait > 0:
            self._sleep(wait)

    @contextmanager
    def _one_of(self, limit: Limit, deadline: float) -> Iterator[None]:
        """Hold one of the places for parallel calls."""
        while True:
            for number in range(limit.at_once):
                place = self._open(f"{_name(limit)}.place{number}")
                if _lock_now(place):
                    try:
                        yield
                    finally:
                        os.close(place)  # gives the lock back
                    return
                os.close(place)
            if self._clock() >= deadline:
                raise _throttled(1.0)
            self._sleep(_POLL)

    @contextmanager
    def _state(self, limit: Limit) -> Iterator[_State]:
        file = self._open(f"{_name(limit)}.calls")
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            state = _State.parse(os.pread(file, 1 << 16, 0), limit, self._clock())
            yield state
            os.pwrite(file, state.packed(), 0)
            os.ftruncate(file, len(state.packed()))
        finally:
            os.close(file)

    def _open(self, name: str) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(self._directory / name, flags, 0o600)
        except FileNotFoundError:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._directory / name, flags, 0o600)


@dataclass
class _State:
    """``moments``: start times of the latest or next calls, oldest first, unix seconds."""

    paused_until: float
    last_pause: float
    moments: list[float]
    per_second: int

    @classmethod
    def parse(cls, content: bytes, limit: Limit, now: float) -> _State:
        """Return a file's state; drop impossible values (a torn file, a clock set back)."""
        latest = now + MAX_PAUSE
        usable = len(content) >= _HEADER.size and (len(content) - _HEADER.size) % 8 == 0
        if not usable:
            return cls(0.0, 0.0, [], limit.per_second)
        paused_until, last_pause = _HEADER.unpack_from(content)
        moments = [moment for (moment,) in _MOMENT.iter_unpack(content[_HEADER.size :])]
        return cls(
            paused_until if paused_until <= latest else 0.0,
            last_pause if 0 <= last_pause <= MAX_PAUSE else 0.0,
            [moment for moment in moments if moment <= latest],
            limit.per_second,
        )

    def next_moment(self, now: float) -> float:
        moment = max(now, self.paused_until)
        if len(self.moments) >= self.per_second:
            moment = max(moment, self.moments[-self.per_second] + WINDOW)
        return moment

    def packed(self) -> bytes:
        kept = self.moments[-self.per_second :]
        return _HEADER.pack(self.paused_until, self.last_pause) + b"".join(
            _MOMENT.pack(moment) for moment in kept
        )


def _name(limit: Limit) -> str:
    return hashlib.sha256(limit.scope.encode()).hexdigest()[:32]


def _lock_now(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _throttled(wait: float) -> ThrottledError:
    return ThrottledError(
        "too many calls are waiting for their turn; this one was not sent",
        code="throttled",
        retry_after=wait,
    )
