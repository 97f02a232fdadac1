"""Calls that take minutes, made in threads that outlive the run that started them.

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

#: Parallel calls per process.
MAX_CALLS = 64
#: Tries to store a result, and the seconds between them, as the database connection may be lost.
STORE_TRIES = 3
STORE_PAUSE = 1.0

_lock = threading.Lock()
#: The model of each claim whose call is running.
_running = {}
_keepers: set[str] = set()


def room():
    """Return how many more calls this process may start."""
    with _lock:
        return MAX_CALLS - len(_running)


def start(model, claim, call):
    """Make the call of a claim in a thread, and any further call that ``_queue_finish`` returns.

    :param model: the queue's model; its cursor is not used
    :param claim: a committed claim of the model
    :param call: a function that does not use the database
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
    # Use a daemon thread: stopping the server must not wait for a customer.
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
    """Store a result. It can be tried again, because each step has its own transaction."""
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
    """Start the thread that renews the queue's leases, unless it runs already."""
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
