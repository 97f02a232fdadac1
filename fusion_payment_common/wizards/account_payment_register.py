from odoo import models


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _init_payments(self, to_process, edit_mode=False):
        """Override of `account` to link each payment to its own invoices before it is charged.

        Core links them only after posting, which is after a saved card is charged.
        """
        payments = super()._init_payments(to_process, edit_mode=edit_mode)
        for values in to_process:
            values["payment"].invoice_ids |= values["to_reconcile"].move_id
        return payments

    def _create_payment_vals_from_batch(self, batch_result):
        """Override of `account` to charge the saved card for ungrouped payments too.

        Core drops the card where payments are not grouped, and registers them as received although
        nobody was charged.
        """
        values = super()._create_payment_vals_from_batch(batch_result)
        # Elevated: the card's owner is only compared, not shown.
        owner = self.payment_token_id.sudo().partner_id.commercial_partner_id
        payer = self.env["res.partner"].browse(values["partner_id"]).commercial_partner_id
        if owner and owner == payer:
            values["payment_token_id"] = self.payment_token_id.id
        return values
