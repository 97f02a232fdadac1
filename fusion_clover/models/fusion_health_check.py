from odoo import api, models

from odoo.addons.fusion_payment_common.lib.health import Check


class FusionHealthCheck(models.Model):
    """The health checks of Clover, each with its probe method and its remedy method."""

    _inherit = "fusion.health.check"

    @api.model
    def _checks(self):
        """Override of `fusion_payment_common` to register the checks of this addon."""
        return [
            *super()._checks(),
            Check(
                "clover_connection",
                self.env._("Connection to Clover"),
                "clover.oauth.token",
                "_probe_connection",
                remedy="_remedy_connection",
                remedy_label=self.env._("Open"),
            ),
            Check(
                "clover_unmatched",
                self.env._("Unmatched Clover payments"),
                "clover.unmatched.payment",
                "_probe_unmatched",
                remedy="_remedy_unmatched",
                remedy_label=self.env._("Open"),
            ),
            Check(
                "clover_comparison",
                self.env._("Comparison with Clover"),
                "clover.comparison",
                "_probe_comparison",
                remedy="_remedy_comparison",
                remedy_label=self.env._("Open"),
            ),
            Check(
                "clover_stuck",
                self.env._("Payments without an outcome"),
                "payment.transaction",
                "_probe_clover_stuck",
                remedy="_remedy_clover_stuck",
                remedy_label=self.env._("Open"),
            ),
            Check(
                "clover_terminals",
                self.env._("Clover Terminals"),
                "clover.terminal",
                "_probe_terminals",
                remedy="_remedy_terminals",
                remedy_label=self.env._("Open"),
            ),
        ]
