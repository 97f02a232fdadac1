import signal
import time
from datetime import timedelta
from functools import partial
from types import MethodType
from typing import NamedTuple
from unittest.mock import patch

from odoo import api, fields
from odoo.service.server import ThreadedServer, Worker
from odoo.tests import tagged

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from ...tools import alarm, shutdown, timers
from ..outbox.delivery_common import DeliveryCommon

LANES = ("fusion_payment_common.ir_cron_deliver_1", "fusion_payment_common.ir_cron_deliver_2")


class Timer(NamedTuple):
    """A timer that rings when the test says so."""

    delay: float
    ring: partial


@tagged("post_install", "-at_install")
class TestQueue(DeliveryCommon, CronMixinCase):
    # === SCHEDULER === #

    def _run_lane(self, lane, *, seconds_left):
        """Run the scheduled action of a lane as the scheduler does, with so much time left."""
        cron = self.env.ref(LANES[lane])
        with self.registry.cursor() as cr:
            env = api.Environment(cr, self.env.uid, {"cron_id": cron.id})
            own_cron, progress = env["ir.cron"].browse(cron.id)._add_progress()
            own_cron = own_cron.with_context(cron_end_time=time.monotonic() + seconds_left)
            own_cron.env["fusion.delivery"]._cron_work(lane=lane)
            return progress.done, progress.remaining

    def test_progress_is_reported_when_everything_is_done(self):
        for number in range(5):
            self._enqueue(number)
        self.env.flush_all()
        self.assertEqual(self._run_lane(0, seconds_left=10), (5, 0))
        self.assertEqual(len(self.receiver.requests), 5)

    def test_when_the_time_is_up_what_is_left_is_taken_up_at_once(self):
        self.endpoint.max_parallel = 2
        for number in range(5):
            self._enqueue(number)
        self.env.flush_all()
        with (
            # On a busy machine it would ask again before the first two are answered.
            patch("odoo.addons.fusion_payment_common.tools.queue_runner.BATCH_PAUSE", 60),
            self.capture_triggers(self.env.ref(LANES[0]).id) as captured,
        ):
            done, remaining = self._run_lane(0, seconds_left=0)
        self.assertEqual((done, remaining), (2, 1))
        self.assertEqual(len(self.receiver.requests), 2, "what was begun is finished, no more")
        self.assertEqual(len(captured.records), 1)
        soon = fields.Datetime.now() + timedelta(seconds=1)
        self.assertLessEqual(captured.records.call_at, soon)

    def test_a_server_that_is_to_stop_begins_nothing_more(self):
        self.endpoint.max_parallel = 2
        deliveries = [self._enqueue(number) for number in range(5)]
        self.env.flush_all()
        answers = iter([False])
        with (
            patch.object(shutdown, "is_requested", lambda: next(answers, True)),
            self.capture_triggers(self.env.ref(LANES[0]).id) as captured,
        ):
            self._run_lane(0, seconds_left=10)
            self.assertEqual(self._run_lane(0, seconds_left=10), (0, 0), "the second run is none")
        self.env.invalidate_all()
        states = [delivery.state for delivery in deliveries]
        self.assertEqual(states.count("delivered"), 2)
        self.assertFalse(any(delivery.lease_owner for delivery in deliveries))
        self.assertEqual(len(captured.records), 1, "the next server takes up the rest at once")

    def test_an_idle_lane_wakes_nobody(self):
        with self.capture_triggers(self.env.ref(LANES[0]).id) as first:
            with self.capture_triggers(self.env.ref(LANES[1]).id) as second:
                self.assertEqual(self._run_lane(0, seconds_left=10), (0, 0))
        self.assertEqual(len(first.records) + len(second.records), 0)

    def test_what_nobody_may_claim_makes_no_busy_loop(self):
        self._enqueue()
        self.endpoint.action_disable()
        self.env.flush_all()
        with self.capture_triggers(self.env.ref(LANES[0]).id) as captured:
            self._run_lane(0, seconds_left=10)
        self.assertFalse(captured.records)

    # === STOPPING === #

    def test_a_prefork_worker_that_was_told_to_end_is_noticed(self):
        worker = Worker.__new__(Worker)
        handler = MethodType(Worker.signal_handler, worker)
        with patch.object(signal, "getsignal", lambda number: handler):
            worker.alive = True
            self.assertFalse(shutdown.is_requested())
            worker.alive = False
            self.assertTrue(shutdown.is_requested())

    def test_a_threaded_server_that_was_told_to_end_is_noticed(self):
        server = ThreadedServer.__new__(ThreadedServer)
        handler = MethodType(ThreadedServer.signal_handler, server)
        with patch.object(signal, "getsignal", lambda number: handler):
            server.quit_signals_received = 0
            self.assertFalse(shutdown.is_requested())
            server.quit_signals_received = 1
            self.assertTrue(shutdown.is_requested())

    def test_other_programs_are_never_told_to_end(self):
        for handler in (signal.SIG_DFL, None, signal.default_int_handler):
            with self.subTest(handler=handler):
                with patch.object(signal, "getsignal", lambda number, value=handler: value):
                    self.assertFalse(shutdown.is_requested())

    # === ALARM === #

    def _alarms(self):
        started = []

        def start(delay, function, *arguments):
            started.append(Timer(delay, partial(function, *arguments)))

        self.startPatcher(patch.object(timers, "start", start))
        self.startPatcher(patch.dict(alarm._pending, clear=True))
        return started

    def test_only_the_earliest_alarm_of_a_queue_is_kept(self):
        started = self._alarms()
        self.assertTrue(alarm.set_alarm(self.env, "a", 20))
        self.assertFalse(alarm.set_alarm(self.env, "a", 30))
        self.assertTrue(alarm.set_alarm(self.env, "a", 10))
        self.assertTrue(alarm.set_alarm(self.env, "b", 40), "each queue has its own")
        self.assertEqual([timer.delay for timer in started], [20, 10, 40])

    def test_what_is_far_away_is_left_to_the_scheduler(self):
        started = self._alarms()
        self.assertFalse(alarm.set_alarm(self.env, "a", alarm.MAX_DELAY + 1))
        self.assertEqual(started, [])

    def test_an_alarm_wakes_the_scheduler_and_makes_room_for_the_next(self):
        started = self._alarms()
        alarm.set_alarm(self.env, "a", 20)
        with patch.object(type(self.env["ir.cron"]), "_notifydb") as notify:
            started[0].ring()
        self.assertEqual(notify.call_count, 1)
        self.assertTrue(alarm.set_alarm(self.env, "a", 30))

    def test_an_alarm_that_fails_says_so_and_nothing_more(self):
        started = self._alarms()
        alarm.set_alarm(self.env, "a", 20)
        broken = patch.object(type(self.env["ir.cron"]), "_notifydb", side_effect=OSError)
        with broken, self.assertLogs(alarm._logger, "WARNING"):
            started[0].ring()
