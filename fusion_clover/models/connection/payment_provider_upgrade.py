from odoo import api, models
from odoo.fields import Command

from ... import const


class PaymentProvider(models.Model):
    """Records of earlier versions get what this version needs."""

    _inherit = "payment.provider"

    @api.model
    def _clover_complete_records(self):
        """Give every Clover provider what it lacks to be shown to customers.

        Repeatable. What an administrator has chosen stays: cards are allowed to be saved only
        where there was no card form yet, so that nobody can have decided against it.
        """
        providers = self.search([("code", "=", const.PROVIDER_CODE)])
        card = self.env.ref("payment.payment_method_card")
        for provider in providers:
            missing = {}
            if not provider.inline_form_view_id:
                missing["inline_form_view_id"] = self.env.ref("fusion_clover.inline_form").id
                missing["allow_tokenization"] = provider.clover_saves_cards != "no"
            if not provider.module_id:
                missing["module_id"] = self.env.ref("base.module_fusion_clover").id
            if card not in provider.with_context(active_test=False).payment_method_ids:
                missing["payment_method_ids"] = [Command.link(card.id)]
            if missing:
                provider.write(missing)
                if provider.state != "disabled":
                    provider._activate_default_pms()
