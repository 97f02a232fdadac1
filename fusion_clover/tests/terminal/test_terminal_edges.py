from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.fusion_payment_common.lib import errors

from ...models.terminal import payment_transaction_terminal_cancel
from ...models.terminal.payment_transaction_terminal_cancel import CANCEL_TRIES
from .terminal_common import PAYMENTS, TerminalCommon

CANCEL = "/connect/v1/device/cancel"


@tagged("post_install", "-at_install")
class TestTerminalMoney(TerminalCommon):
    """Where money and books, or the customers of two payments, could be mixed up."""

    def test_a_surcharge_quoted_for_a_typed_card_is_not_asked_of_the_terminal(self):
        wizard = self._open(self.move)
        wizard.method = "keyed"
        wizard.clover_prepare()
        transaction = wizard.sudo().transaction_id
        transaction.write(
            {
                "fusion_surcharge_amount": 2.71,
                "fusion_surcharge_origin": "own",
                "clover_quoted_card": {"source": "x", "first6": "424242"},
            }
        )
        wizard.method = "terminal"
        self._send(wizard)
        self.assertEqual(self._work(wizard)["state"], "approved")
        self.assertEqual(wizard.sudo().transaction_id, transaction)
        self.assertEqual((transaction.state, transaction.amount), ("done", 113.0))
        self.assertEqual(transaction.fusion_surcharge_amount, 0.0)
        self.assertFalse(transaction.fusion_surcharge_origin)
        self.assertEqual(self._charges()[0]["amount"], 11300)
        self.assertEqual(self.move.amount_residual, 0)

    def test_a_payment_that_was_taken_back_is_closed_and_frees_the_invoice(self):
        self.simulator.fault("reset_after", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        (charge,) = self._charges()
        self.simulator.post("dashboard/refund", {"payment": charge["id"]})
        status = self._work(wizard)
        self.assertEqual(status["state"], "declined")
        self.assertIn("taken back again", status["message"])
        self.assertEqual(self.move.amount_residual, 113.0)
        self.assertFalse(self.move.fusion_payment_notice)

    def test_nobody_is_asked_again_after_a_customer_walked_away(self):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        operation = self._operation_of(wizard)
        operation.attempt_ids.duration_ms = 178_000
        self._work(wizard)
        status = self._work(wizard)
        self.assertEqual(status["state"], "cancelled")
        self.assertIn("Nobody paid at the terminal in time", status["message"])
        self.assertEqual(wizard.sudo().transaction_id.state, "cancel")
        self.assertEqual(len(self._calls()), 1)

    def test_a_cancel_leaves_alone_what_others_have_on_the_screen(self):
        self._tell(self.flex, "busy")
        wizard, _status = self._send()
        self._work(wizard)
        wizard.clover_terminal_cancel()
        self.assertEqual(self.simulator.requests(CANCEL), [])
        status = self._work(wizard)
        self.assertEqual(status["state"], "cancelled")
        self.assertEqual(len(self._calls()), 1)

    def test_a_cancel_after_the_lease_leaves_the_next_payment_alone(self):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        self.env["clover.terminal.lease"].sudo().search([]).until = "2020-01-01"
        self.env.invalidate_all()
        self._send(self._open(self._new_invoice(20.0), self.colleague))
        wizard.clover_terminal_cancel()
        self.assertEqual(self.simulator.requests(CANCEL), [])

    def test_a_terminal_is_told_to_cancel_until_the_payment_is_over(self):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        status = wizard.clover_terminal_cancel()
        self.assertEqual(len(self.simulator.requests(CANCEL)), CANCEL_TRIES)
        self.assertTrue(status["cancelling"])

    def test_a_cancel_that_came_to_nothing_can_be_asked_for_again(self):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        self.patch(payment_transaction_terminal_cancel, "CANCEL_PAUSE", 3)
        operation = self._operation_of(wizard)
        operation.clover_cancel_requested_at = fields.Datetime.now()
        self.assertFalse(self._status(wizard)["can_cancel"])
        operation.clover_cancel_requested_at -= timedelta(minutes=1)
        self.assertTrue(self._status(wizard)["can_cancel"])
        operation.write(
            {"clover_cancel_requested_at": fields.Datetime.now(), "clover_cancel_error": "asleep"}
        )
        self.assertTrue(self._status(wizard)["can_cancel"])

    def test_a_repeated_request_is_waited_for_like_the_first(self):
        self._tell(self.flex, "busy")
        wizard, _status = self._send()
        self._work(wizard)
        operation = self._operation_of(wizard)
        attempt = {"number": 9, "action": "repeat", "started_at": fields.Datetime.now()}
        operation.write(
            {
                "lease_until": fields.Datetime.now() + timedelta(minutes=2),
                "attempt_ids": [Command.create(attempt)],
            }
        )
        status = self._status(wizard)
        self.assertEqual(status["state"], "waiting")
        self.assertIn("Waiting for the customer", status["message"])

    def test_a_repetition_that_cannot_be_prepared_is_tried_again_soon(self):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        self._work(wizard)

        def prepare(transactions, operation, observer):
            raise errors.RequestRejectedError("cancelled in between", code="cancelled")

        self.patch(type(self.env["payment.transaction"]), "_fusion_prepare_call", prepare)
        self.assertEqual(self._work(wizard)["state"], "checking")
        operation = self._operation_of(wizard)
        self.assertEqual(operation.state, "unknown")
        self.assertFalse(operation.lease_until)
        self.assertEqual(len(self._calls()), 1)

    def test_a_manager_closes_what_a_terminal_that_is_gone_cannot_prove(self):
        wizard = self._lost_past_its_time("offline")
        resolution = self._resolution(wizard)
        resolution.action_confirm()
        operation = self._operation_of(wizard)
        self.assertEqual((operation.state, operation.resolved_by_id), ("rejected", self.manager))
        self.assertFalse(self.move.fusion_payment_notice)
        self.assertFalse(self.flex.in_use_notice)

    def test_what_may_be_on_the_screen_is_not_closed(self):
        wizard = self._lost_past_its_time("busy")
        with self.assertRaisesRegex(UserError, "still working on this payment"):
            self._resolution(wizard).action_confirm()
        self.assertEqual(self._operation_of(wizard).state, "unknown")

    def _lost_past_its_time(self, trouble):
        self.simulator.fault("reset_before", PAYMENTS)
        wizard, _status = self._send()
        self._work(wizard)
        self._tell(self.flex, trouble)
        self._operation_of(wizard).send_until = "2020-01-01"
        self.assertEqual(self._work(wizard)["state"], "checking")
        return wizard

    def _resolution(self, wizard):
        return (
            self.env["fusion.operation.resolution"]
            .with_user(self.manager)
            .create(
                {
                    "operation_id": self._operation_of(wizard).id,
                    "verdict": "nothing",
                    "note": "The terminal was stolen; the dashboard shows no payment.",
                }
            )
        )

    def test_the_wait_stays_within_what_clover_takes(self):
        parameters = self.env["ir.config_parameter"].sudo()
        for value, seconds in (("0", 10), ("900", 300), ("120", 120), ("long", 180)):
            parameters.set_param("fusion_clover.terminal_wait", value)
            self.assertEqual(self.env["payment.transaction"]._clover_terminal_wait(), seconds)
        with self.assertRaisesRegex(ValidationError, "10 to 300 seconds"):
            self.env["res.config.settings"].create({"clover_terminal_wait": 900})


@tagged("post_install", "-at_install")
class TestTerminalAccess(TerminalCommon):
    def test_a_dialog_is_its_owners(self):
        wizard, _status = self._send()
        portal = new_test_user(self.env, login="clover_portal", groups="base.group_portal")
        for user in (self.colleague, portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                wizard.with_user(user).clover_terminal_status()
            with self.subTest(user.login), self.assertRaises(AccessError):
                wizard.with_user(user).clover_terminal_receipt("PRINT")


@tagged("post_install", "-at_install")
class TestTerminalLocations(TerminalCommon):
    def setUp(self):
        super().setUp()
        self.second = self.provider.copy({"name": "Clover Airport"})
        self.second.write(
            {
                "state": "test",
                "clover_merchant_id": self.provider.clover_merchant_id,
                "journal_id": self.provider.journal_id.id,
            }
        )
        self.airport = self.flex.sudo().copy({"provider_id": self.second.id, "name": "Airport"})

    def test_a_terminal_of_a_second_location_takes_the_payment_for_it(self):
        wizard = self._open(self.move)
        self.assertIn(self.airport, wizard.terminal_ids)
        self.assertEqual(wizard.terminal_id, self.flex)
        wizard.clover_prepare()
        first = wizard.sudo().transaction_id
        self.assertEqual(first.provider_id, self.provider)
        wizard.terminal_id = self.airport
        wizard.clover_prepare()
        self.assertEqual(wizard.sudo().transaction_id.provider_id, self.second)
        wizard.method = "keyed"
        self.assertEqual(wizard._provider(), self.provider)

    def test_a_device_has_one_owner_whoever_lists_it(self):
        self._send()
        self.env.invalidate_all()
        self.assertIn("in use by clover_clerk", self.airport.in_use_notice)
        other = self._open(self._new_invoice(20.0), self.colleague)
        other.terminal_id = self.airport
        with self.assertRaisesRegex(UserError, "in use by clover_clerk"):
            other.clover_send_to_terminal()

    def test_a_terminal_that_came_back_has_its_name(self):
        self.flex.write({"name": "Front desk", "active": False})
        self.provider.action_clover_sync_terminals()
        self.assertTrue(self.flex.active)
        self.assertEqual(self.flex.name, "Front desk")


@tagged("post_install", "-at_install")
class TestTerminalReceipt(TerminalCommon):
    def setUp(self):
        super().setUp()
        self.wizard, _status = self._send()
        self._work(self.wizard)
        self.payment_id = self.wizard.sudo().transaction_id.provider_reference

    def test_a_collector_gives_the_receipt_from_the_dialog(self):
        status = self.wizard.clover_terminal_receipt("PRINT")
        self.assertIn("on its way", status["receipt"])
        self.assertEqual(
            self._device(self.flex)["printed"], [{"of": self.payment_id, "method": "PRINT"}]
        )
        with self.assertRaisesRegex(UserError, "no such receipt"):
            self.wizard.clover_terminal_receipt("FAX")

    def test_the_customer_chooses_on_the_screen(self):
        self._tell(self.flex, "approve", receipt="SMS", address="+15145550100")
        self.wizard.clover_terminal_receipt("ASK")
        self.assertIn("by text message", self._status(self.wizard)["receipt"])
        sent = {"of": self.payment_id, "method": "SMS", "additionalData": "+15145550100"}
        self.assertEqual(self._device(self.flex)["printed"], [sent])
        self.assertEqual(self._device(self.flex)["screen"], "thank-you")

    def test_a_company_may_have_every_customer_asked(self):
        transaction = self.wizard.sudo().transaction_id
        terminals = self.provider._clover_client().terminals
        operation = self._operation_of(self.wizard)
        end = transaction._clover_good_end(operation, terminals, self.flex.serial)
        end()
        self.assertFalse(transaction.clover_receipt_choice)
        transaction.company_id.clover_ask_receipt = True
        self._tell(self.flex, "approve", receipt="PRINT")
        end = transaction._clover_good_end(operation, terminals, self.flex.serial)
        self.assertEqual(transaction.clover_receipt_choice, "asking")
        self.env.flush_all()
        end()
        self.env.invalidate_all()
        self.assertEqual(transaction.clover_receipt_choice, "print")
        self.assertEqual(len(self._device(self.flex)["printed"]), 1)

    def test_a_customer_may_want_none(self):
        self._tell(self.flex, "approve", receipt="NO_RECEIPT")
        self.wizard.clover_terminal_receipt("ASK")
        self.assertIn("wants no receipt", self._status(self.wizard)["receipt"])
        self.assertEqual(self._device(self.flex)["printed"], [])

    def test_a_terminal_that_does_not_answer_changes_nothing_of_the_payment(self):
        self._tell(self.flex, "offline")
        self.wizard.clover_terminal_receipt("ASK")
        status = self._status(self.wizard)
        self.assertEqual(status["state"], "approved")
        self.assertIn("was not made", status["receipt"])

    def test_the_next_customers_payment_is_not_disturbed(self):
        self._send(self._open(self._new_invoice(20.0), self.colleague))
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "in use by clover_colleague"):
            self.wizard.clover_terminal_receipt("ASK")
