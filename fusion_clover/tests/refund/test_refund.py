from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .refund_common import REFUNDS, RefundCommon


@tagged("post_install", "-at_install")
class TestRefund(RefundCommon):
    def test_a_part_is_refunded_and_booked_at_once(self):
        refund = self._refund(40.0)
        effect = self._effects("refund")[0]
        self.assertEqual((effect["amount"], effect["source_id"]), (4000, self.charge_id))
        self.assertEqual(refund.state, "done")
        self.assertEqual(refund.amount, -40.0)
        self.assertEqual(refund.provider_reference, effect["id"])
        self.assertEqual(refund.clover_external_reference, effect["reference"])
        self.assertEqual(refund.clover_returned_as, "refund")
        payment = refund.payment_id
        self.assertEqual((payment.payment_type, payment.amount), ("outbound", 40.0))
        self.assertIn(payment.state, ("in_process", "paid"))
        self.assertEqual(self.transaction.payment_id.amount_available_for_refund, 73.0)
        self.assertFalse(self._operations().hold_ids)
        self.assertEqual(self._operations().idempotency_key, effect["idempotency_key"])

    def test_parts_can_be_refunded_until_nothing_is_left_and_no_further(self):
        self._refund(40.0)
        self._refund(73.0)
        self.assertEqual(self._refunded_at_clover(), [4000, 7300])
        with self.assertRaisesRegex(ValidationError, "Only"):
            self._refund(0.01)
        self.assertEqual(len(self._sent()), 2)

    def test_more_than_was_paid_is_refused_before_any_call(self):
        with self.assertRaisesRegex(ValidationError, "113.00"):
            self._refund(113.01)
        for amount in (0.0, -5.0):
            with self.assertRaises(ValidationError):
                self._refund(amount)
        self.assertFalse(self.transaction.child_transaction_ids)
        self.assertFalse(self._operations())
        self.assertEqual(self._sent(), [])

    def test_core_itself_cannot_refund_too_much_either(self):
        refund = self.transaction._refund(amount_to_refund=5000.0)
        self.assertEqual(refund.state, "error")
        self.assertIn("113.00", refund.state_message)
        self.assertFalse(self._operations())
        self.assertEqual(self._sent(), [])

    def test_refunds_made_in_clovers_dashboard_count(self):
        self._refund_in_dashboard(10000)
        sent = len(self._sent())
        refund = self._refund(20.0)
        self.assertEqual(refund.state, "error")
        self.assertIn("13.00", refund.state_message)
        self.assertEqual(len(self._sent()), sent)
        self.assertFalse(self._operations())
        self.assertEqual(self._refund(13.0).state, "done")
        self.assertEqual(self._refunded_at_clover(), [10000, 1300])

    def test_a_payment_voided_in_clovers_dashboard_has_nothing_left(self):
        self._refund_in_dashboard(11300)
        sent = len(self._sent())
        refund = self._refund(1.0)
        self.assertEqual(refund.state, "error")
        self.assertIn("0.00", refund.state_message)
        self.assertEqual(len(self._sent()), sent)

    def test_nothing_is_sent_while_clover_cannot_say_what_is_left(self):
        self.simulator.fault("http_500", path="/v3/*", method="GET", count=10)
        refund = self._refund(40.0)
        self.assertEqual(refund.state, "error")
        self.assertIn("Nothing was sent", refund.state_message)
        self.assertEqual(self._sent(), [])

    def test_the_whole_of_the_same_batch_becomes_a_void_and_says_so(self):
        action = self.transaction.with_user(self.refunder).action_clover_void()
        self._commit()
        refund = self.transaction.child_transaction_ids
        self.assertEqual((refund.state, refund.clover_returned_as), ("done", "void"))
        self.assertIn("voided", action["params"]["message"])
        effect = self._effects("refund")[0]
        self.assertTrue(effect["detail"]["voided"])
        self.assertEqual(refund.provider_reference, effect["id"])
        self.assertEqual(refund.payment_id.amount, 113.0)

    def test_the_whole_of_a_settled_batch_becomes_a_refund_and_says_so(self):
        self.simulator.post("batch/close")
        action = self.transaction.with_user(self.refunder).action_clover_void()
        self.assertEqual(self.transaction.child_transaction_ids.clover_returned_as, "refund")
        self.assertIn("goes back to the card", action["params"]["message"])

    def test_a_void_after_a_partial_refund_is_refused(self):
        self._refund(40.0)
        with self.assertRaisesRegex(ValidationError, "73.00"):
            self.transaction.with_user(self.refunder).action_clover_void()
        self.assertEqual(self._refunded_at_clover(), [4000])

    def test_only_refunders_give_money_back(self):
        for action in ("action_refund", "action_clover_void", "action_void"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(self.transaction.with_user(self.clerk), action)()
        self.assertEqual(self._sent(), [])

    def test_cores_dialog_refunds_once_however_often_it_is_clicked(self):
        payment = self.transaction.payment_id
        wizards = self.env["payment.refund.wizard"].with_user(self.refunder)
        wizard = wizards.with_context(active_id=payment.id).create({"amount_to_refund": 40.0})
        self.assertEqual(wizard.support_refund, "partial")
        wizard.action_refund()
        self._commit()
        self.assertEqual(self._refunded_at_clover(), [4000])
        with self.assertRaisesRegex(UserError, "sent already"):
            wizard.action_refund()
        self.assertEqual(self._refunded_at_clover(), [4000])
        self.assertEqual(payment.refunds_count, 1)

    def test_a_refused_refund_gives_nothing_back_and_says_why(self):
        self.simulator.post("config", {"max_refund_amount": 1000})
        refund = self._refund(40.0)
        self.assertEqual(refund.state, "error")
        self.assertIn("Nothing was given back", refund.state_message)
        self.assertIn("processing_error", refund.state_message)
        self.assertFalse(refund.payment_id)
        self.assertEqual(self._refunded_at_clover(), [])
        self.assertEqual(self._refund(5.0).state, "done")

    def test_what_others_committed_meanwhile_counts_right_before_the_call(self):
        """An older snapshot of the request does not show it; the last check has a fresh one."""
        self.transaction._create_child_transaction(100.0, is_refund=True)
        model = type(self.env["payment.transaction"])
        self.patch(model, "_clover_check_child", lambda self, kind: None)
        refund = self.transaction._refund(amount_to_refund=50.0)
        self.assertEqual(refund.state, "error")
        self.assertIn("13.00", refund.state_message)
        self.assertEqual(self._sent(), [])
        self.assertEqual(self._operations().state, "not_sent")
        self.assertFalse(self._operations().hold_ids)

    def test_orders_are_never_returned(self):
        self._refund(40.0)
        self.transaction.with_user(self.refunder).action_refund(amount_to_refund=73.0)
        self.assertFalse(
            [call for call in self.simulator.requests() if call["path"].endswith("/returns")]
        )


@tagged("post_install", "-at_install")
class TestLostRefund(RefundCommon):
    def test_a_lost_answer_is_found_by_our_reference(self):
        self.simulator.fault("reset_after", path=REFUNDS)
        refund = self._refund(40.0)
        self.assertEqual(refund.state, "pending")
        self.assertIn("Do not refund again", refund.state_message)
        self.assertFalse(refund.payment_id)
        self._complete()
        self.assertEqual(refund.state, "done")
        self.assertEqual(refund.provider_reference, self._effects("refund")[0]["id"])
        self.assertEqual(refund.payment_id.amount, 40.0)
        self.assertEqual(len(self._sent()), 1)
        self.assertEqual(self._refunded_at_clover(), [4000])

    def test_a_request_that_got_lost_is_repeated_under_its_key(self):
        self.simulator.fault("reset_before", path=REFUNDS)
        refund = self._refund(40.0)
        self._complete()
        self.assertEqual(refund.state, "pending")
        self._complete()
        self.assertEqual(refund.state, "done")
        self.assertEqual(len({call["headers"]["Idempotency-Key"] for call in self._sent()}), 1)
        self.assertEqual(self._refunded_at_clover(), [4000])

    def test_nobody_refunds_while_a_refund_is_being_checked(self):
        self.simulator.fault("reset_after", path=REFUNDS)
        self._refund(40.0)
        second = self._refund(30.0)
        self.assertEqual(second.state, "error")
        self.assertEqual(len(self._sent()), 1)
        self._complete()
        self.assertEqual(self._refund(30.0).state, "done")
        self.assertEqual(self._refunded_at_clover(), [4000, 3000])

    def test_a_refund_under_way_counts(self):
        self.simulator.fault("reset_after", path=REFUNDS)
        self._refund(100.0)
        with self.assertRaisesRegex(ValidationError, "13.00"):
            self._refund(20.0)
        self.assertEqual(self.transaction.payment_id.amount_available_for_refund, 13.0)

    def test_a_lost_void_is_understood_although_it_shows_no_refund(self):
        self.simulator.fault("reset_after", path=REFUNDS)
        refund = self._refund()
        self.assertEqual(refund.state, "pending")
        payment = self.provider._clover_client().payments.retrieve(self.charge_id)
        self.assertEqual((payment.result, payment.refunds), ("VOIDED", ()))
        self._complete()
        self.assertEqual((refund.state, refund.clover_returned_as), ("done", "void"))
        self.assertEqual(self._refunded_at_clover(), [11300])

    def test_a_refund_of_the_dashboard_is_not_taken_for_a_lost_one(self):
        self._refund_in_dashboard(4000)
        self.simulator.fault("reset_before", path=REFUNDS)
        refund = self._refund(40.0)
        self._complete()
        self.assertEqual(refund.state, "pending")
        self._complete()
        self.assertEqual(refund.state, "done")
        self.assertEqual(self._refunded_at_clover(), [4000, 4000])
        self.assertEqual(refund.provider_reference, self._effects("refund")[1]["id"])

    def test_a_refund_whose_request_was_rolled_back_is_booked_once_nobody_comes_back(self):
        reference = f"R-{self.transaction.reference}"
        self.transaction._refund(amount_to_refund=40.0)
        operation = self._operations()
        # A rollback here would undo the ledger too, which in production is on another connection.
        self.transaction.child_transaction_ids.unlink()
        self.assertFalse(self.transaction.child_transaction_ids)
        self._complete()
        self.assertFalse(self.transaction.child_transaction_ids, "its request may be run again")
        operation.finished_at = "2020-01-01"
        self._complete()
        refund = self.transaction.child_transaction_ids
        self.assertEqual((refund.reference, refund.state), (reference, "done"))
        self.assertEqual(refund.amount, -40.0)
        self.assertEqual(refund.payment_id.amount, 40.0)
        self.assertEqual(self._refunded_at_clover(), [4000])

    def test_another_amount_does_not_take_the_place_of_a_refund_that_odoo_rolled_back(self):
        self.transaction._refund(amount_to_refund=40.0)
        self.transaction.child_transaction_ids.unlink()
        with self.assertRaisesRegex(UserError, "is being carried out"):
            self.transaction._refund(amount_to_refund=50.0)
        self.assertEqual(self._refunded_at_clover(), [4000])

    def test_the_same_refund_run_again_by_odoo_is_replayed(self):
        self.transaction._refund(amount_to_refund=100.0)
        self.transaction.child_transaction_ids.unlink()
        again = self.transaction._refund(amount_to_refund=100.0)
        self.assertEqual(again.state, "done")
        self.assertEqual(self._refunded_at_clover(), [10000])
        self.assertEqual(len(self._sent()), 1)
