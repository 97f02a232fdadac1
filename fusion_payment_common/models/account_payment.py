from odoo import models
from odoo.fields import Command


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def action_post(self):
        """Override of `account` to book the extras that were charged on top of the amount.

        This comes before the payment is reconciled with anything else, or a partly paid invoice
        would also absorb the surcharge.
        """
        result = super().action_post()
        # Elevated: the user who posts a payment need not have access to its transaction.
        for payment in self.sudo().filtered("payment_transaction_id"):
            payment.payment_transaction_id._fusion_book_extras(payment)
        return result

    def _prepare_payment_transaction_vals(self, **extra_create_values):
        """Override of `account_payment` to link a transaction to the payment's own invoices.

        Core links it to all selected invoices. With several payments at once, each would count
        against the invoices of the others.
        """
        values = super()._prepare_payment_transaction_vals(**extra_create_values)
        if self.invoice_ids:
            values["invoice_ids"] = [Command.set(self.invoice_ids.ids)]
        return values

    def _fusion_restore(self, invoices):
        """Restore a payment that core cancelled while its outcome was unknown.

        :param invoices: invoices to reconcile, if the payment is not linked to its own
        """
        self.ensure_one()
        self.action_draft()
        self.payment_transaction_id._fusion_fit_payment()
        # Charges no card: the payment has its transaction already.
        self.action_post()
        self._fusion_close_with(self.invoice_ids or invoices)

    def _fusion_close_with(self, invoices):
        """Reconcile the open lines of this payment with those of the invoices."""
        self.ensure_one()
        moves = invoices.filtered(lambda move: move.state == "posted")
        lines = (self.move_id + moves).line_ids.filtered(
            lambda line: line.account_id == self.destination_account_id and not line.reconciled
        )
        lines.reconcile()
