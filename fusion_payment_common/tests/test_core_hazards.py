from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..lib import errors
from .common import OperationCommon

REPAIR = "odoo.addons.fusion_payment_common.models.payment_transaction"


class TokenCommon(OperationCommon):
    """A saved card of the customer, charged through the ledger within core's own transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.method_line = cls.dummy_provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == cls.dummy_provider
        )
        cls.other_move = cls.init_invoice(
            "out_invoice", partner=cls.partner_a, amounts=[50.0], taxes=[], post=True
        )

    def setUp(self):
        super().setUp()
        self.token = self._create_token(partner_id=self.partner_a.id)
        common = self

        def charge(transaction):
            transaction._fusion_perform_within(common._token_intent(transaction))

        self.patch(type(self.env["payment.transaction"]), "_send_payment_request", charge)

    def _token_intent(self, transaction):
        return transaction._fusion_intent(
            "charge",
            key=f"key of {transaction.reference}",
            external_reference=None,
            parameters={"amount": round(transaction.amount * 100), "source": "tok_saved"},
            payload={"source": "tok_saved"},
            lease_seconds=30,
        )

    def _register_payment(self, moves=None):
        moves = moves or self.move
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=moves.ids)
            .create(
                {
                    "journal_id": self.dummy_provider.journal_id.id,
                    "payment_method_line_id": self.method_line.id,
                    "payment_token_id": self.token.id,
                    "group_payment": True,
                }
            )
        )
        payments = wizard._create_payments()
        self.env.flush_all()
        self.env.invalidate_all()
        return payments

    def _operations(self):
        return self.env["fusion.operation"].sudo().search([("provider_code", "=", "none")])

    def _settle(self):
        """What happens after the caller's commit; cursors of tests drop such hooks."""
        for operation in self._operations():
            operation._settle(operation.id)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestCoreHazards(TokenCommon):
    def test_core_itself_cancels_a_pending_payment_for_good(self):
        """Describes core as it is: when this fails, our repair may no longer be needed."""
        self.patch(
            type(self.env["payment.transaction"]),
            "_send_payment_request",
            lambda self: self._set_pending(),
        )
        self.patch(type(self.env["account.payment"]), "_fusion_restore", lambda *args: None)
        payment = self._register_payment()
        transaction = payment.payment_transaction_id
        self.assertEqual((transaction.state, payment.state), ("pending", "canceled"))

        transaction._set_done()
        transaction._post_process()

        self.assertEqual(transaction.state, "done")
        self.assertEqual(payment.state, "canceled", "core does not bring the payment back")
        self.assertEqual(transaction.payment_id, payment, "and makes no other one")
        self.assertEqual(self.move.amount_residual, 113.0, "so the invoice stays unpaid")

    def test_a_saved_card_is_charged_and_booked(self):
        self.remote.will_answer(self._succeeded("PROV1"))
        payment = self._register_payment()
        self.assertEqual(payment.payment_transaction_id.state, "done")
        self.assertEqual(self.move.amount_residual, 0)
        self._settle()
        self.assertTrue(self._operations().applied_at)
        self.assertFalse(self._operations().hold_ids)
        self.assertEqual(len(self.remote.calls), 1)

    def test_a_payment_cancelled_by_core_is_restored_when_the_money_is_found(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        payment = self._register_payment()
        transaction = payment.payment_transaction_id
        self.assertEqual((transaction.state, payment.state), ("pending", "canceled"))
        self.assertEqual(self.move.amount_residual, 113.0)
        self._settle()
        self.assertIn("Do not charge again", self.move.fusion_payment_notice)

        self.remote.will_know(self._succeeded("PROV1"))
        self._complete(self._operations())

        self.assertEqual(transaction.state, "done")
        self.assertEqual(transaction.payment_id, payment)
        self.assertIn(payment.state, ("in_process", "paid"))
        self.assertEqual(self.move.amount_residual, 0)
        self.assertFalse(self.move.fusion_payment_notice)
        self.assertEqual(len(self.remote.calls), 1)

    def test_one_payment_of_several_invoices_is_restored_on_all_of_them(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        payment = self._register_payment(self.move + self.other_move)
        self.assertEqual(payment.state, "canceled")
        self._settle()
        self.assertEqual(len(self._operations().hold_ids), 2)
        self.remote.will_know(self._succeeded("BOTH"))
        self._complete(self._operations())
        self.assertEqual(self.move.amount_residual, 0)
        self.assertEqual(self.other_move.amount_residual, 0)
        self.assertEqual(payment.amount, 163.0)

    def _post_payments(self):
        """Two payments by saved card, each of its own invoice, posted in one go."""
        payments = self.env["account.payment"].create(
            [
                {
                    "payment_type": "inbound",
                    "partner_id": self.partner_a.id,
                    "amount": move.amount_residual,
                    "journal_id": self.dummy_provider.journal_id.id,
                    "payment_method_line_id": self.method_line.id,
                    "payment_token_id": self.token.id,
                    "memo": move.name,
                    "invoice_ids": [Command.set(move.ids)],
                }
                for move in self.move + self.other_move
            ]
        )
        payments.action_post()
        self.env.flush_all()
        self._settle()
        return payments

    def test_of_several_payments_at_once_each_finds_its_own_invoice(self):
        self.remote.will_answer(
            errors.UnknownOutcomeError("no answer"), errors.UnknownOutcomeError("no answer")
        )
        payments = self._post_payments()
        self.assertEqual(set(payments.mapped("state")), {"canceled"})
        operations = self._operations()
        self.assertEqual(len(operations), 2)
        small = operations.filtered(lambda operation: operation.amount == 50.0)
        self.remote.will_know(self._succeeded("SMALL"))
        self._complete(small)
        self.assertEqual(self.other_move.amount_residual, 0)
        self.assertEqual(self.move.amount_residual, 113.0)
        self.remote.will_know(self._succeeded("LARGE"))
        self._complete(operations - small)
        self.assertEqual(self.move.amount_residual, 0)

    def test_one_decline_among_several_leaves_the_others_alone(self):
        self.remote.will_answer(
            errors.DeclinedError("no", code="card_declined"), self._succeeded("PROV2")
        )
        payments = self._post_payments()
        self.assertEqual(payments[0].state, "canceled")
        self.assertIn(payments[1].state, ("in_process", "paid"))
        self.assertEqual(
            payments.payment_transaction_id.mapped("state"), ["error", "done"]
        )

    def test_an_invoice_that_is_being_paid_elsewhere_is_not_charged(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        payment = self._register_payment()
        self.assertEqual(payment.payment_transaction_id.state, "error")
        self.assertEqual(payment.state, "canceled")
        self.assertEqual(len(self.remote.calls), 1)


@tagged("post_install", "-at_install")
class TestCallerRolledBack(TokenCommon):
    """The charge went through, and the transaction that asked for it did not commit."""

    def _charge_and_roll_back(self):
        """Charge in a transaction that core then rolls back; the ledger keeps its own."""
        transaction = self._new_transaction(self.move, amount=113.0)
        values = {"reference": transaction.reference, "intent": self._token_intent(transaction)}
        self.remote.will_answer(self._succeeded("PROV1"))
        operations = self.env["fusion.operation"].sudo()
        operations._perform(values["intent"])
        transaction.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        return self._operations()

    def test_the_money_is_booked_on_a_transaction_made_anew(self):
        operation = self._charge_and_roll_back()
        operation.finished_at = "2020-01-01"
        with self.assertLogs(REPAIR, "WARNING"):
            self._complete(operation)
        transaction = self.env["payment.transaction"].search(
            [("reference", "=", operation.reference)]
        )
        self.assertEqual(transaction.state, "done")
        self.assertEqual(transaction.amount, 113.0)
        self.assertEqual(transaction.invoice_ids, self.move)
        self.assertEqual(self.move.amount_residual, 0)
        self.assertTrue(operation.applied_at)
        self.assertFalse(operation.hold_ids)
        self.assertEqual(len(self.remote.calls), 1)

    def test_a_caller_that_may_come_back_is_waited_for(self):
        operation = self._charge_and_roll_back()
        self._complete(operation)
        self.assertFalse(operation.applied_at)
        self.assertTrue(operation.hold_ids, "nobody else may charge the invoice meanwhile")
        self.assertTrue(operation.next_attempt_at)
        self.assertFalse(operation.activity_ids)

    def test_a_rolled_back_decline_leaves_nothing_to_book(self):
        transaction = self._new_transaction(self.move, amount=113.0)
        self.remote.will_answer(errors.DeclinedError("no", code="card_declined"))
        self.env["fusion.operation"].sudo()._perform(self._token_intent(transaction))
        transaction.unlink()
        self.env.flush_all()
        operation = self._operations()
        self._complete(operation)
        self.assertTrue(operation.applied_at)
        self.assertFalse(operation.hold_ids)
        self.assertFalse(
            self.env["payment.transaction"].search([("reference", "=", operation.reference)])
        )

    def test_a_rerun_under_the_same_reference_replays_the_answer(self):
        operation = self._charge_and_roll_back()
        again = self.env["payment.transaction"].create(
            {
                "provider_id": self.dummy_provider.id,
                "payment_method_id": self.payment_method_id,
                "reference": operation.reference,
                "amount": 113.0,
                "currency_id": self.move.currency_id.id,
                "partner_id": self.partner_a.id,
                "operation": "offline",
                "invoice_ids": [Command.set(self.move.ids)],
            }
        )
        again._fusion_perform_within(self._token_intent(again))
        self.assertEqual(again.state, "done")
        self.assertEqual(len(self.remote.calls), 1)

    def test_another_payment_meanwhile_is_refused(self):
        self._charge_and_roll_back()
        other = self._new_transaction(self.move, amount=10.0)
        with self.assertRaises(UserError):
            self._perform(other)
        self.assertEqual(len(self.remote.calls), 1)
