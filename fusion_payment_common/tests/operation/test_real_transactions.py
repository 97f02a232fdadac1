"""What a test on one shared transaction cannot see: snapshots, locks and commits as they are.

These tests commit, and remove what they committed.
"""

import threading
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ...lib.vault import generate_key
from ...lib.wake_plan import WakePlan
from ...models.queue import queue_wake as fusion_queue_wake
from ...tools import alarm
from ...tools.cursors import in_own_transaction, own_environment
from ..inbox.inbox_common import CANARY, SOURCE, InboxCommon

TABLES = ("fusion_event", "fusion_secret_reveal", "fusion_secret_access", "fusion_secret")


@tagged("post_install", "-at_install")
class TestRealTransactions(InboxCommon, TransactionCase):
    def setUp(self):
        super().setUp()
        self._set_up_inbox()
        self.addCleanup(self._clean)

    def _clean(self):
        def clean(env):
            for table in TABLES:
                env.cr.execute(f"DELETE FROM {table}")
            env.cr.execute("DELETE FROM ir_cron_trigger")
            env.cr.execute("DELETE FROM res_partner WHERE name = 'Effect of an event'")

        in_own_transaction(self.env, clean)

    def _events(self):
        with own_environment(self.env) as env:
            return env["fusion.event"].search_read([], ["state", "arrival_count", "event_key"])

    def _at_the_same_moment(self, function, times=4):
        """Run ``function()`` in threads that start together; return the results."""
        barrier = threading.Barrier(times)
        results = []

        def run():
            barrier.wait()
            results.append(function())

        threads = [threading.Thread(target=run) for _time in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def _work(self):
        with own_environment(self.env) as env:
            return env["fusion.event"]._queue_work(threads=2)

    def test_workers_that_claim_at_the_same_moment_get_different_rows_and_no_conflict(self):
        self._store(*(f"evt_{number}" for number in range(120)))

        def claim_all():
            claimed = []
            with own_environment(self.env) as env:
                while claims := env["fusion.event"]._queue_claim(3, {}):
                    claimed += [claim.record_id for claim in claims]
            return claimed

        with self.assertNoLogs("odoo.sql_db", "ERROR"):
            claimed = sum(self._at_the_same_moment(claim_all), [])
        self.assertEqual(len(claimed), 120)
        self.assertEqual(len(set(claimed)), 120)

    def test_nothing_is_stored_of_a_body_whose_transaction_fails(self):
        with self.assertRaises(ZeroDivisionError), own_environment(self.env) as env:
            env["fusion.event"]._ingest(SOURCE, "evt_1", payload=b"{}")
            raise ZeroDivisionError  # it is not acknowledged, so the sender keeps it
        self.assertEqual(self._events(), [])

    def test_a_flood_of_events_wakes_the_worker_once_a_second(self):
        plan = WakePlan()
        self.enterContext(patch.object(fusion_queue_wake, "_wakes", plan))
        self.enterContext(patch.object(alarm, "set_alarm"))
        cron = self.env.ref("fusion_payment_common.ir_cron_process_events")
        clock = self.enterContext(patch.object(fusion_queue_wake, "time")).monotonic
        for clock.return_value, total, why in (
            (100.0, 1, "the first is not kept waiting"),
            (100.1, 2, "the worker may have been there before: once more"),
            (100.2, 2, "by the wake-up that is still to come"),
            (200.0, 3, "the next flood"),
        ):
            with self.subTest(why):
                self._store(f"evt_{clock.return_value}")
                self.assertEqual(self._triggers(cron), total)

    def test_an_event_that_is_stored_too_late_for_the_wake_up_it_counted_on_has_its_own(self):
        plan = WakePlan()
        self.enterContext(patch.object(fusion_queue_wake, "_wakes", plan))
        cron = self.env.ref("fusion_payment_common.ir_cron_process_events")
        clock = self.enterContext(patch.object(fusion_queue_wake, "time")).monotonic
        plan.note((self.env.cr.dbname, "fusion.event"), 101.0)
        clock.return_value = 100.0
        with own_environment(self.env) as env:
            env["fusion.event"]._ingest(SOURCE, "evt_1", payload=b"{}")
            clock.return_value = 101.5
        self.assertEqual(self._triggers(cron), 1)

    def test_a_wake_up_to_come_that_is_undone_with_a_savepoint_is_planned_again(self):
        plan = WakePlan()
        self.enterContext(patch.object(fusion_queue_wake, "_wakes", plan))
        self.enterContext(patch.object(alarm, "set_alarm"))
        cron = self.env.ref("fusion_payment_common.ir_cron_process_events")
        clock = self.enterContext(patch.object(fusion_queue_wake, "time")).monotonic
        plan.note((self.env.cr.dbname, "fusion.event"), 100.0)
        clock.return_value = 100.1
        with own_environment(self.env) as env:
            with self.assertRaises(ZeroDivisionError), env.cr.savepoint():
                env["fusion.event"]._ingest(SOURCE, "evt_1", payload=b"{}")
                raise ZeroDivisionError
        clock.return_value = 100.2
        self._store("evt_2")
        self.assertEqual(self._triggers(cron), 1)

    def test_many_wake_ups_in_one_transaction_cost_no_more_than_two(self):
        cron = self.env.ref("fusion_payment_common.ir_cron_process_events")
        with own_environment(self.env) as env:
            for _time in range(5):
                env["fusion.event"]._queue_wake()
        self.assertEqual(self._triggers(cron), 2)

    def test_a_wake_up_that_is_undone_with_a_savepoint_is_not_counted_on(self):
        cron = self.env.ref("fusion_payment_common.ir_cron_process_events")
        with own_environment(self.env) as env:
            with self.assertRaises(ZeroDivisionError), env.cr.savepoint():
                env["fusion.event"]._queue_wake()
                raise ZeroDivisionError
            env["fusion.event"]._queue_wake()
        self.assertEqual(self._triggers(cron), 1)

    def _store(self, *keys):
        with own_environment(self.env) as env:
            env["fusion.event"]._ingest_many(SOURCE, [{"event_key": key} for key in keys])

    def _triggers(self, cron):
        with own_environment(self.env) as env:
            return env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    @mute_logger("odoo.sql_db")
    def test_copies_that_arrive_at_the_same_moment_take_effect_once(self):
        def effect(event, fetched):
            event.env["res.partner"].create({"name": "Effect of an event"})

        self.verdict = effect
        self._at_the_same_moment(lambda: self._store("evt_1"))
        self._at_the_same_moment(self._work, times=2)
        self._work()
        states = sorted(event["state"] for event in self._events())
        self.assertEqual(states.count("processed"), 1)
        self.assertEqual(states.count("ignored"), len(states) - 1)
        with own_environment(self.env) as env:
            count = env["res.partner"].search_count([("name", "=", "Effect of an event")])
        self.assertEqual(count, 1)

    @mute_logger("odoo.sql_db")
    def test_two_workers_share_the_inbox_and_do_nothing_twice(self):
        keys = [f"evt_{number}" for number in range(40)]
        self._store(*keys)
        self._at_the_same_moment(self._work, times=2)
        self.assertEqual(sorted(self.handled), sorted(keys))
        self.assertEqual({event["state"] for event in self._events()}, {"processed"})

    def test_a_reveal_is_recorded_although_the_request_is_rolled_back(self):
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: [self.key])
        self.key = generate_key()
        viewer = self.env.ref("base.user_admin")
        secret_id = in_own_transaction(
            self.env, lambda env: env["fusion.secret"]._store("test", CANARY, label="Test").id
        )
        with (
            patch.object(type(viewer), "has_group", lambda user, group: True),
            own_environment(self.env, su=False) as env,
        ):
            secret = env(user=viewer.id)["fusion.secret"].browse(secret_id)
            self.assertTrue(secret.label)  # the snapshot is taken now
            access_id = secret._record_access("because of a test")
            env.cr.rollback()
        with own_environment(self.env) as env:
            access = env["fusion.secret.access"].browse(access_id)
            self.assertEqual((access.reason, access.user_id), ("because of a test", viewer))

    def test_the_dialog_notes_a_reveal_that_its_snapshot_does_not_see(self):
        self.key = generate_key()
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: [self.key])
        self.patch(
            type(self.env["fusion.secret"]), "_identity_is_fresh", lambda model: True
        )
        self.patch(type(self.env["fusion.secret"]), "_check_may_reveal", lambda model: None)
        secret_id = in_own_transaction(
            self.env, lambda env: env["fusion.secret"]._store("test", CANARY, label="Test").id
        )
        with own_environment(self.env) as env:
            wizard = env["fusion.secret.reveal"].create({"secret_id": secret_id})
            wizard.access_number = wizard.secret_id._record_access("because of a test")
            env.flush_all()
        with own_environment(self.env) as env:
            shown = env["fusion.secret.reveal"].browse(wizard.id).value
        self.assertEqual(shown, CANARY)
