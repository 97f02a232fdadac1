"""Restart the scheduler's threads when they have ended.

A server with one process (``--workers=0``) starts its scheduler threads only once. When PostgreSQL
restarts, such a thread reconnects at once, is refused, and ends for good: the server still serves
pages, but no schedule ever runs again. A prefork server starts a new scheduler process instead.
"""

import logging
import threading
import time

import psycopg2

_logger = logging.getLogger(__name__)

#: Seconds between two checks of the threads, and until a started thread certainly listens.
PAUSE = 3.0
_started = threading.Lock()


def start(server, resume):
    """Start to watch the scheduler of a threaded server, once per process.

    :param server: the running :class:`odoo.service.server.ThreadedServer`
    :param resume: called without arguments when the scheduler works again
    """
    if _started.acquire(blocking=False):
        watch = SchedulerWatch(server, resume)
        threading.Thread(target=watch.run, name="fusion.scheduler_watch", daemon=True).start()


class SchedulerWatch:
    """Remember the scheduler's threads and restart those that have ended."""

    def __init__(self, server, resume):
        self._server = server
        self._resume = resume
        self._known = set()
        self._is_reviving = False
        # Threads that start later log a sentence instead of a traceback when they end.
        self._cron_thread = server.cron_thread
        server.cron_thread = self._run_schedules

    def run(self):
        """Check the threads every few seconds until the server ends."""
        while not self._server.quit_signals_received:
            self.look()
            time.sleep(PAUSE)

    def look(self):
        """Restart ended threads; resume once all of them have survived since the last check."""
        alive = {
            thread.name
            for thread in threading.enumerate()
            if getattr(thread, "type", None) == "cron"
        }
        self._known |= alive
        ended = self._known - alive
        for name in ended:
            self._start_thread(name)
        if self._is_reviving and not ended:
            _logger.info("The scheduler runs again")
            self._resume()
        self._is_reviving = bool(ended)

    def _start_thread(self, name):
        # Odoo calls them "odoo.service.cron.cron0" and so on.
        number = int(name.rpartition("cron")[2])
        thread = threading.Thread(
            target=self._run_schedules, args=(number,), name=name, daemon=True
        )
        thread.type = "cron"
        thread.start()

    def _run_schedules(self, number):
        # The thread may end before the first check.
        self._known.add(threading.current_thread().name)
        try:
            self._cron_thread(number)
        except psycopg2.Error as error:
            _logger.warning(
                "PostgreSQL does not answer the scheduler, which starts again in %s seconds: %s",
                PAUSE,
                str(error).strip(),
            )
