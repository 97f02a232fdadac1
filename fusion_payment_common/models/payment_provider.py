from odoo import api, models


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment` to have payments booked from the first one on."""
        providers = super().create(vals_list)
        providers._fusion_ensure_payment_method_line()
        return providers

    def write(self, vals):
        """Override of `payment` to have payments booked from the first one on."""
        result = super().write(vals)
        if "state" in vals:
            self._fusion_ensure_payment_method_line()
        return result

    def _fusion_ensure_payment_method_line(self):
        """Make the payment method line of providers that are switched on now, not when it is used.

        Core makes it when the journal is read for the first time. Where that is the booking of the
        first payments, several at once make one each, and no payment can be booked ever after.
        """
        # Elevated: the user who enables a provider need not have rights in accounting.
        for provider in self.sudo().filtered(lambda provider: provider.state != "disabled"):
            # Reading it is what makes core create the line.
            provider.read(["journal_id"])
