from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.health import Check, Finding, Level

#: Hours after which the daily comparison is overdue.
OVERDUE_HOURS = 36


class FusionHealthCheck(models.Model):
    """The check of the daily comparison, and of payments that nobody finishes."""

    _inherit = "fusion.health.check"

    @api.model
    def _checks(self):
        """Override of `fusion_payment_common` to register the checks of this addon."""
        return [
            *super()._checks(),
            Check(
                "clover_reconciliation",
                self.env._("Comparison with Clover"),
                "clover.reconciliation",
                "_probe_reconciliation",
                remedy="_remedy_reconciliation",
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
        ]


class CloverReconciliation(models.Model):
    _inherit = "clover.reconciliation"

    @api.model
    def _probe_reconciliation(self, company):
        """Return how many differences the company's latest comparisons have left open."""
        providers = self._providers().filtered(lambda one: one.company_id == company)
        if not providers:
            return Finding(Level.OK, self.env._("Clover is switched off in this company."), 0)
        latest = [self._latest(provider) for provider in providers]
        last = self.concat(*latest)
        failed = last.filtered(lambda one: one.state == "failed")
        if failed:
            return Finding(
                Level.ERROR,
                self.env._(
                    "%(day)s could not be compared: %(why)s",
                    day=failed[0].name,
                    why=failed[0].message,
                ),
            )
        if not last:
            return Finding(Level.WARNING, self.env._("Nothing was compared with Clover yet."))
        found = sum(last.mapped("open_count"))
        if found:
            return Finding(
                Level.WARNING,
                self.env._(
                    "The comparison of %(day)s has %(count)s open differences.",
                    day=last[0].name,
                    count=found,
                ),
                found,
            )
        overdue = fields.Datetime.now() - timedelta(hours=OVERDUE_HOURS)
        if min(last.mapped("compared_at")) < overdue:
            return Finding(
                Level.WARNING,
                self.env._("No day was compared since %s: does the scheduler run?", last[0].name),
                0,
            )
        return Finding(
            Level.OK, self.env._("Clover and the books agree about %s.", last[0].name), 0
        )

    @api.model
    def _latest(self, provider):
        return self.search(
            [("provider_id", "=", provider.id), ("state", "in", ("done", "failed"))],
            order="id desc",
            limit=1,
        )

    @api.model
    def _remedy_reconciliation(self, company):
        """Open the company's comparisons, those with open differences first."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_clover.clover_reconciliation_action"
        )
        return {**action, "domain": [("company_id", "=", company.id)]}
