from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .terminal_common import TerminalCommon


@tagged("post_install", "-at_install")
class TestTerminalRefund(TerminalCommon):
    """Money back with the card at the terminal."""

    def _paid(self, card):
        self._tell(self.flex, "approve", card=card)
        wizard, _status = self._send()
        self.assertEqual(self._work(wizard)["state"], "approved")
        return wizard.sudo().transaction_id

    def _refund_dialog(self, transaction, user):
        action = transaction.with_user(user).action_clover_refund()
        return self.env["clover.refund.wizard"].with_user(user).browse(action["res_id"])

    def _kinds(self):
        return [(effect["kind"], effect["amount"]) for effect in self.simulator.ledger()]

    def _child(self, transaction):
        self.env.invalidate_all()
        return transaction.child_transaction_ids

    def _work_on(self, transaction):
        operation = self.env["fusion.operation"].sudo().search(
            [("reference", "=", transaction.reference)]
        )
        operation.write({"next_attempt_at": "2020-01-01", "lease_until": False})
        self._run_worker(operation)

    def test_interac_goes_back_at_the_terminal_once(self):
        transaction = self._paid("INTERAC")
        dialog = self._refund_dialog(transaction, self.manager)
        self.assertTrue(dialog.is_open and dialog.needs_terminal)
        self.assertFalse(dialog.needs_approval)
        self.assertIn("presents it at the terminal", dialog.what_happens)
        self.assertEqual(dialog.terminal_id, self.flex)
        action = dialog.action_refund()
        self.assertIn("present the card", action["params"]["message"])
        self.assertEqual(self._kinds(), [("charge", 11300)])
        child = self._child(transaction)
        self._work_on(child)
        self.assertEqual((child.state, child.amount), ("done", -113.0))
        self.assertEqual(self._kinds(), [("charge", 11300), ("refund", 11300)])
        self.assertFalse(self.flex.in_use_notice)
        with self.assertRaisesRegex(UserError, "Nothing was sent"):
            dialog.action_refund()

    def test_a_refund_whose_answer_got_lost_is_found(self):
        transaction = self._paid("INTERAC")
        dialog = self._refund_dialog(transaction, self.manager)
        dialog.amount = 13.0
        path = f"/connect/v1/payments/{transaction.provider_reference}/refunds"
        self.simulator.fault("reset_after", path)
        dialog.action_refund()
        child = self._child(transaction)
        self._work_on(child)
        self.assertEqual(child.state, "pending")
        self._work_on(child)
        self.assertEqual(child.state, "done")
        self.assertEqual(self._kinds()[1:], [("refund", 1300)])

    def test_a_customer_who_does_not_present_the_card_gets_nothing(self):
        transaction = self._paid("INTERAC")
        dialog = self._refund_dialog(transaction, self.manager)
        self._tell(self.flex, "cancel")
        dialog.action_refund()
        child = self._child(transaction)
        self._work_on(child)
        self.assertEqual(child.state, "error")
        self.assertIn("Nothing was given back", child.state_message)
        self.assertEqual(len(self._kinds()), 1)

    def test_a_credit_card_needs_no_terminal(self):
        transaction = self._paid("4242424242424242")
        dialog = self._refund_dialog(transaction, self.manager)
        self.assertFalse(dialog.needs_terminal)

    def test_without_a_terminal_interac_stays_closed(self):
        transaction = self._paid("INTERAC")
        (self.flex | self.mini).active = False
        dialog = self._refund_dialog(transaction, self.manager)
        self.assertFalse(dialog.is_open)

    def test_a_credit_is_for_managers_with_a_reason(self):
        transaction = self._paid("4242424242424242")
        self.env["ir.config_parameter"].sudo().set_param("fusion_clover.refund_age_limit_days", 3)
        facts = transaction._clover_refund_facts().to_dict() | {"age_days": 4}
        refunder = self._new_user("clover_credit_refunder", "group_fusion_refunder")
        values = {"transaction_id": transaction.id, "facts": facts}
        dialog = self.env["clover.refund.wizard"].with_user(refunder).create(values)
        self.assertTrue(dialog.needs_approval)
        with self.assertRaisesRegex(AccessError, "Manager"):
            dialog.action_refund()
        dialog = self.env["clover.refund.wizard"].with_user(self.manager).create(values)
        with self.assertRaisesRegex(UserError, "reason"):
            dialog.action_refund()
        self.assertEqual(len(self._kinds()), 1)


@tagged("post_install", "-at_install")
class TestTerminalDecisions(TerminalCommon):
    """Issues, tips and the health line."""

    def test_a_clerk_keeps_the_part_that_was_approved(self):
        self._tell(self.flex, "partial", amount=5000)
        wizard, _status = self._send()
        self.assertTrue(self._work(wizard)["can_decide"])
        status = wizard.clover_terminal_decide("keep")
        self.assertEqual(status["state"], "approved")
        self.env.invalidate_all()
        transaction = wizard.sudo().transaction_id
        self.assertEqual((transaction.state, transaction.amount), ("done", 50.0))
        self.assertEqual(self.move.amount_residual, 63.0)
        self.assertEqual(transaction.clover_issue_decision, "keep")
        self.assertEqual(transaction.clover_issue_decided_by_id, self.clerk)
        self.assertFalse(self.move.fusion_payment_notice)
        self.assertFalse(self.flex.in_use_notice)
        with self.assertRaisesRegex(UserError, "decided already"):
            wizard.clover_terminal_decide("give_back")

    def test_a_clerk_wants_a_payment_given_back(self):
        self._tell(self.flex, "approve", issues=["signature"])
        wizard, _status = self._send()
        status = self._work(wizard)
        self.assertTrue(status["can_decide"])
        status = wizard.clover_terminal_decide("give_back")
        self.assertFalse(status["can_decide"])
        self.assertIn("Give", self.move.activity_ids.summary)
        self.assertEqual(wizard.sudo().transaction_id.clover_issue_decision, "give_back")

    def test_a_receipt_is_printed_on_the_terminal_or_sent(self):
        wizard, _status = self._send()
        self._work(wizard)
        transaction = wizard.sudo().transaction_id
        transaction.action_clover_print_on_terminal()
        self.partner_a.email, transaction.partner_email = "a@example.com", "a@example.com"
        transaction.action_clover_terminal_receipt_mail()
        printed = self._device(self.flex)["printed"]
        self.assertEqual([one["method"] for one in printed], ["PRINT", "EMAIL"])
        self.assertEqual(printed[1]["additionalData"], "a@example.com")
        self.assertEqual({one["of"] for one in printed}, {transaction.provider_reference})
        transaction.partner_phone = self.partner_a.phone = False
        with self.assertRaisesRegex(UserError, "no address"):
            transaction.action_clover_terminal_receipt_sms()
        self._tell(self.flex, "offline")
        with self.assertRaisesRegex(UserError, "no connection"):
            transaction.action_clover_print_on_terminal()
        self.assertEqual(transaction.state, "done")

    def test_without_an_issue_there_is_nothing_to_decide(self):
        wizard, _status = self._send()
        self.assertFalse(self._work(wizard)["can_decide"])
        with self.assertRaisesRegex(UserError, "nothing to decide"):
            wizard.clover_terminal_decide("keep")

    def test_a_tip_is_owed_to_the_staff(self):
        account = self.env["account.account"].create(
            {
                "name": "Tips",
                "code": "219900",
                "account_type": "liability_current",
                "company_ids": [Command.set(self.env.company.ids)],
            }
        )
        self.env.company.clover_tip_account_id = account
        self._tell(self.flex, "approve", tip_amount=1500)
        wizard, _status = self._send()
        self._work(wizard)
        transaction = wizard.sudo().transaction_id
        self.assertEqual((transaction.amount, transaction.payment_id.amount), (113.0, 128.0))
        self.assertEqual(self.move.amount_residual, 0)
        (owed,) = transaction.clover_tip_move_id.line_ids.filtered(
            lambda line: line.account_id == account
        )
        self.assertEqual(owed.amount_currency, -15.0)
        receivable = (transaction.payment_id.move_id + transaction.clover_tip_move_id).line_ids
        receivable = receivable.filtered(
            lambda line: line.account_id == transaction.payment_id.destination_account_id
        )
        self.assertTrue(all(receivable.mapped("reconciled")))

    def test_without_an_account_a_tip_is_an_open_credit(self):
        self._tell(self.flex, "approve", tip_amount=1500)
        wizard, _status = self._send()
        self._work(wizard)
        transaction = wizard.sudo().transaction_id
        self.assertEqual(transaction.payment_id.amount, 128.0)
        self.assertEqual(self.move.amount_residual, 0)
        lines = transaction.clover_tip_move_id.line_ids
        self.assertEqual(sorted(lines.mapped("amount_residual")), [-15.0, 0.0])
        self.assertEqual(lines.account_id, transaction.payment_id.destination_account_id)

    def test_a_tip_pays_no_part_of_an_invoice(self):
        self._tell(self.flex, "approve", tip_amount=1500)
        wizard = self._open(self.move)
        wizard.amount = 50.0
        self._send(wizard)
        self._work(wizard)
        self.env.invalidate_all()
        transaction = wizard.sudo().transaction_id
        self.assertEqual((transaction.amount, transaction.payment_id.amount), (50.0, 65.0))
        self.assertEqual(self.move.amount_residual, 63.0)

    def test_the_health_page_tells_of_terminals(self):
        terminals = self.env["clover.terminal"]
        self.assertEqual(str(terminals._probe_terminals(self.env.company).level), "ok")
        (self.flex | self.mini).action_ping()
        finding = terminals._probe_terminals(self.env.company)
        self.assertEqual(str(finding.level), "ok")
        self.assertIn("2 terminals", finding.sentence)
        self.flex.last_ping_at = fields.Datetime.now() - timedelta(hours=25)
        self.assertEqual(str(terminals._probe_terminals(self.env.company).level), "warning")
        self._tell(self.mini, "offline")
        self.mini.action_ping()
        finding = terminals._probe_terminals(self.env.company)
        self.assertIn(self.mini.name, finding.sentence)
