from odoo.tests import tagged

from .common import OperationCommon


@tagged("post_install", "-at_install")
class TestCoreHazards(OperationCommon):
    """What Odoo itself does that a payment of unknown outcome must be protected from.

    These tests describe core as it is. When one of them fails, core has changed, and the code that
    works around it can go.
    """

    def test_core_cancels_the_payment_of_a_pending_token_charge_for_good(self):
        """After a charge by saved card that is still pending, core cancels the payment.

        When the money arrives later, post-processing sees that the transaction has a payment and
        creates none: money taken, nothing booked.
        """
        provider = self.dummy_provider
        method_line = provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == provider
        )
        token = self._create_token(partner_id=self.partner_a.id)
        self.patch(
            type(self.env["payment.transaction"]),
            "_send_payment_request",
            lambda self: self._set_pending(),
        )
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.move.ids)
            .create(
                {
                    "journal_id": provider.journal_id.id,
                    "payment_method_line_id": method_line.id,
                    "payment_token_id": token.id,
                }
            )
            ._create_payments()
        )
        transaction = payment.payment_transaction_id
        self.assertEqual(transaction.state, "pending")
        self.assertEqual(payment.state, "canceled")

        transaction._set_done()
        transaction._post_process()

        self.assertEqual(transaction.state, "done")
        self.assertEqual(payment.state, "canceled", "core does not bring the payment back")
        self.assertEqual(transaction.payment_id, payment, "and makes no other one")
        self.assertEqual(self.move.amount_residual, 113.0, "so the invoice stays unpaid")
