import threading
from types import SimpleNamespace

import psycopg2

from odoo.tests import BaseCase, tagged

from ...tools import scheduler_watch

NAME = "odoo.service.cron.cron0"


class Scheduler:
    """A server whose scheduler thread ends when the test says so; no thread of Odoo's runs here."""

    quit_signals_received = 0

    def __init__(self):
        self.numbers = []
        self.errors = []
        self.began = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def cron_thread(self, number):
        self.numbers.append(number)
        self.began.release()
        self.may_end.acquire()
        if self.errors:
            raise self.errors.pop()

    def spawn(self):
        """Do what Odoo does once, when it starts."""
        thread = threading.Thread(target=self.cron_thread, args=(0,), name=NAME, daemon=True)
        thread.type = "cron"
        thread.start()
        self.began.acquire()

    def end(self, error=None):
        """Let the thread end, with an error or by itself."""
        self.errors = [error] if error else []
        (thread,) = (one for one in threading.enumerate() if one.name == NAME)
        self.may_end.release()
        thread.join()


@tagged("post_install", "-at_install")
class TestSchedulerWatch(BaseCase):
    def setUp(self):
        super().setUp()
        self.server = Scheduler()
        self.addCleanup(self.server.may_end.release)
        self.resumed = []
        self.watch = scheduler_watch.SchedulerWatch(
            self.server, lambda: self.resumed.append(list(self.server.numbers))
        )

    def test_before_the_scheduler_is_started_there_is_nothing_to_do(self):
        self.watch.look()
        self.assertEqual(self.server.numbers, [])

    def test_a_thread_that_postgresql_ended_is_started_again_and_told_to_go_on(self):
        self.server.spawn()
        self.watch.look()
        with self.assertLogs(scheduler_watch._logger, "WARNING") as logs:
            self.server.end(psycopg2.OperationalError("the database system is shutting down\n"))
        self.assertIn("the database system is shutting down", logs.output[0])
        self.watch.look()
        self.server.began.acquire()
        self.assertEqual(self.server.numbers, [0, 0])
        self.assertEqual(self.resumed, [], "It may have been refused once more.")
        self.watch.look()
        self.watch.look()
        self.assertEqual(self.resumed, [[0, 0]], "Once.")

    def test_a_thread_that_ended_before_anybody_looked_is_started_too(self):
        self.server.spawn()
        self.server.end()
        self.watch.look()
        self.server.began.acquire()
        self.assertEqual(self.server.numbers, [0, 0])

    def test_while_postgresql_is_away_it_is_tried_again_and_again(self):
        self.server.spawn()
        self.watch.look()
        self.server.end()
        for _time in range(3):
            self.watch.look()
            self.server.began.acquire()
            self.server.end()
        self.assertEqual(self.server.numbers, [0] * 4)
        self.assertEqual(self.resumed, [])

    def test_a_server_that_ends_is_left_alone(self):
        self.server.spawn()
        self.watch.look()
        self.server.end()
        self.server.quit_signals_received = 1
        self.watch.run()
        self.assertEqual(self.server.numbers, [0])
        self.server.may_end.release()

    def test_a_process_has_one_watch(self):
        self.patch(scheduler_watch, "_started", threading.Lock())
        begun = []
        self.patch(scheduler_watch.SchedulerWatch, "run", lambda watch: begun.append(watch))
        first = SimpleNamespace(cron_thread=None)
        scheduler_watch.start(first, None)
        scheduler_watch.start(SimpleNamespace(cron_thread=None), None)
        for thread in threading.enumerate():
            if thread.name == "fusion.scheduler_watch":
                thread.join()
        self.assertEqual([watch._server for watch in begun], [first])
