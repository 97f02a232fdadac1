from datetime import timedelta

import psycopg2.errors

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .delivery_common import DeliveryCommon, Receiver

NETWORKS = "fusion_payment_common.delivery_allowed_networks"


@tagged("post_install", "-at_install")
class TestDeliveryEndpoint(DeliveryCommon):
    # === SETTINGS === #

    def test_a_new_endpoint_keeps_trying_for_three_days_and_signs(self):
        endpoint = self._new_endpoint()
        self.assertEqual((endpoint.ack_policy, endpoint.is_signed), ("status", True))
        self.assertEqual(endpoint.retry_horizon_hours, 72)
        self.assertEqual(endpoint.attempt_limit, 17)
        self.assertTrue(endpoint.signing_secret.startswith("whsec_"))
        self.assertGreaterEqual(len(endpoint.ack_token), 40)

    def test_a_migrated_endpoint_behaves_as_the_proxy_did(self):
        endpoint = self._new_endpoint(profile="proxy")
        self.assertEqual((endpoint.ack_policy, endpoint.is_signed), ("explicit", False))
        self.assertEqual((endpoint.ack_timeout, endpoint.post_timeout), (10, 10))
        self.assertEqual((endpoint.retry_delays, endpoint.attempt_limit), ("2, 4, 8, 16", 5))

    def test_two_endpoints_have_different_secrets(self):
        other = self._new_endpoint()
        self.assertNotEqual(other.signing_secret, self.endpoint.signing_secret)
        self.assertNotEqual(other.ack_token, self.endpoint.ack_token)
        copy = self.endpoint.copy({"state": "test"})
        self.assertNotEqual(copy.signing_secret, self.endpoint.signing_secret)

    def test_plain_http_is_for_this_machine_in_test_state(self):
        for values in (
            {"state": "enabled"},
            {"url": "http://example.com/in"},
            {"url": "https://user:word@example.com/in"},
            {"url": "file:///etc/passwd"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.endpoint.write(values)
        self.endpoint.write({"url": "https://example.com/in", "state": "enabled"})

    def test_mistakes_in_the_schedule_are_refused(self):
        for values in ({"retry_delays": "soon"}, {"retry_delays": ""}, {"retry_delays": "5, -1"}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.endpoint.write(values)

    def test_nothing_is_signed_with_an_empty_secret(self):
        for values in ({"signing_secret": False}, {"signing_secret": "whsec_"}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.endpoint.write(values)

    def _forget_the_secrets(self):
        """As the copy of a database does it."""
        self.env.cr.execute(
            "UPDATE fusion_delivery_endpoint SET signing_secret = NULL, ack_token = NULL "
            "WHERE id = %s",
            [self.endpoint.id],
        )
        self.env.invalidate_all()

    def test_without_its_secret_nothing_leaves_unsigned_instead(self):
        delivery = self._enqueue()
        self.env.flush_all()
        self._forget_the_secrets()
        with self.assertLogs("odoo.addons.fusion_payment_common", "ERROR"):
            self.outbox._queue_work()
        self.env.invalidate_all()
        self.assertEqual(self.receiver.requests, [])
        self.assertEqual((delivery.state, delivery.last_error), ("pending", "no_signing_secret"))
        self.assertIn("Generate a new one", delivery.problem)
        self.assertFalse(self.endpoint.circuit_failures, "the receiver has done nothing")

    def test_it_is_enabled_only_with_its_secret(self):
        self.endpoint.action_disable()
        self._forget_the_secrets()
        self.endpoint.url = self.receiver.url + "/new"
        with self.assertRaises(ValidationError):
            self.endpoint.action_enable()
        self.endpoint.action_rotate_signing_secret()
        self.endpoint.action_enable()
        self.assertEqual(self.endpoint.state, "test")

    def test_an_acknowledgement_needs_a_token_worth_the_name(self):
        with self.assertRaises(ValidationError):
            self.endpoint.write({"ack_policy": "explicit", "ack_token": "short"})

    def test_times_cannot_be_negative(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.CheckViolation):
            self.endpoint.ack_timeout = -1
            self.env.flush_all()

    def test_an_endpoint_with_deliveries_is_archived_and_not_deleted(self):
        self._enqueue()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.ForeignKeyViolation):
            self.endpoint.unlink()
            self.env.flush_all()

    # === ADDRESSES === #

    def test_an_internal_address_is_not_called(self):
        self.endpoint.write({"state": "enabled", "url": "https://127.0.0.1:1/in"})
        delivery = self._enqueue()
        self._work()
        self.assertEqual(delivery.last_error, "forbidden_address")
        self.assertEqual(self.endpoint.circuit_failures, 0)

    def test_an_internal_network_can_be_allowed_by_the_administrator(self):
        self.env["ir.config_parameter"].set_param(NETWORKS, "127.0.0.0/8")
        self.endpoint.write({"state": "enabled", "url": "https://127.0.0.1:1/in"})
        delivery = self._enqueue()
        self._work()
        self.assertEqual(delivery.last_error, "connection_failed")

    # === CIRCUIT AND FAIRNESS === #

    def test_five_failures_in_a_row_open_the_circuit(self):
        self.receiver.will_answer(*[503] * 5)
        deliveries = [self._enqueue(number) for number in range(5)]
        self._work()
        self.assertEqual(self.endpoint.circuit_failures, 5)
        self.assertGreater(self.endpoint.circuit_open_until, fields.Datetime.now())
        late = self._enqueue(6)
        self._work(*deliveries)
        self.assertEqual(len(self.receiver.requests), 5)
        self.assertEqual((late.attempt_count, late.state), (0, "pending"))

    def test_one_attempt_tells_whether_it_is_back(self):
        self.endpoint.write({"circuit_failures": 5, "circuit_open_until": "2020-01-01"})
        for number in range(6):
            self._enqueue(number)
        self.env.flush_all()
        claims = self.outbox._queue_claim(32, {})
        self.assertEqual(len(claims), 1)
        self.assertEqual(self.outbox._queue_claim(32, {}), [])
        self.env.invalidate_all()
        self.assertGreater(self.endpoint.circuit_open_until, fields.Datetime.now())

    def test_a_failed_probe_leaves_it_alone_for_longer(self):
        self.endpoint.write({"circuit_failures": 5, "circuit_open_until": "2020-01-01"})
        self.receiver.will_answer(503)
        self._enqueue()
        before = fields.Datetime.now()
        self._work()
        self.assertEqual(self.endpoint.circuit_failures, 6)
        pause = (self.endpoint.circuit_open_until - before).total_seconds()
        self.assertAlmostEqual(pause, 60, delta=2)

    def test_a_probe_that_succeeds_closes_the_circuit(self):
        self.endpoint.write(
            {
                "circuit_failures": 7,
                "circuit_open_until": "2020-01-01",
                "failing_since": fields.Datetime.now(),
            }
        )
        deliveries = [self._enqueue(number) for number in range(6)]
        self._work()
        self.assertEqual(self.endpoint.circuit_failures, 0)
        self.assertFalse(self.endpoint.circuit_open_until)
        self.assertFalse(self.endpoint.failing_since)
        self.assertEqual({delivery.state for delivery in deliveries}, {"delivered"})

    def test_a_dead_endpoint_does_not_keep_others_waiting(self):
        healthy = Receiver()
        self.addCleanup(healthy.close)
        other = self._new_endpoint(name="Healthy", url=healthy.url)
        self.receiver.will_answer(*[0] * 50)
        for number in range(50):
            self._enqueue(number)
        fine = [self._enqueue(number, endpoint=other) for number in range(10)]
        self._work()
        self.assertEqual({delivery.state for delivery in fine}, {"delivered"})
        self.assertLessEqual(
            len(self.receiver.requests), 5 + self.endpoint.max_parallel, "the circuit must open"
        )

    def test_every_endpoint_gets_its_share_of_a_claim(self):
        others = [self._new_endpoint(name=f"E{number}") for number in range(3)]
        for number in range(50):
            self._enqueue(number)
        for number, endpoint in enumerate(others):
            self._enqueue(number, endpoint=endpoint)
        self.env.flush_all()
        groups = [claim.group for claim in self.outbox._queue_claim(8, {})]
        self.assertEqual(set(groups), {self.endpoint.id, *(other.id for other in others)})

    def test_no_more_calls_than_the_endpoint_takes_at_once(self):
        self.endpoint.max_parallel = 3
        for number in range(10):
            self._enqueue(number)
        self.env.flush_all()
        self.assertEqual(len(self.outbox._queue_claim(32, {self.endpoint.id: 1})), 2)
        self.assertEqual(len(self.outbox._queue_claim(32, {self.endpoint.id: 3})), 0)

    def test_what_has_been_waiting_longest_goes_first(self):
        first, second, third = (self._enqueue(number) for number in range(3))
        first.next_attempt_at = "2020-01-03"
        second.next_attempt_at = "2020-01-01"
        third.next_attempt_at = "2020-01-02"
        self.env.flush_all()
        claimed = [self.outbox._queue_claim(1, {})[0].record_id for _time in range(3)]
        self.assertEqual(claimed, [second.id, third.id, first.id])

    def test_who_has_the_fewest_calls_under_way_goes_first(self):
        slow, other = self.endpoint, self._new_endpoint(name="Other")
        first, second = self._enqueue(1, endpoint=slow), self._enqueue(2, endpoint=other)
        first.next_attempt_at = "2020-01-01"
        second.next_attempt_at = "2020-01-02"
        self.env.flush_all()
        self.assertEqual(
            [claim.record_id for claim in self.outbox._queue_claim(1, {slow.id: 7})], [second.id]
        )

    def test_endpoints_with_an_order_do_not_keep_the_others_from_a_thread(self):
        in_order = self._new_endpoint(name="In Order", is_ordered=True)
        first, second = self._enqueue(1), self._enqueue(2, endpoint=in_order)
        first.next_attempt_at = "2020-01-01"
        second.next_attempt_at = "2020-01-02"
        self.env.flush_all()
        claimed = [self.outbox._queue_claim(1, {})[0].record_id for _time in range(2)]
        self.assertEqual(claimed, [first.id, second.id])

    # === ORDER === #

    def test_in_order_the_next_waits_until_this_one_arrived(self):
        self.endpoint.is_ordered = True
        deliveries = [self._enqueue(number) for number in range(3)]
        self.receiver.will_answer(400)
        self._work()
        self.assertEqual([body["payment_id"] for body in self.receiver.bodies()], ["PAY-0"])
        self._work(deliveries[0])
        self.assertEqual(
            [body["payment_id"] for body in self.receiver.bodies()],
            ["PAY-0", "PAY-0", "PAY-1", "PAY-2"],
        )
        self.assertEqual({delivery.state for delivery in deliveries}, {"delivered"})

    def test_in_order_what_was_given_up_lets_the_next_one_go(self):
        self.endpoint.write({"is_ordered": True, "retry_delays": "9", "retry_horizon_hours": 0})
        first, second = self._enqueue(1), self._enqueue(2)
        self.receiver.will_answer(400, 400)
        self._work()
        self._work(first)
        self.assertEqual((first.state, second.state), ("dead", "delivered"))

    # === DISABLING === #

    def test_a_receiver_that_is_gone_is_never_called_again(self):
        first, second = self._enqueue(1), self._enqueue(2)
        self.endpoint.max_parallel = 1
        self.receiver.will_answer(410)
        self._work()
        self.assertEqual(self.endpoint.state, "disabled")
        self.assertTrue(self.endpoint.disabled_reason)
        self.assertEqual(len(self.endpoint.activity_ids), 1)
        self._work(first, second)
        self.assertEqual(len(self.receiver.requests), 1)
        self.assertEqual((first.state, second.state), ("pending", "pending"))

    def test_enabling_it_again_sends_what_has_been_waiting(self):
        self.endpoint.action_disable()
        delivery = self._enqueue()
        self._work()
        self.assertEqual(self.receiver.requests, [])
        self.endpoint.action_enable()
        self.assertEqual(self.endpoint.state, "test", "it has no TLS")
        self.assertFalse(self.endpoint.disabled_reason)
        self._work()
        self.assertEqual(delivery.state, "delivered")
        other = self._new_endpoint(url="https://example.com/", state="disabled")
        other.action_enable()
        self.assertEqual(other.state, "enabled")

    def test_days_without_success_disable_it(self):
        self.endpoint.failing_since = fields.Datetime.now() - timedelta(hours=121)
        self.endpoint.last_failed_at = fields.Datetime.now() - timedelta(hours=6)
        self._enqueue()
        self.receiver.will_answer(500)
        self._work()
        self.assertEqual(self.endpoint.state, "disabled")
        self.assertIn("120", self.endpoint.disabled_reason)

    def test_silence_between_two_failures_does_not_disable_it(self):
        hours_ago = lambda hours: fields.Datetime.now() - timedelta(hours=hours)  # noqa: E731
        self.endpoint.write({"failing_since": hours_ago(150), "last_failed_at": hours_ago(144)})
        delivery = self._enqueue()
        self.receiver.will_answer(500, 500)
        self._work()
        self.assertEqual(self.endpoint.state, "test")
        self.assertGreater(self.endpoint.failing_since, hours_ago(1))
        self.endpoint.write({"failing_since": hours_ago(121), "last_failed_at": hours_ago(20)})
        self._work(delivery)
        self.assertEqual(self.endpoint.state, "disabled", "it was tried all the time")

    def test_an_archived_endpoint_is_not_called(self):
        self._enqueue()
        self.endpoint.active = False
        self._work()
        self.assertEqual(self.receiver.requests, [])

    # === BUTTONS === #

    def test_a_test_delivery_is_marked_as_one(self):
        self.endpoint.action_send_test()
        self._work()
        sent = self.outbox.search([("endpoint_id", "=", self.endpoint.id)])
        self.assertEqual((sent.event_type, sent.state), ("endpoint.test", "delivered"))
        self.assertEqual(sent.attempt_ids.trigger, "test")
        self.assertEqual(sent.attempt_ids.user_id, self.env.user)

    def test_a_disabled_endpoint_gets_no_test(self):
        self.endpoint.action_disable()
        with self.assertRaises(UserError):
            self.endpoint.action_send_test()

    def test_the_counters_of_the_list(self):
        dead = self._enqueue(1)
        self._work()
        dead.write({"state": "dead"})
        self._enqueue(2)
        self.env.invalidate_all()
        self.assertEqual((self.endpoint.pending_count, self.endpoint.dead_count), (1, 1))
        self.assertTrue(self.endpoint.last_success_at)
