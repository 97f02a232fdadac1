import json
from datetime import timedelta
from unittest.mock import patch

from standardwebhooks.webhooks import Webhook

from odoo import fields
from odoo.exceptions import ConcurrencyError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from ...lib.wake_plan import WakePlan
from ...models.queue import queue_wake as fusion_queue_wake
from .delivery_common import DeliveryCommon

WORKER = "odoo.addons.fusion_payment_common.models.outbox.worker"


@tagged("post_install", "-at_install")
class TestDelivery(DeliveryCommon, CronMixinCase):
    # === ENQUEUE === #

    def test_nothing_is_sent_before_a_worker_comes(self):
        delivery = self._enqueue()
        self.assertEqual(delivery.state, "pending")
        self.assertTrue(delivery.next_attempt_at)
        self.assertEqual(self.receiver.requests, [])

    def test_a_worker_is_woken_in_the_enqueuing_transaction(self):
        cron = self.env.ref("fusion_payment_common.ir_cron_deliver_1")
        self.enterContext(patch.object(fusion_queue_wake, "_wakes", WakePlan()))
        with self.capture_triggers(cron.id) as captured:
            self._enqueue()
        self.assertEqual(len(captured.records), 1)

    def test_what_is_rolled_back_is_never_sent(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._enqueue()
            raise ZeroDivisionError
        self._work()
        self.assertEqual(self.receiver.requests, [])
        self.assertFalse(self.outbox.search([("endpoint_id", "=", self.endpoint.id)]))

    def test_the_same_key_is_the_same_delivery(self):
        first = self._enqueue(dedup_key="card-1")
        self.assertEqual(self._enqueue(dedup_key="card-1"), first)
        self.assertNotEqual(self._enqueue(dedup_key="card-2"), first)
        other = self._new_endpoint(name="Other")
        self.assertNotEqual(self._enqueue(endpoint=other, dedup_key="card-1"), first)
        self._work()
        self.assertEqual(len(self.receiver.requests), 3)

    def test_many_are_enqueued_at_once_and_each_key_counts_once(self):
        other = self._new_endpoint(name="Other")
        known = self._enqueue(dedup_key="k1")
        cron = self.env.ref("fusion_payment_common.ir_cron_deliver_1")
        messages = [
            (self.endpoint, {"n": 1}, "k1"),
            (self.endpoint, {"n": 2}, "k2"),
            (self.endpoint, {"n": 2}, "k2"),
            (other, {"n": 1}, "k1"),
        ]
        self.env.cr.postcommit.clear()  # as a commit does
        with self.capture_triggers(cron.id) as captured:
            new = self.outbox._enqueue_many("card.issued", messages)
        self.assertNotIn(known, new)
        self.assertEqual(
            [(delivery.endpoint_id, delivery.body) for delivery in new.sorted("id")],
            [(self.endpoint, {"n": 2}), (other, {"n": 1})],
        )
        self.assertEqual(len(captured.records), 1)
        self.assertFalse(self.outbox._enqueue_many("card.issued", messages))
        self._work()
        self.assertEqual(len(self.receiver.requests), 3)

    def test_the_same_key_in_two_transactions_makes_the_second_run_again(self):
        self._enqueue(dedup_key="card-1")
        with (
            patch.object(type(self.outbox), "search", lambda self, *args, **kwargs: self.browse()),
            mute_logger("odoo.sql_db"),
            self.assertRaises(ConcurrencyError),
        ):
            self._enqueue(dedup_key="card-1")

    def test_a_body_that_is_not_json_is_refused(self):
        with self.assertRaises(ValueError):
            self.outbox._enqueue(self.endpoint, "x", {"amount": float("nan")})
        with self.assertRaises(TypeError):
            self.outbox._enqueue(self.endpoint, "x", {"at": object()})

    # === SUCCESS === #

    def test_a_delivery_arrives_once_with_its_id_and_attempt(self):
        delivery = self._enqueue()
        self._work()
        self._work()
        self.assertEqual(
            self.receiver.bodies(),
            [
                {
                    "payment_id": "PAY-1",
                    "_delivery_id": delivery.delivery_uuid,
                    "_delivery_attempt": 1,
                }
            ],
        )
        self.assertEqual(delivery.state, "delivered")
        self.assertTrue(delivery.delivered_at)
        self.assertFalse(delivery.next_attempt_at)
        self.assertFalse(delivery.lease_owner)
        self.assertEqual(self._attempts(delivery), [(1, "accepted", 200)])

    def test_the_signature_is_accepted_by_an_independent_library(self):
        self._enqueue()
        self._work()
        headers, body = self.receiver.requests[0]
        self.assertTrue(Webhook(self.endpoint.signing_secret).verify(body, headers))

    def test_while_secrets_change_either_verifies(self):
        old = self.endpoint.signing_secret
        self.endpoint.action_rotate_signing_secret()
        self.assertNotEqual(self.endpoint.signing_secret, old)
        self._enqueue()
        self._work()
        headers, body = self.receiver.requests[0]
        for secret in (old, self.endpoint.signing_secret):
            self.assertTrue(Webhook(secret).verify(body, headers))

    def test_a_replaced_secret_is_not_used_for_ever(self):
        old = self.endpoint.signing_secret
        self.endpoint.action_rotate_signing_secret()
        self.endpoint.previous_signing_secret_until = fields.Datetime.now() - timedelta(seconds=1)
        self._enqueue()
        self._work()
        headers, body = self.receiver.requests[0]
        self.assertTrue(Webhook(self.endpoint.signing_secret).verify(body, headers))
        with self.assertRaises(Exception):  # noqa: B017  the library's own class is not exported
            Webhook(old).verify(body, headers)

    def test_the_standard_shape_is_sent_where_asked_for(self):
        self.endpoint.body_format = "standard"
        self._enqueue()
        self._work()
        [body] = self.receiver.bodies()
        self.assertEqual((body["type"], body["data"]), ("card.issued", {"payment_id": "PAY-1"}))

    def test_many_deliveries_arrive_once_each(self):
        deliveries = self.outbox.browse()
        for number in range(40):
            deliveries |= self._enqueue(number)
        self._work()
        self.assertEqual(set(deliveries.mapped("state")), {"delivered"})
        received = [body["_delivery_id"] for body in self.receiver.bodies()]
        self.assertEqual(sorted(received), sorted(deliveries.mapped("delivery_uuid")))

    # === SCHEDULER === #

    def test_the_scheduled_action_delivers_and_reports(self):
        delivery = self._enqueue()
        self.env.flush_all()
        self.env.ref("fusion_payment_common.ir_cron_deliver_1").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(delivery.state, "delivered")

    def test_the_second_worker_is_woken_when_there_is_much_to_do(self):
        for number in range(12):
            self._enqueue(number)
        self.env.flush_all()
        second = self.env.ref("fusion_payment_common.ir_cron_deliver_2")
        with self.capture_triggers(second.id) as captured:
            self.outbox.with_context(fusion_queue_lane=0)._queue_work(threads=8)
        self.assertEqual(len(captured.records), 1)

    def test_a_close_retry_is_planned_with_the_scheduler(self):
        delivery = self._enqueue()
        self.receiver.will_answer(500)
        first = self.env.ref("fusion_payment_common.ir_cron_deliver_1")
        self._work()
        with (
            self.capture_triggers(first.id) as captured,
            patch("odoo.addons.fusion_payment_common.tools.alarm.set_alarm") as alarm,
        ):
            self.outbox._queue_plan_next()
            self.env.cr.postcommit.run()
        [call_at] = captured.records.mapped("call_at")
        late = (call_at - delivery.next_attempt_at).total_seconds()
        self.assertGreaterEqual(late, 0)
        self.assertLess(late, 1)
        self.assertEqual(alarm.call_count, 1)

    # === RETENTION === #

    def test_what_arrived_long_ago_is_deleted_and_dead_letters_stay(self):
        arrived, dead, recent = (self._enqueue(number) for number in range(3))
        self._work()
        dead.state = "dead"
        old = fields.Datetime.now() - timedelta(days=91)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE fusion_delivery SET create_date = %s WHERE id = ANY(%s)",
            [old, [arrived.id, dead.id]],
        )
        self.env.invalidate_all()
        self.outbox._gc_arrived()
        self.assertEqual((arrived + dead + recent).exists(), dead + recent)

    def test_how_long_they_stay_can_be_changed_and_switched_off(self):
        delivery = self._enqueue()
        self._work()
        self.env.cr.execute(
            "UPDATE fusion_delivery SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=8), delivery.id],
        )
        self.env.invalidate_all()
        parameters = self.env["ir.config_parameter"]
        for value in ("0", "30", "many"):
            parameters.set_param("fusion_payment_common.delivery_retention_days", value)
            self.outbox._gc_arrived()
            self.assertTrue(delivery.exists(), value)
        parameters.set_param("fusion_payment_common.delivery_retention_days", "7")
        self.outbox._gc_arrived()
        self.assertFalse(delivery.exists())

    def test_in_the_settings_0_days_are_for_ever(self):
        parameters = self.env["ir.config_parameter"]
        for kind in ("event", "delivery"):
            with self.subTest(kind):
                name = f"fusion_{kind}_retention_days"
                settings = self.env["res.config.settings"]
                self.assertEqual(settings.create({})[name], 90)
                settings.create({name: 0}).execute()
                value = parameters.get_param(f"fusion_payment_common.{kind}_retention_days")
                self.assertEqual((value, settings.create({})[name]), ("0", 0))

    def test_the_endpoint_shows_when_something_arrived_last(self):
        other = self._new_endpoint(name="Other")
        first, second = self._enqueue(1), self._enqueue(2)
        self._enqueue(3, endpoint=other)
        self.env.flush_all()
        self.assertFalse(self.endpoint.last_success_at)
        self._work(first, second)
        first.delivered_at = "2020-01-02"
        second.delivered_at = "2020-01-01"
        self.endpoint.invalidate_recordset()
        self.assertEqual(str(self.endpoint.last_success_at), "2020-01-02 00:00:00")
        self.assertEqual((self.endpoint.pending_count, self.endpoint.dead_count), (0, 0))

    def test_card_data_is_refused_wherever_it_hides(self):
        for body in (
            {"note": "card 4539 5787 6362 1486"},
            {"items": [{"number": 4539578763621486}]},
            {"4539578763621486": 1},
        ):
            with self.subTest(body), self.assertRaises(ValueError):
                self.outbox._enqueue(self.endpoint, "x", body)
            with self.subTest(body, many=True), self.assertRaises(ValueError):
                self.outbox._enqueue_many("x", [(self.endpoint, body, "key")])
        self.assertFalse(self.outbox.search([("endpoint_id", "=", self.endpoint.id)]))

    def test_the_body_is_stored_as_it_was_enqueued(self):
        delivery = self.outbox._enqueue(self.endpoint, "x", {"b": 1, "a": ["é"]})
        self.assertEqual(json.loads(delivery.body_text), {"b": 1, "a": ["é"]})
