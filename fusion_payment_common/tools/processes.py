"""Who holds a lease, and whether that process still exists."""

import os
import secrets
import socket
from functools import cache

import psutil


def lease_owner():
    """Return a name for a lease that says which process has it and is never used twice."""
    return f"{_here()}:{os.getpid()}:{secrets.token_hex(4)}"


def owner_prefix():
    """Return how the names of all lease owners begin whose end this process can notice."""
    return f"{_here()}:"


def is_gone(owner):
    """Return whether the process that took this name certainly does not exist any more.

    Of a process on another host, or in another container, nothing is known: its lease has to end.
    The same holds when the number was given to another process meanwhile.
    """
    here, _, rest = (owner or "").rpartition(":")[0].rpartition(":")
    if here != _here() or not rest.isdigit():
        return False
    try:
        return psutil.Process(int(rest)).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


@cache
def _here():
    """Return a name for the set of processes whose numbers mean the same as ours."""
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        # No such thing on this system: its processes share one set of numbers.
        namespace = 0
    return f"{socket.gethostname()}:{namespace}"
