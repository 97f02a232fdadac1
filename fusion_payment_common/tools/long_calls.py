"""Calls that take minutes: made in threads of the process, which outlive the run that began them.

A scheduled action has to be back within two minutes (``--limit-time-real-cron``), and while it
waits it claims nothing new. A customer at a terminal may take five. Such a call is claimed,
leased and committed as any other, but the run does not wait for it: its thread stores the result by
itself. Meanwhile no database connection is held; one thread of the process renews the
leases. A process that dies takes its calls with it, and their leases bring the rows back.
"""

import logging
import threading
import time

import psycopg2

from .queue_runner import outcome_of

_logger = logging.getLogger(__name__)

#: Calls that one process makes at once.
MAX_CALLS = 64
#: How often storing a result is tried, and the seconds between: the connection may be cut.
STORE_TRIES = 3
STORE_PAUSE = 1.0

_lock = threading.Lock()
#: Claims under way with the model they belong to.
_running = {}
_keepers: set[str] = set()


def room():
    """Return how many more calls this process may begin."""
    with _lock:
        return MAX_CALLS - len(_running)


def start(model, claim, call):
    """Make the call of a claim in a thread, and whatever ``_queue_finish`` asks for next.

    :param model: the queue's model; its cursor is not used any more
    :param claim: a committed claim of it
    :param call: a function that touches no database
    """
    with _lock:
        _running[claim] = model
    _thread(f"{model._name} {claim.record_id}", _work, model, claim, call)
    _keep(model)


def detach(name, function, *args):
    """Run a function in a thread of its own, without waiting; what it raises is logged."""
    _thread(name, _guarded, name, function, args)


def _guarded(name, function, args):
    try:
        function(*args)
    except Exception:
        _logger.exception("%s failed", name)


def _thread(name, target, *args):
    # A daemon: an orderly stop of the server must not wait for a customer.
    threading.Thread(target=target, args=args, name=name, daemon=True).start()


def _work(model, claim, call):
    try:
        while call is not None:
            call = _stored(model, claim, outcome_of(call))
    except Exception:
        _logger.exception(
            "%s: the result of row %s could not be stored; its lease brings it back",
            model._name,
            claim.record_id,
        )
    finally:
        with _lock:
            was_full = len(_running) >= MAX_CALLS
            _running.pop(claim, None)
        if was_full:
            # Rows that are due may have had no room, and no run is planned for them.
            _guarded("waking the queue", model._queue_wake_at_once, ())


def _stored(model, claim, outcome):
    """Store a result; repeatable, because each step of it is a transaction of its own."""
    for left in range(STORE_TRIES - 1, -1, -1):
        try:
            return model._queue_finish(claim, outcome)
        except psycopg2.Error:
            if not left:
                raise
            _logger.info("Row %s of %s is stored once more", claim.record_id, model._name)
            time.sleep(STORE_PAUSE)
    raise AssertionError("unreachable")


def _keep(model):
    """See that the process has a keeper for the queue's leases."""
    key = f"{model.env.cr.dbname} {model._name}"
    with _lock:
        if key in _keepers:
            return
        _keepers.add(key)
    _thread(f"keeper of {key}", _renew, model, key)


def _renew(model, key):
    while True:
        time.sleep(model._queue_lease_seconds / 3)
        with _lock:
            dbname = model.env.cr.dbname
            claims = [
                claim
                for claim, owner in _running.items()
                if owner._name == model._name and owner.env.cr.dbname == dbname
            ]
            if not claims:
                _keepers.discard(key)
                return
        try:
            model._queue_extend(claims)
        except Exception:
            _logger.exception("%s: leases of long calls could not be renewed now", model._name)
