"""Processor time of a process and its descendants: a figure that other work changes little."""

from contextlib import suppress

import psutil


def cpu_seconds(pid: int) -> float:
    """Seconds on a processor so far, of the process and all that it has started and that live."""
    total = 0.0
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system
    return total
