from odoo import models

from ... import const


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _compute_amount_available_for_refund(self):
        """Override of `account_payment` to deduct refunds that are not booked yet."""
        super()._compute_amount_available_for_refund()
        for payment in self.filtered("amount_available_for_refund"):
            # Elevated: as in core, users may see a payment without access to its transactions.
            transaction = payment.payment_transaction_id.sudo()
            if transaction.provider_code == const.PROVIDER_CODE:
                payment.amount_available_for_refund = max(transaction._clover_left(), 0)
