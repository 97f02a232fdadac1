from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.health import Finding, Level

#: Hours after which the daily comparison is overdue.
OVERDUE_HOURS = 36
#: Only comparisons of this many past days count.
HEALTH_DAYS = 30


class CloverComparison(models.Model):
    _inherit = "clover.comparison"

    @api.model
    def _probe_comparison(self, company):
        """Return the number of open differences in the company's recent comparisons."""
        providers = self._providers().filtered(lambda one: one.company_id == company)
        if not providers:
            return Finding(Level.OK, self.env._("Clover is switched off in this company."), 0)
        since = fields.Date.today() - timedelta(days=HEALTH_DAYS)
        recent = self.search(
            [("provider_id", "in", providers.ids), ("date_to", ">=", since)], order="id desc"
        )
        failed = recent._not_made_up_for()
        if failed:
            return Finding(
                Level.ERROR,
                self.env._(
                    "%(day)s could not be compared: %(why)s",
                    day=failed[0].name,
                    why=failed[0].message,
                ),
                len(failed),
            )
        done = recent.filtered(lambda one: one.state == "done")
        if not done:
            return Finding(Level.WARNING, self.env._("Nothing was compared with Clover yet."))
        found = self.env["clover.comparison.difference"].search_count(
            [("provider_id", "in", providers.ids), ("state", "=", "open"), ("date", ">=", since)]
        )
        if found:
            return Finding(
                Level.WARNING,
                self.env._(
                    "Open differences in the comparisons of the last %(days)s days: %(count)s.",
                    days=HEALTH_DAYS,
                    count=found,
                ),
                found,
            )
        overdue = fields.Datetime.now() - timedelta(hours=OVERDUE_HOURS)
        fresh = done.filtered(lambda one: one.compared_at >= overdue)
        if providers - fresh.provider_id:
            return Finding(
                Level.WARNING,
                self.env._("No day was compared since %s: does the scheduler run?", done[0].name),
                0,
            )
        return Finding(
            Level.OK, self.env._("Clover and the books agree about %s.", done[0].name), 0
        )

    def _not_made_up_for(self):
        """Return failed comparisons whose days no later comparison has covered."""
        return self.filtered(
            lambda one: one.state == "failed"
            and not self.filtered(
                lambda other: other.state == "done"
                and other.provider_id == one.provider_id
                and other.id > one.id
                and other.date_from <= one.date_from
                and other.date_to >= one.date_to
            )
        )

    @api.model
    def _remedy_comparison(self, company):
        """Open the company's comparisons, those with open differences first."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_clover.clover_comparison_action"
        )
        return {**action, "domain": [("company_id", "=", company.id)]}
