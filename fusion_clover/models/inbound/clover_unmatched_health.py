from odoo import api, models

from odoo.addons.fusion_payment_common.lib.health import Finding, Level


class CloverUnmatchedPayment(models.Model):
    _inherit = "clover.unmatched.payment"

    @api.model
    def _probe_unmatched(self, company):
        """Return how many payments of the company wait for a decision."""
        # Elevated: the health page checks each company in turn.
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
