from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, TransactionCase, tagged

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from ...models.health import heartbeat
from ...tools import alarm

ROUTE = "/fusion/healthz"


class HeartbeatCommon:
    """A database whose schedules have run when the test says so. To be mixed into a test case."""

    def _last_run(self, seconds_ago):
        """Let a schedule, and no other since, have begun so many seconds ago."""
        cron = self.env.ref("fusion_payment_common.ir_cron_complete_operations")
        progress = self.env["ir.cron.progress"].create({"cron_id": cron.id, "done": 0})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_cron_progress SET create_date = now() AT TIME ZONE 'UTC' - "
            "%s * interval '1 second' WHERE id = %s",
            [seconds_ago, progress.id],
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestHeartbeat(HeartbeatCommon, TransactionCase, CronMixinCase):
    def setUp(self):
        super().setUp()
        self.heartbeat = self.env["fusion.heartbeat"]
        self.cron = self.env.ref(heartbeat.CRON)
        self.alarms = []
        self.patch(alarm, "set_alarm", lambda env, name, wait: self.alarms.append(wait))

    def _beat(self):
        with self.capture_triggers(self.cron.id) as captured:
            self.heartbeat._cron_beat()
        self.env.cr.postcommit.run()
        return captured.records.mapped("call_at")

    def test_two_beats_fit_into_the_silence_that_means_death(self):
        self.assertLessEqual(2 * heartbeat.INTERVAL, heartbeat.SILENCE)
        self.assertLessEqual(heartbeat.INTERVAL, alarm.MAX_DELAY)

    def test_each_beat_plans_the_next_one_and_wakes_the_scheduler_for_it(self):
        now = self.env.cr.now().replace(microsecond=0)
        self.assertEqual(self._beat(), [now + timedelta(seconds=heartbeat.INTERVAL)])
        (wait,) = self.alarms
        self.assertAlmostEqual(wait, heartbeat.INTERVAL, delta=1)

    def test_a_beat_between_does_not_start_a_second_row_of_beats(self):
        self._beat()
        self.assertEqual(self._beat(), [])
        self.assertEqual(len(self.alarms), 2, "The timer of a process that ended is set again.")
        self.assertAlmostEqual(*self.alarms, delta=1)

    def test_a_schedule_that_ran_a_moment_ago_is_a_sign_of_life(self):
        for seconds, problem in ((0, None), (55, None), (65, "schedules"), (86400, "schedules")):
            self._last_run(seconds)
            self.assertEqual(self.heartbeat._problem(), problem, seconds)

    def test_a_database_where_no_schedule_ever_ran_is_reported(self):
        self.env["ir.cron.progress"].search([]).unlink()
        self.assertEqual(self.heartbeat._problem(), "schedules")

    def test_a_schedule_that_takes_its_time_is_a_sign_of_life_until_it_is_stuck(self):
        self._last_run(300)
        with self.env.registry.cursor() as scheduler:
            # What Odoo does before it runs a schedule.
            scheduler.execute(
                "SELECT FROM ir_cron WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", [self.cron.id]
            )
            self.assertIsNone(self.heartbeat._problem())
            with patch.object(heartbeat, "LONGEST_RUN", 0):
                self.assertEqual(self.heartbeat._problem(), "schedules")
        self.assertEqual(self.heartbeat._problem(), "schedules", "It has ended meanwhile.")

    def test_a_neutralized_copy_runs_no_schedules_and_is_well(self):
        self._last_run(300)
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "true")
        self.assertIsNone(self.heartbeat._problem())

    def test_a_scheduler_that_was_just_started_is_asked_to_beat(self):
        with self.capture_triggers(self.cron.id) as captured:
            self.heartbeat._wake()
        self.assertLessEqual(captured.records.call_at, fields.Datetime.now())


@tagged("post_install", "-at_install")
class TestHealthz(HeartbeatCommon, HttpCase):
    def _get(self):
        answer = self.url_open(ROUTE)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn("session_id", answer.headers.get("Set-Cookie", ""))
        return answer.status_code, answer.json()

    def test_whoever_asks_is_told_that_it_works(self):
        self._last_run(10)
        self.assertEqual(self._get(), (200, {"status": "ok"}))

    def test_whoever_asks_is_told_in_one_word_what_does_not(self):
        self._last_run(70)
        self.assertEqual(self._get(), (503, {"status": "error", "reason": "schedules"}))
