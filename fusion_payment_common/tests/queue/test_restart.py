import os
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo import fields
from odoo.modules import module
from odoo.service import server as odoo_server
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from ...lib.ledger import Answer
from ...lib.outcome import Outcome
from ...tools import processes, restart, scheduler_watch, timers
from ..common import OperationCommon

BEGIN = "odoo.addons.fusion_payment_common.models.operation.begin"


def _dead_process():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def _owner_of(pid):
    """The lease name that this process of this machine would have taken."""
    with patch.object(os, "getpid", lambda: pid):
        return processes.lease_owner()


@tagged("post_install", "-at_install")
class TestProcesses(BaseCase):
    def test_a_process_that_ended_is_gone_and_this_one_is_not(self):
        self.assertTrue(processes.is_gone(_owner_of(_dead_process())))
        self.assertFalse(processes.is_gone(processes.lease_owner()))

    def test_a_killed_process_that_nobody_buried_is_gone(self):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        self.addCleanup(process.wait)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.assertTrue(processes.is_gone(_owner_of(process.pid)))

    def test_nothing_is_known_of_other_hosts_other_containers_and_other_names(self):
        host, namespace, pid, token = _owner_of(_dead_process()).rsplit(":", 3)
        for owner in (
            f"other-{host}:{namespace}:{pid}:{token}",
            f"{host}:1{namespace}:{pid}:{token}",
            f"{host}:{namespace}:abc:{token}",
            "0123456789abcdef",
            "",
            False,
        ):
            self.assertFalse(processes.is_gone(owner), owner)


@tagged("post_install", "-at_install")
class TestTakeBack(OperationCommon, CronMixinCase):
    def _leave_behind(self, owner):
        """An operation in flight whose process is the owner."""
        self.remote.will_answer(ZeroDivisionError("the process ends here"))
        with (
            patch(f"{BEGIN}.processes.lease_owner", lambda: owner),
            mute_logger("odoo.sql_db"),
        ):
            with suppress(ZeroDivisionError):
                self.env["fusion.operation"].sudo()._perform(self._intent())
        operation = self._operation()
        lease = fields.Datetime.now() + timedelta(seconds=60)
        operation.write(
            {"state": "in_flight", "lease_owner": owner, "lease_until": lease,
             "next_attempt_at": lease}
        )  # fmt: skip
        self.env.flush_all()
        return operation

    def _resume(self):
        self.env["fusion.queue.mixin"]._queue_resume_all()
        self.env.invalidate_all()

    def test_what_a_dead_process_was_doing_is_asked_after_at_once(self):
        operation = self._leave_behind(_owner_of(_dead_process()))
        self.remote.will_know(Answer(Outcome.SUCCEEDED, "PAY1"))
        self._resume()
        self.env["fusion.operation"].sudo()._queue_work()
        self.env.invalidate_all()
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(len(self.remote.calls), 1, "asked, not repeated")
        self.assertEqual(len(self.remote.lookups), 1)

    def test_what_a_living_process_is_doing_is_left_alone(self):
        operation = self._leave_behind(processes.lease_owner())
        lease = operation.lease_until
        self._resume()
        self.assertEqual(operation.lease_until, lease)
        self.env["fusion.operation"].sudo()._queue_work()
        self.assertEqual(self.remote.lookups, [])

    def test_every_queue_is_woken(self):
        crons = [
            self.env.ref(self.env[name]._queue_lanes()[0])
            for name in ("fusion.operation", "fusion.delivery", "fusion.event")
        ]
        for cron in crons:
            self.env.cr.postcommit.clear()  # as a commit does
            with self.capture_triggers(cron.id) as captured:
                self._resume()
            self.assertEqual(len(captured.records), 1, cron.name)


@tagged("post_install", "-at_install")
class TestStart(BaseCase):
    """Which processes look at the queues after a start; none of them is a real server here."""

    def setUp(self):
        super().setUp()
        self.timers = []
        self.patch(
            timers,
            "start",
            lambda delay, function, *arguments: self.timers.append((function, arguments)),
        )
        self.watches = []
        self.patch(
            scheduler_watch, "start", lambda server, resume: self.watches.append(server)
        )

    def _is(self, server_class, worker_class=None):
        self.patch(odoo_server, "server", object.__new__(server_class))
        worker = object.__new__(worker_class) if worker_class else None
        self.patch(restart, "_worker", lambda: worker)

    def test_a_server_of_one_process_looks_when_its_registry_is_there(self):
        self._is(odoo_server.ThreadedServer)
        restart.registry_is_ready("some_db")
        self.assertEqual(self.timers, [(restart._resume, ("some_db",))])
        self.assertEqual(self.watches, [odoo_server.server])

    def test_the_parent_of_workers_opens_no_connection(self):
        self._is(odoo_server.PreforkServer)
        restart.registry_is_ready("some_db")
        self.assertEqual(self.timers, [])
        self.assertEqual(self.watches, [], "It starts new scheduler processes by itself.")

    def test_a_worker_that_loads_a_database_later_looks_at_it(self):
        self._is(odoo_server.PreforkServer, odoo_server.WorkerHTTP)
        restart.registry_is_ready("some_db")
        self.assertEqual(self.timers, [(restart._resume, ("some_db",))])

    def test_a_test_run_and_a_command_look_at_nothing(self):
        self.patch(odoo_server, "server", None)
        restart.registry_is_ready("some_db")
        restart._after_fork()
        self.assertEqual(self.timers, [])

    def test_of_the_workers_only_a_new_scheduler_looks(self):
        looked = []
        self.patch(restart, "_resume", looked.append)
        self.patch(restart, "Registry", SimpleNamespace(registries={"a": 1, "b": 2}))
        for worker_class, expected in (
            (odoo_server.WorkerHTTP, []),
            (odoo_server.WorkerCron, ["a", "b"]),
        ):
            self._is(odoo_server.PreforkServer, worker_class)
            self.timers.clear()
            restart._after_fork()
            ((function, arguments),) = self.timers
            function(*arguments)
            self.assertEqual(looked, expected)

    def test_trouble_after_the_start_is_logged_and_ends_nothing(self):
        self.patch(restart, "Registry", lambda name: 1 / 0)
        with self.assertLogs(restart._logger, "WARNING") as logs:
            restart._resume("some_db")
        self.assertIn("some_db", logs.output[0])


@tagged("post_install", "-at_install")
class TestTimers(BaseCase):
    """A timer that fires during a test would share its connection."""

    def _called(self):
        called = []
        timers.start(0, called.append, "rung").join()
        return called

    def test_nothing_is_called_while_a_test_runs(self):
        self.assertEqual(self._called(), [])

    def test_otherwise_it_is(self):
        self.patch(module, "current_test", None)
        self.assertEqual(self._called(), ["rung"])
