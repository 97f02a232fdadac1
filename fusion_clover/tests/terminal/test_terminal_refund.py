from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .terminal_common import TerminalCommon
from .terminal_refund_common import TerminalRefundCommon


@tagged("post_install", "-at_install")
class TestTerminalRefund(TerminalRefundCommon):
    """Money back with the card at the terminal."""

    def test_interac_goes_back_at_the_terminal_once(self):
        transaction = self._paid_at_terminal("INTERAC")
        self._make_old(transaction, days=1)
        dialog = self._refund_dialog(transaction, self.manager)
        self.assertTrue(dialog.is_open and dialog.needs_terminal)
        self.assertFalse(dialog.needs_approval)
        self.assertIn("presents it at the terminal", dialog.what_happens)
        self.assertIn("25 minutes", dialog.closed_ways)
        self.assertEqual(dialog.terminal_id, self.flex)
        dialog.action_refund()
        self.assertTrue(dialog.is_at_terminal)
        self.assertEqual(self._kinds(), [("charge", 11300)])
        child = self._child(transaction)
        self._work_on(child)
        self.assertEqual((child.state, child.amount), ("done", -113.0))
        self.assertEqual(self._kinds(), [("charge", 11300), ("refund", 11300)])
        self.assertFalse(self.flex.in_use_notice)
        with self.assertRaisesRegex(UserError, "Nothing was sent"):
            dialog.action_refund()

    def test_within_minutes_a_terminal_takes_the_whole_payment_back(self):
        transaction = self._paid_at_terminal("INTERAC")
        action = transaction.with_user(self.manager).action_clover_void()
        dialog = self.env["clover.refund.wizard"].with_user(self.manager).browse(action["res_id"])
        self.assertIn("as if it had not been made", dialog.what_happens)
        child = self._give_back(dialog)
        self.assertEqual((child.state, child.clover_returned_as), ("done", "void"))
        self.assertEqual(self._kinds(), [("charge", 11300), ("refund", 11300)])
        path = f"/connect/v1/payments/{transaction.provider_reference}/void"
        (call,) = self._requests_of(path)
        self.assertEqual(call["body"], {"voidReason": "USER_CANCEL"})

    def test_a_void_whose_answer_got_lost_is_found(self):
        transaction = self._paid_at_terminal("INTERAC")
        dialog = self._refund_dialog(transaction)
        path = f"/connect/v1/payments/{transaction.provider_reference}/void"
        self.simulator.fault("reset_after", path)
        child = self._give_back(dialog)
        self.assertEqual(child.state, "pending")
        self._work_on(child)
        self.assertEqual((child.state, child.clover_returned_as), ("done", "void"))
        self.assertEqual(self._kinds(), [("charge", 11300), ("refund", 11300)])

    def test_another_way_than_the_announced_one_is_not_gone(self):
        transaction = self._paid_at_terminal("INTERAC")
        dialog = self._refund_dialog(transaction)
        self._make_old(transaction, days=1)
        with self.assertRaisesRegex(UserError, "Open it again"):
            dialog.action_refund()
        self.assertEqual(len(self._kinds()), 1)

    def test_a_refund_on_the_terminal_is_shown_again_and_cancelled(self):
        transaction = self._paid_at_terminal("INTERAC")
        note = self._new_note(13.0)
        dialog = self._refund_dialog(note)
        dialog.action_refund()
        self.env.flush_all()
        self.assertEqual(dialog.clover_terminal_status()["state"], "sending")
        self.assertTrue(note.clover_refund_at_terminal)
        for document in (note, transaction):
            again = self._refund_dialog(document)
            self.assertNotEqual(again, dialog)
            self.assertEqual((again.amount, again.terminal_id), (13.0, self.flex))
            self.assertTrue(again.clover_terminal_status()["can_cancel"])
        refunder = self._new_user("clover_other_refunder", "group_fusion_refunder")
        again = self._refund_dialog(note, refunder)
        status = again.clover_terminal_cancel()
        self.assertEqual(status["state"], "cancelled", status)
        self.assertIn("Nothing was given back", status["message"])
        self.assertEqual(self._kinds(), [("charge", 11300)])
        self.assertFalse(self.flex.in_use_notice)
        self.assertEqual(note.amount_residual, 13.0)
        with self.assertRaises(AccessError):
            again.with_user(self.clerk).clover_terminal_status()

    def test_a_refund_whose_answer_got_lost_is_found(self):
        transaction = self._paid_at_terminal("INTERAC")
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

    def test_a_dialog_is_told_the_same_things_of_payments_and_refunds(self):
        wizard, _status = self._send()
        paid = self._work(wizard)
        dialog = self._refund_dialog(wizard.sudo().transaction_id)
        told = dialog.clover_terminal_status()
        self.assertEqual(told["state"], "ready")
        self.assertEqual(set(told), set(paid))

    def test_a_refund_whose_cancel_is_not_answered_is_being_cancelled(self):
        transaction = self._paid_at_terminal("INTERAC")
        dialog = self._refund_dialog(transaction)
        dialog.amount = 13.0
        path = f"/connect/v1/payments/{transaction.provider_reference}/refunds"
        self.simulator.fault("reset_before", path)
        dialog.action_refund()
        self._work_on(self._child(transaction))
        status = dialog.clover_terminal_cancel()
        self.assertEqual((status["state"], status["cancelling"]), ("checking", True))
        self.assertIn("Cancelling on", status["message"])

    def test_a_refund_that_is_sent_again_asks_for_the_card_again(self):
        transaction = self._paid_at_terminal("INTERAC")
        dialog = self._refund_dialog(transaction)
        dialog.amount = 13.0
        path = f"/connect/v1/payments/{transaction.provider_reference}/refunds"
        self.simulator.fault("reset_before", path)
        dialog.action_refund()
        child = self._child(transaction)
        seen = []
        for _try in range(3):
            self._work_on(child, watch=lambda: seen.append(dialog.clover_terminal_status()))
        self.assertEqual(
            [status["state"] for status in seen], ["waiting", "checking", "checking", "waiting"]
        )
        self.assertIn("present the card", seen[-1]["message"])
        self.assertEqual((child.state, self._kinds()[1:]), ("done", [("refund", 1300)]))

    def test_a_customer_who_does_not_present_the_card_gets_nothing(self):
        transaction = self._paid_at_terminal("INTERAC")
        self._make_old(transaction, days=1)
        dialog = self._refund_dialog(transaction, self.manager)
        self._tell(self.flex, "cancel")
        dialog.action_refund()
        child = self._child(transaction)
        self._work_on(child)
        self.assertEqual(child.state, "error")
        self.assertEqual(child.state_message, "Cancelled. Nothing was given back.")
        self.assertEqual(len(self._kinds()), 1)

    def test_a_credit_card_needs_no_terminal(self):
        transaction = self._paid_at_terminal("4242424242424242")
        dialog = self._refund_dialog(transaction, self.manager)
        self.assertFalse(dialog.needs_terminal)

    def test_without_a_terminal_interac_stays_closed(self):
        transaction = self._paid_at_terminal("INTERAC")
        (self.flex | self.mini).active = False
        dialog = self._refund_dialog(transaction, self.manager)
        self.assertFalse(dialog.is_open)


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
        self.assertTrue(
            self.move.activity_ids.user_id.has_group("fusion_payment_common.group_fusion_refunder")
        )
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
        self.assertIn("Terminals: 2", finding.sentence)
        self.flex.last_ping_at = fields.Datetime.now() - timedelta(hours=25)
        self.assertEqual(str(terminals._probe_terminals(self.env.company).level), "warning")
        self._tell(self.mini, "offline")
        self.mini.action_ping()
        finding = terminals._probe_terminals(self.env.company)
        self.assertIn(self.mini.name, finding.sentence)
