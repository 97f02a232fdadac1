import requests

from odoo.fields import Command
from odoo.tests import tagged

from .terminal_refund_common import TerminalRefundCommon


@tagged("post_install", "-at_install")
class TestTipRefund(TerminalRefundCommon):
    """A tip goes back with the rest of its payment, and nobody owes it any more."""

    def setUp(self):
        super().setUp()
        self.account = self.env["account.account"].create(
            {
                "name": "Tips",
                "code": "219900",
                "account_type": "liability_current",
                "company_ids": [Command.set(self.env.company.ids)],
            }
        )
        self.env.company.clover_tip_account_id = self.account

    def _read(self, transaction):
        """Have Odoo hear of what Clover has."""
        payment = self.provider._clover_client().payments.retrieve(transaction.provider_reference)
        self.env["payment.transaction"]._clover_take_reading(self.provider, payment)
        self.env.invalidate_all()

    def _dashboard_refund(self, transaction, **asked):
        answer = requests.post(
            f"{self.origin}/_sim/dashboard/refund",
            json={"payment": transaction.provider_reference, **asked},
            timeout=10,
        )
        answer.raise_for_status()

    def _owed(self):
        lines = self.env["account.move.line"].search([("account_id", "=", self.account.id)])
        return sum(lines.mapped("balance"))

    def _assert_all_back(self, transaction):
        refunds = self._child(transaction)
        self.assertEqual(set(refunds.mapped("state")), {"done"})
        self.assertEqual(sum(refunds.mapped("amount")), -113.0)
        self.assertEqual(sum(refunds.mapped("clover_tip_amount")), -15.0)
        self.assertEqual(sum(refunds.payment_id.mapped("amount")), 128.0)
        self.assertEqual(self._owed(), 0.0)
        self.assertEqual(transaction._clover_left(), 0.0)

    def test_a_card_is_given_back_with_its_tip(self):
        transaction = self._paid_at_terminal(tip_amount=1500)
        self.assertEqual(self._owed(), -15.0)
        self.simulator.post("batch/close")
        note = self._new_note()
        dialog = self._refund_dialog(note)
        self.assertTrue(dialog.is_open, dialog.what_happens)
        self.assertEqual((dialog.amount, dialog.amount_left), (113.0, 128.0))
        self.assertIn("the tip of", dialog.what_happens)
        action = dialog.action_refund()
        self._settle(transaction)
        self.assertIn("128.00", action["params"]["message"])
        self.assertEqual(self._kinds(), [("charge", 12800), ("refund", 12800)])
        self._assert_all_back(transaction)
        self.assertEqual(note.amount_residual, 0.0)

    def test_a_part_of_a_card_with_a_tip_stays_closed(self):
        transaction = self._paid_at_terminal(tip_amount=1500)
        dialog = self._refund_dialog(transaction)
        dialog.amount = 50.0
        self.assertFalse(dialog.is_open)
        self.assertIn("as a whole only", dialog.what_happens)

    def test_a_void_takes_the_tip_back(self):
        transaction = self._paid_at_terminal(tip_amount=1500)
        action = transaction.with_user(self.manager).action_clover_void()
        self._settle(transaction)
        self.assertEqual(action["params"]["type"], "success", action)
        self.assertEqual(self._kinds()[1:], [("refund", 12800)])
        self._assert_all_back(transaction)

    def test_without_an_account_the_open_credit_of_the_tip_is_closed(self):
        self.env.company.clover_tip_account_id = False
        transaction = self._paid_at_terminal(tip_amount=1500)
        transaction.with_user(self.manager).action_clover_void()
        self._settle(transaction)
        entries = (transaction + self._child(transaction)).clover_tip_move_id
        self.assertEqual(len(entries), 2)
        self.assertTrue(all(entries.line_ids.mapped("reconciled")))

    def test_a_terminal_gives_a_part_back_first_and_the_tip_with_the_rest(self):
        transaction = self._paid_at_terminal("INTERAC", tip_amount=1500)
        dialog = self._refund_dialog(transaction)
        self.assertEqual(dialog.amount, 113.0)
        self.assertIn("the tip of", dialog.what_happens)
        dialog.amount = 50.0
        self._give_back(dialog)
        self.assertEqual(self._kinds()[1:], [("refund", 5000)])
        dialog = self._refund_dialog(transaction)
        self.assertEqual((dialog.amount, dialog.amount_left), (63.0, 78.0))
        self._give_back(dialog)
        self.assertEqual(self._kinds()[1:], [("refund", 5000), ("refund", 7800)])
        self._assert_all_back(transaction)

    def test_what_the_dashboard_gave_back_with_the_tip_is_booked(self):
        transaction = self._paid_at_terminal(tip_amount=1500)
        self.simulator.post("batch/close")
        self._dashboard_refund(transaction)
        self._read(transaction)
        self._assert_all_back(transaction)
        self._read(transaction)
        self.assertEqual(len(self._child(transaction)), 1)

    def test_more_than_is_left_is_put_before_a_manager_once(self):
        self._give_back_twice(settled=True)

    def test_a_void_after_a_credit_is_put_before_a_manager_once(self):
        self._give_back_twice(settled=False)

    def _give_back_twice(self, *, settled):
        transaction = self._paid_at_terminal()
        self._make_old(transaction)
        dialog = self._refund_dialog(transaction)
        dialog.approval_note = "Card was replaced"
        self._give_back(dialog)
        if settled:
            self.simulator.post("batch/close")
        self._dashboard_refund(transaction)
        for _ in range(2):
            self._read(transaction)
        self.assertEqual(len(self._child(transaction)), 1)
        (activity,) = self.move.activity_ids
        self.assertIn("More was given back", activity.summary)
        self.assertTrue(
            activity.user_id.has_group("fusion_payment_common.group_fusion_manager")
        )

    def _settle(self, transaction):
        """What happens after the caller's commit; cursors of tests drop such hooks."""
        self.env.flush_all()
        for child in transaction.child_transaction_ids:
            operation = self._operation_on(child)
            operation._settle(operation.id)
        self.env.invalidate_all()
