import threading
from unittest.mock import patch

from odoo.tests import tagged

from ...lib import errors
from .delivery_common import DeliveryCommon

WORKER = "odoo.addons.fusion_payment_common.models.outbox.worker"


@tagged("post_install", "-at_install")
class TestDeliveryHandler(DeliveryCommon):
    """A partner stands in for a document that is delivered."""

    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "Subject"})
        self.settled = []
        case = self

        def settled(record, delivery):
            case.settled.append((record, delivery.state))

        def body(record, delivery):
            return {**delivery.body, "card_number": "4242424242424242"}

        model = type(self.env["res.partner"])
        for name, function in (
            ("_fusion_delivery_settled", settled),
            ("_fusion_delivery_body", body),
        ):
            self.startPatcher(patch.object(model, name, function, create=True))

    def test_what_must_not_be_stored_is_added_right_before_sending(self):
        delivery = self._enqueue(record=self.partner)
        self._work()
        self.assertEqual(self.receiver.bodies()[0]["card_number"], "4242424242424242")
        self.env.cr.execute(
            "SELECT d::text || a::text FROM fusion_delivery d "
            "JOIN fusion_delivery_attempt a ON a.delivery_id = d.id WHERE d.id = %s",
            [delivery.id],
        )
        self.assertNotIn("4242424242424242", self.env.cr.fetchone()[0])

    def _body_is(self, function):
        """Let ``function(record, delivery)`` say what is sent."""
        self.startPatcher(patch.object(type(self.partner), "_fusion_delivery_body", function))

    def test_what_others_have_to_be_asked_for_is_asked_in_the_thread_that_sends(self):
        asked_in = []

        def ask():
            asked_in.append(threading.current_thread())
            return {"answer": 42}

        self._body_is(lambda record, delivery: ask)
        delivery = self._enqueue(record=self.partner)
        self._work()
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual(self.receiver.bodies()[0]["answer"], 42)
        self.assertNotEqual(asked_in, [threading.current_thread()])

    def test_who_was_asked_in_vain_is_not_the_receiver(self):
        def ask():
            raise errors.UnknownOutcomeError("the provider is silent", code="read_timeout")

        self._body_is(lambda record, delivery: ask)
        delivery = self._enqueue(record=self.partner)
        self._work()
        self.assertEqual(self.receiver.requests, [])
        self.assertEqual((delivery.state, delivery.attempt_count), ("pending", 1))
        self.assertEqual(self._attempts(delivery), [(1, "failed", None)])
        self.assertEqual(delivery.last_error, "before sending: the provider is silent")
        self.assertFalse(self.endpoint.circuit_failures)
        self.assertFalse(self.endpoint.failing_since)

    def test_a_document_that_breaks_the_transaction_breaks_no_other_delivery(self):
        bad = self.env["res.partner"].create({"name": "Bad"})

        def body(record, delivery):
            if record == bad:
                record.env.cr.execute("SELECT 1 / 0")
            return delivery.body

        self._body_is(body)
        deliveries = [
            self._enqueue(number, record=record)
            for number, record in enumerate((self.partner, bad, self.partner))
        ]
        self.env.flush_all()
        with self.assertLogs(WORKER, "ERROR") as logs, self.assertLogs("odoo.sql_db", "ERROR"):
            self.outbox._queue_work()
        self.env.invalidate_all()
        self.assertEqual(
            [delivery.state for delivery in deliveries], ["delivered", "pending", "delivered"]
        )
        self.assertEqual(len(logs.output), 1)

    def test_the_document_is_told_how_it_ended(self):
        delivery = self._enqueue(record=self.partner)
        self._work()
        self.assertEqual(self.settled, [(self.partner, "delivered")])
        delivery._acknowledge()
        self.assertEqual(self.settled[-1], (self.partner, "acknowledged"))
        delivery._acknowledge()
        self.assertEqual(len(self.settled), 2)

    def test_the_document_is_told_of_a_dead_letter(self):
        self.endpoint.write({"retry_delays": "1", "retry_horizon_hours": 0})
        delivery = self._enqueue(record=self.partner)
        self.receiver.will_answer(400, 400)
        self._work(delivery)
        self.assertEqual(self.settled, [])
        self._work(delivery)
        self.assertEqual(self.settled, [(self.partner, "dead")])

    def test_a_document_in_trouble_does_not_undo_what_arrived(self):
        delivery = self._enqueue(record=self.partner)
        broken = patch.object(
            type(self.partner), "_fusion_delivery_settled", lambda *args: 1 / 0, create=True
        )
        with broken, self.assertLogs(WORKER, "ERROR"):
            self.env.flush_all()
            self.outbox._queue_work()
        self.env.invalidate_all()
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual(len(self.receiver.requests), 1)

    def test_a_document_that_was_deleted_is_left_in_peace(self):
        delivery = self._enqueue(record=self.partner)
        self.partner.unlink()
        self._work()
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual(self.settled, [])
