from odoo import models

from .. import const


class PaymentCaptureWizard(models.TransientModel):
    _inherit = "payment.capture.wizard"

    def action_capture(self):
        """Override of `payment` to close what a partial capture leaves: Clover captures once."""
        self.ensure_one()
        codes = set(self.transaction_ids.mapped("provider_code"))
        if self.has_remaining_amount and const.PROVIDER_CODE in codes:
            self.void_remaining_amount = True
        return super().action_capture()
