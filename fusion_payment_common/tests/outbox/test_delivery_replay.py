from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .delivery_common import DeliveryCommon


@tagged("post_install", "-at_install")
class TestDeliveryReplay(DeliveryCommon):
    def _dead(self, number=1, **kwargs):
        delivery = self._enqueue(number, **kwargs)
        self._work()
        delivery._set_dead()
        return delivery

    def test_a_dead_letter_is_sent_again_under_its_id(self):
        delivery = self._dead()
        self.assertTrue(delivery.activity_ids)
        delivery.action_replay()
        self.assertEqual(delivery.state, "pending")
        self.assertFalse(delivery.activity_ids)
        self._work()
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual(
            [(body["_delivery_id"], body["_delivery_attempt"]) for body in self.receiver.bodies()],
            [(delivery.delivery_uuid, 1), (delivery.delivery_uuid, 2)],
        )
        last = delivery.attempt_ids.sorted("number")[-1]
        self.assertEqual((last.trigger, last.user_id), ("replay", self.env.user))

    def test_it_gets_all_its_attempts_again(self):
        self.endpoint.write({"retry_delays": "1", "retry_horizon_hours": 0})
        delivery = self._enqueue()
        self.receiver.will_answer(400, 400, 400, 400)
        self._work(delivery)
        self._work(delivery)
        self.assertEqual(delivery.state, "dead")
        delivery.action_replay()
        self._work()
        self.assertEqual(delivery.state, "pending")
        self._work(delivery)
        self.assertEqual((delivery.state, delivery.attempt_count), ("dead", 4))

    def test_what_is_being_sent_is_not_sent_twice(self):
        delivery = self._enqueue()
        self.env.flush_all()
        self.outbox._queue_claim(5, {})
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            delivery.action_replay()
        self.assertTrue(delivery.lease_owner)

    def test_nothing_is_sent_to_a_disabled_endpoint(self):
        delivery = self._dead()
        self.endpoint.action_disable()
        with self.assertRaises(UserError):
            delivery.action_replay()
        self.assertEqual(delivery.state, "dead")

    def test_the_list_shows_what_would_be_sent_and_sends_nothing(self):
        first, second = self._dead(1), self._dead(2)
        fine = self._enqueue(3)
        self._work()
        sent = len(self.receiver.requests)
        wizard = Form(self.env["fusion.delivery.replay"]).save()
        self.assertEqual(wizard.choice, "dead")
        self.assertEqual(wizard.delivery_ids, first + second)
        self.assertEqual((wizard.possible_count, wizard.refused_count), (2, 0))
        self._work()
        self.assertEqual(len(self.receiver.requests), sent)
        self.assertEqual((first.state, fine.state), ("dead", "delivered"))

    def test_the_list_can_be_narrowed_down(self):
        other = self._new_endpoint(name="Other")
        first, second = self._dead(1), self._dead(2, endpoint=other)
        form = Form(self.env["fusion.delivery.replay"])
        form.endpoint_id = other
        self.assertEqual(form.possible_count, 1)
        wizard = form.save()
        self.assertEqual(wizard.delivery_ids, second)
        wizard.action_send()
        self._work()
        self.assertEqual((first.state, second.state), ("dead", "delivered"))

    def test_the_selected_ones_are_sent_and_no_others(self):
        deliveries = [self._dead(number) for number in range(3)]
        action = (deliveries[0] + deliveries[2]).action_replay()
        wizard = Form(self.env["fusion.delivery.replay"].with_context(**action["context"])).save()
        self.assertEqual((wizard.choice, wizard.possible_count), ("selected", 2))
        wizard.action_send()
        self._work()
        self.assertEqual(
            [delivery.state for delivery in deliveries], ["delivered", "dead", "delivered"]
        )

    def test_a_receiver_that_lost_everything_gets_what_had_arrived(self):
        delivery = self._enqueue()
        self._work()
        form = Form(self.env["fusion.delivery.replay"])
        form.choice = "arrived"
        form.save().action_send()
        self._work()
        self.assertEqual(len(self.receiver.requests), 2)
        self.assertEqual(delivery.state, "delivered")

    def test_what_cannot_be_sent_is_counted_and_left_alone(self):
        delivery = self._dead()
        self.endpoint.action_disable()
        wizard = Form(self.env["fusion.delivery.replay"]).save()
        self.assertEqual((wizard.possible_count, wizard.refused_count), (0, 1))
        with self.assertRaises(UserError):
            wizard.action_send()
        self.assertEqual(delivery.state, "dead")

    def test_only_managers_send_again(self):
        delivery = self._dead()
        for group in ("collector", "refunder"):
            user = new_test_user(
                self.env,
                login=f"fusion_{group}_replay",
                groups=f"fusion_payment_common.group_fusion_{group}",
            )
            with self.subTest(group=group), self.assertRaises(AccessError):
                delivery.with_user(user).action_replay()
        self.assertEqual(delivery.state, "dead")
