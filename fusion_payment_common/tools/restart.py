"""Run the queues at once after a start of the server, not after the scheduler's first minute.

A new scheduler process sleeps for a minute before it first polls, and misses notifications that
are sent before it listens. After a crash, a customer may be waiting for an answer in that minute.
"""

import logging
import os
import signal

from odoo.modules.registry import Registry
from odoo.service import server as odoo_server

from . import scheduler_watch, timers
from .cursors import database_environment

_logger = logging.getLogger(__name__)

#: Seconds after which a newly started scheduler certainly listens.
DELAY = 2.0


def install():
    """Run the queues soon after each start of a scheduler process; once per process."""
    os.register_at_fork(after_in_child=_after_fork)


def registry_is_ready(db_name):
    """Resume the queues of a database soon, unless this process is only the parent of workers."""
    server = odoo_server.server
    is_threaded = isinstance(server, odoo_server.ThreadedServer)
    if is_threaded:
        scheduler_watch.start(server, _resume_all)
    if is_threaded or _worker() is not None:
        timers.start(DELAY, _resume, db_name)


def _after_fork():
    if isinstance(odoo_server.server, odoo_server.PreforkServer):
        timers.start(DELAY, _resume_if_scheduler)


def _worker():
    """Return this process's worker if it belongs to a prefork server, else None."""
    owner = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    return owner if isinstance(owner, odoo_server.Worker) else None


def _resume_if_scheduler():
    if isinstance(_worker(), odoo_server.WorkerCron):
        _resume_all()


def _resume_all():
    for db_name in list(Registry.registries):
        _resume(db_name)


def _resume(db_name):
    try:
        with database_environment(Registry(db_name)) as env:
            if "fusion.queue.mixin" in env:
                env["fusion.queue.mixin"]._queue_resume_all()
                env["fusion.heartbeat"]._wake()
    except Exception:
        _logger.warning(
            "The queues of %s could not be looked at after the start; the scheduler does so within "
            "a minute",
            db_name,
            exc_info=True,
        )
