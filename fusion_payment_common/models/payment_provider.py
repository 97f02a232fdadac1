from odoo import api, models


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment` to create the payment method line before the first payment."""
        providers = super().create(vals_list)
        providers._fusion_ensure_payment_method_line()
        return providers

    def write(self, vals):
        """Override of `payment` to create the payment method line before the first payment."""
        result = super().write(vals)
        if "state" in vals:
            self._fusion_ensure_payment_method_line()
        return result

    def _fusion_ensure_payment_method_line(self):
        """Create the payment method line of enabled providers now, before it is needed.

        Core creates it when the journal is first read. If several first payments are booked at
        once, each creates one, and no payment can be booked after that.
        """
        # Elevated: the user who enables a provider need not have rights in accounting.
        for provider in self.sudo().filtered(lambda provider: provider.state != "disabled"):
            # Reading this field makes core create the line.
            provider.read(["journal_id"])
