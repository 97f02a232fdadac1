from odoo import fields, models
from odoo.exceptions import UserError

from .. import const


class PaymentRefundWizard(models.TransientModel):
    _inherit = "payment.refund.wizard"

    clover_sent = fields.Boolean(readonly=True, copy=False)

    def action_refund(self):
        """Override of `account_payment` to send one refund per dialog, even on a double click.

        A second click waits for the first one's transaction, is retried by Odoo, and then finds
        ``clover_sent`` set.
        """
        self.ensure_one()
        # Elevated: users who may refund may have no access to the transaction.
        if self.transaction_id.sudo().provider_code == const.PROVIDER_CODE:
            if self.clover_sent:
                raise UserError(self.env._("This refund was sent already."))
            self.clover_sent = True
            self.flush_recordset(["clover_sent"])
        return super().action_refund()
