from odoo import models


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _init_payments(self, to_process, edit_mode=False):
        """Override of `account` to let each payment know its own invoices before it is charged.

        Core links them only after posting, when a saved card has long been charged.
        """
        payments = super()._init_payments(to_process, edit_mode=edit_mode)
        for values in to_process:
            values["payment"].invoice_ids |= values["to_reconcile"].move_id
        return payments
