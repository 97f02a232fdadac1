"""Name the owner of a lease, and tell whether its process still exists."""

import os
import secrets
import socket
from functools import cache

import psutil


def lease_owner():
    """Return a unique owner name for a lease, which identifies this process."""
    return f"{_here()}:{os.getpid()}:{secrets.token_hex(4)}"


def owner_prefix():
    """Return the prefix of the lease owners whose processes this process can check."""
    return f"{_here()}:"


def is_gone(owner):
    """Return whether the process of this lease owner has certainly ended.

    Processes on other hosts or in other containers cannot be checked, so their leases must run
    out. The same holds if the process id has been reused.
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
    """Return a name for this host and its namespace of process ids."""
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        # This system has no namespaces: all processes share one set of ids.
        namespace = 0
    return f"{socket.gethostname()}:{namespace}"
