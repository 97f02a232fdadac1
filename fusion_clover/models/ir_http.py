from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Override of `web` to include the card form's translations in customers' pages."""
        return [*super()._get_translation_frontend_modules_name(), "fusion_clover"]
