from odoo import fields, models

from .. import const


class FusionOperation(models.Model):
    _inherit = "fusion.operation"

    kind = fields.Selection(
        selection_add=[
            ("card_issue", "Card Issue"),
            ("card_cancel", "Card Cancellation"),
            ("card_resend", "Card Sent Again"),
        ],
        ondelete=dict.fromkeys(("card_issue", "card_cancel", "card_resend"), "cascade"),
    )

    def _provider_label(self):
        """Override of `fusion_payment_common`: WEX is no payment provider of Odoo's."""
        if self.provider_code == const.PROVIDER_CODE:
            return "WEX"
        return super()._provider_label()
