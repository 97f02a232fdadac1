from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .delivery_common import DeliveryCommon

WORKER = "odoo.addons.fusion_payment_common.models.outbox.worker"


@tagged("post_install", "-at_install")
class TestDeliveryFailure(DeliveryCommon):
    """What happens when an attempt fails, or whoever makes it is gone."""

    def test_a_failure_is_tried_again_under_the_same_id(self):
        delivery = self._enqueue()
        self.receiver.will_answer((503, {}, b"busy"), 200)
        self._work()
        self.assertEqual((delivery.state, delivery.last_error), ("pending", "HTTP 503"))
        self.assertIn("HTTP 503", delivery.problem)
        self.assertGreater(delivery.next_attempt_at, fields.Datetime.now())
        self._work()
        self.assertEqual(len(self.receiver.requests), 1, "it must wait for its time")
        self._work(delivery)
        self.assertEqual(delivery.state, "delivered")
        self.assertFalse(delivery.last_error)
        self.assertEqual(self._attempts(delivery), [(1, "failed", 503), (2, "accepted", 200)])
        self.assertEqual(
            [(body["_delivery_id"], body["_delivery_attempt"]) for body in self.receiver.bodies()],
            [(delivery.delivery_uuid, 1), (delivery.delivery_uuid, 2)],
        )
        self.assertEqual(delivery.attempt_ids.sorted("number")[0].response_excerpt, "busy")

    def test_a_lost_answer_is_a_failure(self):
        delivery = self._enqueue()
        self.receiver.will_answer(0)
        self._work()
        self.assertEqual(delivery.state, "pending")
        self.assertEqual(delivery.last_error, "connection_lost")
        self.assertIn("closed the connection", delivery.problem)
        self.assertEqual(self._attempts(delivery), [(1, "failed", None)])

    def test_a_redirect_is_a_failure_and_not_followed(self):
        delivery = self._enqueue()
        self.receiver.will_answer((302, {"Location": self.receiver.url}, b""))
        self._work()
        self.assertEqual(delivery.last_error, "HTTP 302")
        self.assertEqual(len(self.receiver.requests), 1)

    def test_the_receiver_may_ask_for_time_but_not_for_too_much(self):
        for asked, least, most in (("40", 40, 41), ("86400", 50, 61)):
            with self.subTest(asked=asked):
                delivery = self._enqueue()
                self.receiver.will_answer((503, {"Retry-After": asked}, b""))
                before = fields.Datetime.now()
                self._work()
                delay = (delivery.next_attempt_at - before).total_seconds()
                self.assertGreaterEqual(delay, least)
                self.assertLessEqual(delay, most + 2)
                self.endpoint.write({"circuit_failures": 0})

    def test_it_becomes_a_dead_letter_when_every_attempt_was_made(self):
        self.endpoint.write({"retry_delays": "1, 1", "retry_horizon_hours": 0})
        delivery = self._enqueue()
        self.receiver.will_answer(400, 400, 400)
        for _attempt in range(3):
            self.assertEqual(delivery.state, "pending")
            self._work(delivery)
        self.assertEqual(delivery.state, "dead")
        self.assertEqual(delivery.last_error, "HTTP 400")
        self.assertFalse(delivery.next_attempt_at)
        self.assertEqual(len(delivery.activity_ids), 1)
        self.assertEqual(len(self.receiver.requests), 3)
        self._work()
        self.assertEqual(len(self.receiver.requests), 3)

    def test_an_outage_makes_one_activity_and_not_one_per_delivery(self):
        self.endpoint.write({"retry_delays": "1", "retry_horizon_hours": 0})
        deliveries = self.outbox.browse([self._enqueue(number).id for number in range(4)])
        self.receiver.will_answer(*[400] * 8)
        self._work(*deliveries)
        self._work(*deliveries)
        self.assertEqual(set(deliveries.mapped("state")), {"dead"})
        self.assertEqual(len(deliveries.activity_ids), 1)

    def test_a_handler_that_cannot_give_the_body_is_a_failure(self):
        delivery = self._enqueue()
        with (
            patch.object(type(self.outbox), "_request", lambda *args: 1 / 0),
            self.assertLogs(WORKER, "ERROR"),
        ):
            self.env.flush_all()
            self.outbox._queue_work()
        self.env.invalidate_all()
        self.assertEqual(delivery.last_error, "ZeroDivisionError")
        self.assertEqual(self.endpoint.circuit_failures, 0)
        self.assertEqual(self.receiver.requests, [])

    # === LEASES === #

    def test_a_process_that_died_is_taken_over_and_its_attempt_explained(self):
        delivery = self._enqueue()
        self.env.flush_all()
        [claim] = self.outbox._queue_claim(5, {})
        self.env.invalidate_all()
        self.assertEqual((claim.record_id, claim.data["attempt"]), (delivery.id, 1))
        self.assertEqual(delivery.lease_owner, claim.owner)
        self.assertEqual(self._attempts(delivery), [(1, "sending", None)])
        self.assertEqual(self.outbox._queue_claim(5, {}), [], "a leased row is nobody else's")
        self._work(delivery)
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual(self._attempts(delivery), [(1, "lost", None), (2, "accepted", 200)])

    def test_a_lease_is_renewed_only_by_its_owner(self):
        delivery = self._enqueue()
        self.env.flush_all()
        [claim] = self.outbox._queue_claim(5, {})
        delivery.lease_until = delivery.next_attempt_at = "2020-01-01"
        self.env.flush_all()
        self.outbox._queue_extend([claim])
        self.env.invalidate_all()
        self.assertGreater(delivery.lease_until, fields.Datetime.now())
        self.assertEqual(delivery.next_attempt_at, delivery.lease_until)
        delivery.lease_owner = "somebody else"
        delivery.lease_until = "2020-01-01"
        self.env.flush_all()
        self.outbox._queue_extend([claim])
        self.env.invalidate_all()
        self.assertEqual(delivery.lease_until, fields.Datetime.to_datetime("2020-01-01"))

    def test_a_late_failure_of_a_lost_lease_changes_no_plan(self):
        delivery = self._enqueue()
        self.env.flush_all()
        [late] = self.outbox._queue_claim(5, {})
        self._work(delivery)
        self.assertEqual(delivery.state, "delivered")
        verdict = self._verdict(accepted=False, error="read_timeout")
        self.outbox._queue_finish(late, verdict)
        self.env.invalidate_all()
        self.assertEqual(delivery.state, "delivered")
        self.assertFalse(delivery.next_attempt_at)
        self.assertEqual(self._attempts(delivery), [(1, "failed", None), (2, "accepted", 200)])

    def test_a_late_success_of_a_lost_lease_counts(self):
        self.receiver.will_answer(500)
        delivery = self._enqueue()
        self.env.flush_all()
        [late] = self.outbox._queue_claim(5, {})
        self._work(delivery)
        self.assertEqual(delivery.state, "pending")
        self.outbox._queue_finish(late, self._verdict(accepted=True, http_status=200))
        self.env.invalidate_all()
        self.assertEqual(delivery.state, "delivered")
        self.assertFalse(delivery.next_attempt_at)

    def _verdict(self, **values):
        from ...lib.delivery import Verdict
        from ...tools.queue_runner import Outcome

        return Outcome(value=Verdict(**{"is_alive": True, **values}))
