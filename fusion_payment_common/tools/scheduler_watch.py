"""Start the scheduler's threads again when they have ended.

A server of one process (``--workers=0``) starts its scheduler's threads once. When PostgreSQL is
restarted such a thread reconnects at once, is refused, and ends for good: pages are served as
before, and no schedule ever runs again. A prefork server starts a new scheduler process instead.
"""

import logging
import threading
import time

import psycopg2

_logger = logging.getLogger(__name__)

#: Seconds between two looks at the threads, and until one that was started surely listens.
PAUSE = 3.0
_started = threading.Lock()


def start(server, resume):
    """Watch over the scheduler of a threaded server from now on; once per process.

    :param server: the running :class:`odoo.service.server.ThreadedServer`
    :param resume: called without arguments once the scheduler works again
    """
    if _started.acquire(blocking=False):
        watch = SchedulerWatch(server, resume)
        threading.Thread(target=watch.run, name="fusion.scheduler_watch", daemon=True).start()


class SchedulerWatch:
    """Knows the threads that have been there, and starts those again that are not any more."""

    def __init__(self, server, resume):
        self._server = server
        self._resume = resume
        self._known = set()
        self._is_reviving = False
        # Threads that are still to be started end with a sentence instead of a traceback.
        self._cron_thread = server.cron_thread
        server.cron_thread = self._run_schedules

    def run(self):
        """Look every few seconds until the server ends."""
        while not self._server.quit_signals_received:
            self.look()
            time.sleep(PAUSE)

    def look(self):
        """Start what has ended; when all of it has stayed since the last look, resume."""
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
        # It may end before anybody has looked.
        self._known.add(threading.current_thread().name)
        try:
            self._cron_thread(number)
        except psycopg2.Error as error:
            _logger.warning(
                "PostgreSQL does not answer the scheduler, which starts again in %s seconds: %s",
                PAUSE,
                str(error).strip(),
            )
