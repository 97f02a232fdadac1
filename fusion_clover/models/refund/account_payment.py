from odoo import models

from ... import const


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _compute_amount_available_for_refund(self):
        """Override of `account_payment` to count refunds that are not booked yet as well."""
        super()._compute_amount_available_for_refund()
        for payment in self.filtered("amount_available_for_refund"):
            # Elevated, as core does: who sees the payment need not see its transactions.
            transaction = payment.payment_transaction_id.sudo()
            if transaction.provider_code == const.PROVIDER_CODE:
                payment.amount_available_for_refund = max(transaction._clover_left(), 0)
