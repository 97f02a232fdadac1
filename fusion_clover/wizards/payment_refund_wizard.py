from odoo import fields, models
from odoo.exceptions import UserError

from .. import const


class PaymentRefundWizard(models.TransientModel):
    _inherit = "payment.refund.wizard"

    clover_sent = fields.Boolean(readonly=True, copy=False)

    def action_refund(self):
        """Override of `account_payment` to send one refund per dialog, however often it is clicked.

        The second of two clicks waits for the first one's transaction, is run again by Odoo, and
        finds the mark.
        """
        self.ensure_one()
        # Elevated: who may refund need not have access to the provider.
        if self.transaction_id.sudo().provider_code == const.PROVIDER_CODE:
            if self.clover_sent:
                raise UserError(self.env._("This refund was sent already."))
            self.clover_sent = True
            self.flush_recordset(["clover_sent"])
        return super().action_refund()
