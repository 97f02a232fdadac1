"""Wake the scheduler earlier than its own minute.

The scheduler notices a future cron trigger within a minute. A retry after two seconds needs more:
a timer in this process sends the notification that an immediate trigger sends. This is only an
optimization: if the process dies first, the scheduler still polls once a minute.
"""

import logging
import threading
import time

from . import timers
from .cursors import own_environment

_logger = logging.getLogger(__name__)

#: Maximum delay in seconds; later times are left to the scheduler.
MAX_DELAY = 90.0
_lock = threading.Lock()
#: Time (monotonic) of the earliest pending alarm, by database and queue.
_pending: dict[tuple[str, str], float] = {}


def set_alarm(env, queue, delay):
    """Notify the cron workers of the database ``delay`` seconds from now.

    :param str queue: whose row is due then; a queue is only woken for its own rows

    Not needed while an earlier alarm of the queue is pending: the run that it wakes sets the next
    one.

    :param str queue: the queue that has a row due then
    :return: whether a new timer was started
    """
    if delay > MAX_DELAY:
        return False
    key = (env.cr.dbname, queue)
    moment = time.monotonic() + max(delay, 0.0)
    with _lock:
        if time.monotonic() < _pending.get(key, 0.0) <= moment:
            return False
        _pending[key] = moment
    timers.start(delay, _ring, env, key, moment)
    return True


def _ring(env, key, moment):
    with _lock:
        if _pending.get(key) == moment:
            del _pending[key]
    try:
        with own_environment(env) as own_env:
            own_env["ir.cron"]._notifydb()
    except Exception:
        _logger.warning("The scheduler could not be woken; it looks by itself within a minute")
