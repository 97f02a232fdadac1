import json

from odoo.tests import HttpCase, tagged

from ...lib.delivery import Verdict
from ...tools.queue_runner import Outcome
from .delivery_common import DeliveryCommon

ROUTE = "/fusion/delivery/ack"


@tagged("post_install", "-at_install")
class TestDeliveryAcknowledgement(DeliveryCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.endpoint.write({"profile": "proxy", "ack_policy": "explicit", "ack_timeout": 10})
        self.endpoint.write({"retry_delays": "2, 4, 8, 16", "retry_horizon_hours": 0})

    def _acknowledge(self, delivery, **values):
        body = {"_delivery_id": delivery.delivery_uuid, "token": self.endpoint.ack_token, **values}
        return self._post(json.dumps(body))

    def _post(self, body, headers=None):
        self.env.flush_all()
        answer = self.url_open(
            ROUTE, data=body, headers={"Content-Type": "application/json", **(headers or {})}
        )
        self.env.invalidate_all()
        return answer

    # === WHEN === #

    def test_an_answer_alone_is_not_enough(self):
        delivery = self._enqueue()
        self._work()
        self.assertEqual(delivery.state, "delivered")
        wait = (delivery.next_attempt_at - delivery.delivered_at).total_seconds()
        self.assertGreaterEqual(wait, 11)
        self.assertLessEqual(wait, 13)
        self._work(delivery)
        self.assertEqual([body["_delivery_attempt"] for body in self.receiver.bodies()], [1, 2])

    def test_an_acknowledgement_after_the_answer_ends_it(self):
        delivery = self._enqueue()
        self._work()
        answer = self._acknowledge(delivery)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(), {"status": "acknowledged", "delivery_id": delivery.delivery_uuid}
        )
        self.assertEqual(delivery.state, "acknowledged")
        self.assertTrue(delivery.acknowledged_at)
        self.assertFalse(delivery.next_attempt_at)
        self._work()
        self.assertEqual(len(self.receiver.requests), 1)

    def test_an_acknowledgement_before_the_first_attempt_ends_it(self):
        delivery = self._enqueue()
        self.assertEqual(self._acknowledge(delivery).status_code, 200)
        self._work()
        self.assertEqual(self.receiver.requests, [])
        self.assertEqual(delivery.state, "acknowledged")

    def test_an_acknowledgement_during_the_attempt_ends_it(self):
        delivery = self._enqueue()
        self.env.flush_all()
        [claim] = self.outbox._queue_claim(5, {})
        self.assertEqual(self._acknowledge(delivery).status_code, 200)
        for verdict in (
            Verdict(accepted=True, is_alive=True, http_status=200),
            Verdict(accepted=False, is_alive=False, error="read_timeout"),
        ):
            with self.subTest(verdict=verdict):
                self.outbox._queue_finish(claim, Outcome(value=verdict))
                self.env.invalidate_all()
                self.assertEqual(delivery.state, "acknowledged")
                self.assertFalse(delivery.next_attempt_at)
        self.outbox._queue_extend([claim])
        self.env.invalidate_all()
        self.assertFalse(delivery.next_attempt_at, "a heartbeat must not plan it again")

    def test_a_late_acknowledgement_of_the_first_attempt_ends_the_third(self):
        delivery = self._enqueue()
        for _attempt in range(3):
            self._work(delivery)
        self.assertEqual(delivery.attempt_count, 3)
        first = self.receiver.bodies()[0]
        self.assertEqual(first["_delivery_attempt"], 1)
        self._acknowledge(delivery, _delivery_id=first["_delivery_id"])
        self.assertEqual(delivery.state, "acknowledged")
        self._work()
        self.assertEqual(len(self.receiver.requests), 3)

    def test_twice_is_once(self):
        delivery = self._enqueue()
        self._work()
        self._acknowledge(delivery)
        first = delivery.acknowledged_at
        self.assertEqual(self._acknowledge(delivery).status_code, 200)
        self.assertEqual(delivery.acknowledged_at, first)

    def test_without_one_it_becomes_a_dead_letter_after_the_last_attempt(self):
        delivery = self._enqueue()
        for _attempt in range(5):
            self._work(delivery)
        self.assertEqual((delivery.state, delivery.is_last), ("delivered", True))
        self._work(delivery)
        self.assertEqual(delivery.state, "dead")
        self.assertEqual(delivery.last_error, "not_acknowledged")
        self.assertEqual(len(delivery.activity_ids), 1)
        self.assertEqual(len(self.receiver.requests), 5)
        self.assertEqual(len(delivery.attempt_ids), 5)

    def test_a_dead_letter_can_still_be_acknowledged(self):
        delivery = self._enqueue()
        for _attempt in range(6):
            self._work(delivery)
        self.assertEqual(delivery.state, "dead")
        self._acknowledge(delivery)
        self.assertEqual(delivery.state, "acknowledged")
        self.assertFalse(delivery.activity_ids)

    def test_a_receiver_that_failed_may_have_it_all_the_same(self):
        delivery = self._enqueue()
        self.receiver.will_answer(500)
        self._work()
        wait = (delivery.next_attempt_at - delivery.attempt_ids.started_at).total_seconds()
        self.assertGreaterEqual(wait, 11)
        self._acknowledge(delivery)
        self.assertEqual(delivery.state, "acknowledged")

    def test_where_the_answer_is_enough_it_is_welcome_as_well(self):
        self.endpoint.ack_policy = "status"
        delivery = self._enqueue()
        self._work()
        self.assertEqual(delivery.state, "delivered")
        self._acknowledge(delivery)
        self.assertEqual(delivery.state, "acknowledged")

    # === WHO === #

    def test_the_token_may_come_in_a_header(self):
        for header in (
            {"Authorization": f"Bearer {self.endpoint.ack_token}"},
            {"X-Fusion-Ack-Token": self.endpoint.ack_token},
            {"X-Proxy-Auth-Token": self.endpoint.ack_token},
        ):
            with self.subTest(header=header):
                delivery = self._enqueue()
                answer = self._post(json.dumps({"delivery_id": delivery.delivery_uuid}), header)
                self.assertEqual(answer.status_code, 200)
                self.assertEqual(delivery.state, "acknowledged")

    def test_without_a_token_of_ours_nothing_happens(self):
        delivery = self._enqueue()
        body = {"_delivery_id": delivery.delivery_uuid}
        bad = (None, "", "guess", self.endpoint.ack_token + "x", 5, ["x"], "\ud800", "\x00")
        for token in bad:
            with self.subTest(token=token):
                answer = self._post(json.dumps({**body, "token": token}))
                self.assertEqual(answer.status_code, 401)
                self.assertEqual(answer.json(), {"status": "refused"})
                self.assertEqual(delivery.state, "pending")
                self.assertFalse(delivery.acknowledged_at)

    def test_the_token_of_another_endpoint_opens_nothing(self):
        delivery = self._enqueue()
        other = self._new_endpoint(name="Other")
        answer = self._acknowledge(delivery, token=other.ack_token)
        self.assertEqual((answer.status_code, answer.json()), (404, {"status": "unknown"}))
        self.assertEqual(delivery.state, "pending")

    def test_an_id_that_is_none_is_refused(self):
        delivery = self._enqueue()
        for delivery_id in ("", 5, None, "\ud800", "\x00"):
            with self.subTest(delivery_id=delivery_id):
                answer = self._acknowledge(delivery, _delivery_id=delivery_id)
                self.assertEqual(answer.status_code, 400)

    def test_an_unknown_id_is_said_to_be_unknown(self):
        delivery = self._enqueue()
        answer = self._acknowledge(delivery, _delivery_id="00000000-0000-4000-8000-000000000000")
        self.assertEqual((answer.status_code, answer.json()), (404, {"status": "unknown"}))
        self.assertEqual(delivery.state, "pending")

    def test_while_tokens_change_either_is_accepted(self):
        old = self.endpoint.ack_token
        self.endpoint.action_rotate_ack_token()
        for token in (old, self.endpoint.ack_token):
            with self.subTest(token=token):
                delivery = self._enqueue()
                self.assertEqual(self._acknowledge(delivery, token=token).status_code, 200)
        self.endpoint.previous_ack_token_until = "2020-01-01"
        delivery = self._enqueue()
        self.assertEqual(self._acknowledge(delivery, token=old).status_code, 401)
        self.assertEqual(delivery.state, "pending")

    def test_what_cannot_be_read_is_refused(self):
        header = {"X-Fusion-Ack-Token": self.endpoint.ack_token}
        for body in (
            " ", "{", "[]", "null", '{"delivery_id": 5}', '{"delivery_id": ""}',
            '{"delivery_id": "\\ud800"}', '{"delivery_id": "\\u0000"}',
        ):
            with self.subTest(body=body):
                self.assertEqual(self._post(body, header).status_code, 400)

    def test_a_body_that_is_too_large_is_not_read(self):
        delivery = self._enqueue()
        answer = self._acknowledge(delivery, padding="x" * 5000)
        self.assertEqual(answer.status_code, 413)
        self.assertEqual(delivery.state, "pending")

    def test_no_session_is_made(self):
        self.assertNotIn("session_id", self._acknowledge(self._enqueue()).cookies)
