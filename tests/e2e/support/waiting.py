"""Waiting for a state: ask until it is there or the time is up."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two questions.
INTERVAL = 0.1


def wait_until(condition: Callable[[], T], what: str, timeout: float = 30.0) -> T:
    """The first truthy result of ``condition``.

    :param what: what is waited for, to say what did not happen.
    :param timeout: seconds.
    :raises AssertionError: it did not come true in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what} (last: {result!r})")
        time.sleep(INTERVAL)
