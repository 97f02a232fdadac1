from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.exceptions import OperationInProgress

from ...client.terminal_outcomes import Situation
from .terminal_common import PAYMENTS, TerminalCommon


@tagged("post_install", "-at_install")
class TestTerminalDevices(TerminalCommon):
    def test_devices_are_listed_once_and_the_shops_names_are_kept(self):
        self.flex.with_user(self.manager).name = "Front desk"
        self.provider.action_clover_sync_terminals()
        terminals = self.env["clover.terminal"].search([("provider_id", "=", self.provider.id)])
        self.assertEqual(len(terminals), 3)
        self.assertEqual(self.flex.name, "Front desk")
        self.assertEqual(self.mini.name, f"Mini 3 {self.mini.serial[-4:]}")
        self.assertEqual(
            (self.flex.reach, self.mini.reach, self.station.reach), ("cloud", "cloud", "local")
        )

    def test_a_device_that_is_gone_is_archived_and_comes_back_under_its_name(self):
        self.mini.name = "Bar"
        self.provider.clover_default_terminal_id = self.mini
        self.simulator.delete(f"devices/{self.mini.serial}")
        self.provider.action_clover_sync_terminals()
        self.assertFalse(self.mini.active)
        self.assertFalse(self.provider.clover_default_terminal_id)

    def test_a_sync_that_fails_changes_nothing(self):
        self.simulator.post("config", {"denied_areas": ["devices"]})
        with self.assertRaisesRegex(UserError, "Nothing was changed"):
            self.provider.action_clover_sync_terminals()
        self.assertTrue(self.flex.active and self.mini.active)

    def test_the_users_own_terminal_comes_before_the_companys(self):
        terminals = self.env["clover.terminal"]
        self.assertEqual(terminals._preferred(self.provider), self.flex)
        self.mini.with_user(self.clerk).action_prefer()
        self.assertEqual(terminals.with_user(self.clerk)._preferred(self.provider), self.mini)
        self.assertEqual(terminals.with_user(self.colleague)._preferred(self.provider), self.flex)

    def test_a_station_takes_no_payments_and_says_so(self):
        self.assertNotIn(self.station, self.env["clover.terminal"]._usable(self.provider))
        with self.assertRaisesRegex(UserError, "cannot reach"):
            self.station.action_make_default()

    def test_devices_of_another_merchant_are_not_offered(self):
        self.flex.merchant_ref = "OTHERMERCHANT"
        self.assertEqual(self.env["clover.terminal"]._usable(self.provider), self.mini)

    def test_a_ping_is_kept_with_its_age_and_its_trouble(self):
        self.flex.action_ping()
        self.assertEqual(self.flex.last_status, "IDLE")
        self.assertRegex(self.flex._contact_sentence(), r"is ready \(answered \d+ seconds? ago\)")
        answered_at = self.flex.last_ping_at
        self._tell(self.flex, "offline")
        action = self.flex.action_ping()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("no connection", self.flex.last_error)
        self.assertEqual(self.flex.last_ping_at, answered_at)
        self.assertRegex(self.flex._contact_sentence(), r"\d+ seconds? ago")
        self.flex.write({"last_error": False, "last_ping_at": answered_at - timedelta(days=3)})
        self.assertIn("answered 3 days ago. How it is now", self.flex._contact_sentence())

    def test_screens_are_shown_and_reset_is_refused_while_somebody_waits(self):
        flex = self.flex.with_user(self.manager)
        self.env["clover.terminal.message"].with_user(self.manager).create(
            {"terminal_id": flex.id, "text": "Back at 13:00"}
        ).action_show()
        self.assertEqual(self._device(self.flex)["screen"], "Back at 13:00")
        flex.action_welcome()
        self.assertEqual(self._device(self.flex)["screen"], "welcome")
        flex.action_reset()
        self._send()
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Cancel that payment instead"):
            flex.action_reset()
        flex.action_reset_in_use()
        with self.assertRaises(AccessError):
            flex.with_user(self.clerk).action_reset_in_use()

    def test_a_collector_uses_terminals_and_changes_none(self):
        flex = self.flex.with_user(self.clerk)
        flex.action_ping()
        with self.assertRaises(AccessError):
            flex.name = "Mine"
        with self.assertRaises(AccessError):
            flex.action_welcome()

    def test_terminals_of_another_company_are_out_of_reach(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.clerk.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self.env["clover.terminal"].with_user(self.clerk).search([]))


@tagged("post_install", "-at_install")
class TestTerminalPayment(TerminalCommon):
    def test_a_payment_is_queued_shown_and_booked(self):
        wizard, status = self._send()
        self.assertEqual((wizard.method, wizard.terminal_id), ("terminal", self.flex))
        self.assertEqual(status["state"], "sending")
        self.assertEqual(self._calls(), [])
        status = self._work(wizard)
        self.assertEqual(status["state"], "approved")
        self.assertIn("4242", status["message"])
        self.assertEqual(self.move.amount_residual, 0)
        (charge,) = self._charges()
        self.assertEqual((charge["amount"], charge["currency"]), (11300, "CAD"))
        operation = self._operation_of(wizard)
        external_id = operation.idempotency_key.replace("-", "")
        self.assertEqual(charge["detail"]["external_payment_id"], external_id)
        (call,) = self._calls()
        self.assertEqual(call["headers"]["X-POS-Id"], "FusionCloverOdoo")
        self.assertIs(call["body"]["final"], True)

    def test_a_second_click_changes_nothing(self):
        wizard, _status = self._send()
        self._send(wizard)
        self._work(wizard)
        with self.assertRaisesRegex(UserError, "Nothing is due any more"):
            self._send(wizard)
        self.assertEqual(len(self._charges()), 1)
        self.assertEqual(len(self.move.transaction_ids), 1)

    def test_only_the_schedulers_process_makes_the_call(self):
        wizard, _status = self._send()
        wizard.clover_status()
        self._status(wizard)
        self.env["fusion.operation"].sudo()._complete_due()
        self.assertEqual(self._calls(), [])

    def test_a_tip_and_a_surcharge_are_kept(self):
        self.simulator.post("config", {"surcharge": True})
        self._tell(self.flex, "approve", tip_amount=1500)
        wizard, _status = self._send()
        status = self._work(wizard)
        self.assertIn("15.00", status["message"])
        transaction = wizard.sudo().transaction_id
        self.assertEqual((transaction.amount, transaction.clover_tip_amount), (113.0, 15.0))
        (charge,) = self._charges()
        surcharge = charge["amount"] - 11300 - 1500
        self.assertGreater(surcharge, 0)
        self.assertEqual(
            (round(transaction.fusion_surcharge_amount * 100), transaction.fusion_surcharge_origin),
            (surcharge, "provider"),
        )
        self.assertEqual(round(transaction.payment_id.amount * 100), charge["amount"])
        self.assertEqual(round(transaction.fusion_surcharge_move_id.amount_total * 100), surcharge)
        self.assertEqual(self.move.amount_residual, 0)

    def test_a_declined_card_charges_nothing_and_the_next_try_is_a_new_intent(self):
        self._tell(self.flex, "decline")
        wizard, _status = self._send()
        status = self._work(wizard)
        self.assertEqual(status["state"], "declined")
        self.assertIn("Nothing was charged", status["message"])
        self._tell(self.flex, "approve")
        self._send(wizard)
        self.assertEqual(self._work(wizard)["state"], "approved")
        self.assertEqual(len(self._charges()), 1)
        keys = {call["headers"]["Idempotency-Key"] for call in self._calls()}
        self.assertEqual(len(keys), 2)

    def test_a_customer_who_cancels_leaves_a_cancelled_transaction(self):
        self._tell(self.flex, "cancel")
        wizard, _status = self._send()
        status = self._work(wizard)
        self.assertEqual(status["state"], "cancelled")
        self.assertEqual(wizard.sudo().transaction_id.state, "cancel")
        self.assertFalse(self.move.fusion_payment_notice)
        self.assertFalse(self.flex.in_use_notice)

    def test_what_is_cancelled_before_it_is_sent_is_never_sent(self):
        wizard, _status = self._send()
        status = wizard.clover_terminal_cancel()
        self.assertEqual(status["state"], "cancelled")
        self._work(wizard)
        self.assertEqual(self._calls(), [])
        self.assertFalse(self.flex.in_use_notice)

    def test_a_busy_terminal_is_tried_again_and_charges_once(self):
        self._tell(self.flex, "busy")
        wizard, _status = self._send()
        status = self._work(wizard)
        self.assertEqual(status["state"], "checking")
        self.assertIn("busy", status["message"])
        self.assertTrue(status["can_cancel"])
        self._tell(self.flex, "approve")
        for _look in range(3):
            status = self._work(wizard)
        self.assertEqual(status["state"], "approved")
        self.assertEqual(len(self._charges()), 1)

    def test_a_lost_answer_is_found_again_and_not_sent_again(self):
        self.simulator.fault("reset_after", PAYMENTS)
        wizard, _status = self._send()
        self.assertEqual(self._work(wizard)["state"], "checking")
        self.assertIn("Do not charge again", self.move.fusion_payment_notice)
        self.assertEqual(self._work(wizard)["state"], "approved")
        self.assertEqual(len(self._calls()), 1)
        self.assertEqual(len(self._charges()), 1)

    def test_a_request_that_got_lost_is_sent_again_under_its_key(self):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        for _look in range(3):
            status = self._work(wizard)
        self.assertEqual(status["state"], "approved")
        first, second = self._calls()
        self.assertEqual(first["headers"]["Idempotency-Key"], second["headers"]["Idempotency-Key"])
        self.assertEqual(len(self._charges()), 1)

    def test_what_nobody_waits_for_any_more_is_not_sent_again(self):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        self._operation_of(wizard).send_until = "2020-01-01"
        # Nothing is found right after a drop: that is no proof yet.
        self.assertEqual(self._work(wizard)["state"], "checking")
        status = self._work(wizard)
        self.assertEqual(status["state"], "declined")
        self.assertIn("never reached the terminal", status["message"])
        self.assertEqual(len(self._calls()), 1)
        self.assertEqual(self._charges(), [])

    def test_after_a_cancel_nothing_is_sent_again(self):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        wizard.clover_terminal_cancel()
        self.assertEqual(self._work(wizard)["state"], "checking")
        self.assertEqual(self._work(wizard)["state"], "cancelled")
        self.assertEqual(len(self._calls()), 1)

    def test_an_offline_terminal_proves_nothing_when_the_answer_got_lost(self):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        self._tell(self.flex, "offline")
        self._operation_of(wizard).send_until = "2020-01-01"
        status = self._work(wizard)
        self.assertEqual(status["state"], "checking")
        self.assertIn("cannot be asked", status["message"])

    def test_a_part_of_the_amount_is_put_before_the_clerk(self):
        self._tell(self.flex, "partial", amount=5000)
        wizard, _status = self._send()
        status = self._work(wizard)
        self.assertEqual(status["state"], "partial")
        self.assertIn("a part of the amount only", status["message"])
        self.assertEqual(self.move.amount_residual, 113.0)
        self.assertTrue(self.move.fusion_payment_notice)
        # The terminal has done its part: the decision is made at the desk.
        self.assertFalse(self.flex.in_use_notice)

    def test_issues_are_shown_and_kept(self):
        self._tell(self.flex, "approve", issues=["signature", "duplicate", "offline"])
        wizard, _status = self._send()
        status = self._work(wizard)
        sentences = [issue for issue in status["issues"] if not issue.startswith("Clover says")]
        self.assertEqual(len(sentences), 3)
        self.assertIn("Clover says: Please verify the signature", status["issues"])
        self.assertTrue(status["signature"].startswith("data:image/svg+xml;base64,"))
        self.assertIn("<svg", wizard.sudo().transaction_id.clover_signature_svg)
        self.assertEqual(wizard.sudo().transaction_id.clover_issues, "signature,duplicate,offline")

    def test_a_second_clerk_sees_who_has_the_terminal_and_since_when(self):
        self._send()
        other = self._open(self._new_invoice(20.0), self.colleague)
        self.assertIn("clover_clerk", other.clover_terminal_contact()["message"])
        with self.assertRaisesRegex(UserError, r"in use by clover_clerk .* since \d\d:\d\d"):
            other.clover_send_to_terminal()
        other.terminal_id = self.mini
        self.assertEqual(self._work(self._send(other)[0])["state"], "approved")

    def test_a_lease_that_has_run_out_is_no_obstacle(self):
        self._send()
        lease = self.env["clover.terminal.lease"].sudo().search([])
        lease.until = "2020-01-01"
        self.env.invalidate_all()
        self.assertFalse(self.flex.in_use_notice)
        other = self._open(self._new_invoice(20.0), self.colleague)
        self._send(other)
        self.assertEqual(
            self.env["clover.terminal.lease"].sudo().search([]).user_id, self.colleague
        )

    def test_the_same_payment_is_resumed_by_a_colleague(self):
        wizard, _status = self._send()
        resumed = self._open(self.move, self.colleague)
        self.assertTrue(resumed.is_resumed)
        self.assertEqual(resumed.sudo().transaction_id, wizard.sudo().transaction_id)
        self.assertEqual(self._status(resumed)["state"], "sending")
        self._work(wizard)
        self.assertEqual(self._status(resumed)["state"], "approved")

    def test_an_invoice_on_a_terminal_takes_no_other_payment(self):
        first, second = self._open(self.move), self._open(self.move, self.colleague)
        self._send(first)
        second.terminal_id = self.mini
        with self.assertRaises(OperationInProgress):
            second.clover_send_to_terminal()
        self.assertEqual(self._calls(), [])

    def test_an_invoice_that_was_paid_while_it_waited_is_not_charged(self):
        wizard, _status = self._send()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.move.ids
        ).create({})._create_payments()
        status = self._work(wizard)
        self.assertEqual(status["state"], "declined")
        self.assertIn("paid in the meantime", status["message"])
        self.assertEqual(self._calls(), [])

    def test_an_order_is_paid_on_a_terminal(self):
        order = self._new_order(80.0)
        wizard, _status = self._send(self._open(order))
        self.assertEqual(self._work(wizard)["state"], "approved")
        self.assertEqual(self._charges()[0]["amount"], 8000)

    def test_without_terminals_the_card_is_typed(self):
        (self.flex | self.mini).active = False
        wizard = self._open(self.move)
        self.assertEqual(wizard.method, "keyed")
        self.assertFalse(wizard.terminal_ids)

    def test_a_terminal_of_another_environment_is_refused(self):
        wizard = self._open(self.move)
        self.flex.environment = "production"
        with self.assertRaisesRegex(UserError, "does not take payments here"):
            wizard.clover_send_to_terminal()
        self.assertFalse(self.move.sudo().transaction_ids.fusion_operation_ids)

    def test_every_situation_has_a_sentence_of_its_own(self):
        sentences = {
            self.env["payment.transaction"]._clover_terminal_sentence(one) for one in Situation
        }
        self.assertEqual(len(sentences), len(Situation))
