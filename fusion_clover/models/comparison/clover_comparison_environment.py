from odoo import api, fields, models


class CloverComparison(models.Model):
    """The Clover environment that was compared; the provider may go live afterwards."""

    _inherit = "clover.comparison"

    environment = fields.Selection(
        [("sandbox", "Sandbox"), ("production", "Production")],
        compute="_compute_environment",
        store=True,
        precompute=True,
        readonly=True,
    )

    @api.depends("provider_id")
    def _compute_environment(self):
        for comparison in self:
            # Elevated: providers are readable by administrators only.
            provider = comparison.provider_id.sudo()
            comparison.environment = provider and provider._clover_environment_name()
