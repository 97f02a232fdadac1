from odoo import api, models

from odoo.addons.fusion_payment_common.lib.health import Check, Finding, Level


class FusionHealthCheck(models.Model):
    """The check of payments that Clover has and the books do not."""

    _inherit = "fusion.health.check"

    @api.model
    def _checks(self):
        """Override of `fusion_payment_common` to count what nobody has decided about."""
        return [
            *super()._checks(),
            Check(
                "clover_unmatched",
                self.env._("Unmatched Clover payments"),
                "clover.unmatched.payment",
                "_probe_unmatched",
                remedy="_remedy_unmatched",
                remedy_label=self.env._("Open"),
            ),
        ]


class CloverUnmatchedPayment(models.Model):
    _inherit = "clover.unmatched.payment"

    @api.model
    def _probe_unmatched(self, company):
        """Return how many payments of the company wait for a decision."""
        # Elevated: health is looked at for each company in turn.
        waiting = self.sudo().search_count(
            [("company_id", "=", company.id), ("state", "=", "open")]
        )
        if not waiting:
            return Finding(Level.OK, self.env._("Every payment at Clover is known here."), 0)
        return Finding(
            Level.WARNING,
            self.env._(
                "Payments made outside Odoo: %s. Say what they were.", waiting
            ),
            waiting,
        )

    @api.model
    def _remedy_unmatched(self, _company):
        """Open the list."""
        return self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_clover.clover_unmatched_payment_action"
        )
