from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..charge.surcharge_common import CREDIT_CARD, SurchargeCommon
from .terminal_refund_common import TerminalRefundCommon

CREDITS = "/connect/v1/credits"


@tagged("post_install", "-at_install")
class TestCredit(TerminalRefundCommon):
    """Money for a card that is presented, where the payment cannot be given back any more."""

    def setUp(self):
        super().setUp()
        self.transaction = self._paid_at_terminal()
        self.note = self._new_note()

    def _credit_dialog(self, user=None):
        self._make_old(self.transaction)
        dialog = self._refund_dialog(self.note, user)
        self.assertTrue(dialog.is_open and dialog.needs_approval, dialog.what_happens)
        dialog.approval_note = "Card was replaced"
        return dialog

    def test_a_manager_gives_a_credit_once_and_it_is_kept_why(self):
        dialog = self._credit_dialog()
        self.assertIn("a Manager has to approve", dialog.what_happens)
        self.assertIn("4 days old", dialog.closed_ways)
        child = self._give_back(dialog)
        self.assertEqual(child.state, "done", child.state_message)
        self.assertEqual(self._kinds(), [("charge", 11300), ("credit", 11300)])
        self.assertEqual(self.note.amount_residual, 0)
        self.assertEqual(child.clover_credit_reason, "Card was replaced")
        self.assertEqual(child.clover_credit_approved_by_id, self.manager)
        self.assertIn("Card was replaced", str(self.note.message_ids.mapped("body")))
        self.assertEqual(dialog.clover_terminal_status()["state"], "approved")
        with self.assertRaises(UserError):
            self._refund_dialog(self.note)

    def test_a_credit_is_for_managers_with_a_reason(self):
        refunder = self._new_user("clover_credit_refunder", "group_fusion_refunder")
        dialog = self._credit_dialog(refunder)
        with self.assertRaisesRegex(AccessError, "Manager"):
            dialog.action_refund()
        dialog = self._credit_dialog()
        dialog.approval_note = "  "
        with self.assertRaisesRegex(UserError, "reason"):
            dialog.action_refund()
        self.assertEqual(len(self._kinds()), 1)

    def test_what_a_dialog_is_told_about_the_payment_approves_nothing(self):
        refunder = self._new_user("clover_credit_refunder", "group_fusion_refunder")
        dialog = self._credit_dialog(refunder)
        dialog.facts = {**dialog.facts, "age_days": 0, "card_present_only": True}
        self.assertFalse(dialog.needs_approval)
        with self.assertRaises(UserError) as refused:
            dialog.action_refund()
        self.assertIn("Open it again", str(refused.exception))
        self.env.invalidate_all()
        source = self.transaction.with_user(refunder).sudo().with_context(
            clover_refund_terminal_id=self.flex.id, clover_credit_reason="Mine"
        )
        with self.assertRaisesRegex(AccessError, "Manager"):
            source._clover_refund_for(113.0, self.note)
        self.assertEqual(len(self._kinds()), 1)
        self.assertFalse(self.flex.in_use_notice)

    def test_a_payment_that_clover_does_not_know_any_more_is_credited(self):
        self.transaction.provider_reference = "AAAAAAAAAAAAA"
        dialog = self._refund_dialog(self.note)
        self.assertTrue(dialog.is_gone and dialog.needs_approval)
        self.assertEqual(dialog.amount, 113.0)
        dialog.approval_note = "Merchant account was moved"
        child = self._give_back(dialog)
        self.assertEqual((child.state, self.note.amount_residual), ("done", 0.0))
        self.assertEqual(self._kinds()[1:], [("credit", 11300)])

    def test_a_gateway_without_credits_closes_the_way(self):
        self.simulator.post("config", {"supports_naked_credit": False})
        self._make_old(self.transaction)
        dialog = self._refund_dialog(self.note)
        self.assertFalse(dialog.is_open)
        self.assertIn("gives no credits", dialog.closed_ways)

    def test_a_credit_whose_answer_got_lost_is_found(self):
        dialog = self._credit_dialog()
        self.simulator.fault("reset_after", CREDITS)
        child = self._give_back(dialog)
        self.assertEqual(child.state, "pending")
        self.assertTrue(self.note.fusion_payment_notice)
        self._work_on(child)
        self.assertEqual(child.state, "done")
        self.assertEqual(self._kinds()[1:], [("credit", 11300)])
        self.assertEqual(len(self._requests_of(CREDITS)), 1)
        self.assertEqual(self.note.amount_residual, 0)

    def test_where_credits_are_not_listed_a_lost_one_is_asked_for_again_under_its_key(self):
        self.simulator.post("config", {"lists_credits": False})
        dialog = self._credit_dialog()
        self.simulator.fault("reset_after", CREDITS)
        child = self._give_back(dialog)
        for _ in range(3):
            self._work_on(child)
        self.assertEqual(child.state, "done", child.state_message)
        self.assertEqual(self._kinds()[1:], [("credit", 11300)])
        first, second = self._requests_of(CREDITS)
        keys = {call["headers"]["Idempotency-Key"] for call in (first, second)}
        self.assertEqual(len(keys), 1)

    def _lost(self, **switches):
        """A credit whose answer is lost, on a device that cannot be asked any more."""
        dialog = self._credit_dialog()
        self.simulator.post("config", switches)
        self.simulator.fault("reset_after", CREDITS)
        dialog.action_refund()
        child = self._child(self.transaction)
        self._work_on(child)
        self._tell(self.flex, "offline")
        (_charge, credit) = self.simulator.ledger()
        return child, credit["id"]

    def test_a_manager_names_a_credit_that_clover_does_not_list(self):
        child, credit = self._lost(lists_credits=False)
        operation = self._operation_on(child)
        operation.with_user(self.manager)._resolve(
            provider_reference=credit, note="The customer signed the slip."
        )
        self.env.invalidate_all()
        self.assertEqual((child.state, child.provider_reference), ("done", credit))
        self.assertEqual(self.note.amount_residual, 0)

    def test_a_manager_cannot_name_a_credit_that_is_not_in_clovers_list(self):
        child, _credit = self._lost()
        operation = self._operation_on(child)
        with self.assertRaisesRegex(UserError, "cannot be read"):
            operation.with_user(self.manager)._resolve(
                provider_reference="AAAAAAAAAAAAA", note="A slip of somebody else."
            )
        self.env.invalidate_all()
        self.assertEqual(child.state, "pending")


@tagged("post_install", "-at_install")
class TestSurchargedCredit(TerminalRefundCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        SurchargeCommon._add_surcharges.__func__(cls)

    def test_a_credit_gives_the_surcharge_back_as_well(self):
        wizard = self._open(self._new_invoice(100.0))
        wizard.method = "keyed"
        source = self._source()
        wizard.clover_prepare()
        wizard.clover_quote(source, CREDIT_CARD)
        wizard.clover_charge(source)
        self.env.invalidate_all()
        transaction = wizard.sudo().transaction_id
        self._make_old(transaction)
        dialog = self._refund_dialog(transaction)
        self.assertTrue(dialog.needs_approval)
        dialog.approval_note = "Card was replaced"
        child = self._give_back(dialog)
        self.assertEqual(child.state, "done", child.state_message)
        self.assertEqual(self._kinds(), [("charge", 10_240), ("credit", 10_240)])
        self.assertEqual((child.amount, child.payment_id.amount), (-100.0, 102.4))
        self.assertEqual(transaction._clover_left(), 0.0)
        with self.assertRaises(UserError):
            transaction.with_user(self.manager).action_clover_refund()
