from datetime import timedelta

from odoo import fields
from odoo.tools import SQL

from .outside_common import OutsideCommon


class ReconciliationCommon(OutsideCommon):
    """A paid invoice, a Manager, Clover's dashboard, and comparisons of today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param(
            "fusion_clover.comparison_settling_seconds", "-60"
        )
        cls.comparisons = cls.env["clover.reconciliation"].with_user(cls.manager)

    def _compared(self):
        """Compare yesterday to tomorrow, so that no midnight comes in between."""
        today = fields.Date.today()
        one = self.comparisons.create(
            {
                "provider_id": self.provider.id,
                "date_from": today - timedelta(days=1),
                "date_to": today + timedelta(days=1),
            }
        )
        one.action_compare()
        self._run_schedule()
        return one

    def _run_schedule(self):
        self.env.flush_all()
        self.env.ref("fusion_clover.ir_cron_clover_reconciliation").method_direct_trigger()
        self.env.invalidate_all()

    def _found(self, comparison):
        """Return the open differences as ``{class: [effect]}``, and insist on the arithmetic."""
        self.assertEqual(comparison.state, "done", comparison.message)
        self.assertEqual(comparison.unexplained, 0)
        found = {}
        for one in comparison.difference_ids.filtered(lambda one: one.state == "open"):
            found.setdefault(one.kind, []).append(round(one.effect, 2))
        return {kind: sorted(effects) for kind, effects in found.items()}

    def _repair_all(self, comparison, partner=None):
        """Repair every open difference with one click."""
        found = comparison.difference_ids.filtered(lambda one: one.state == "open")
        if partner:
            found.partner_id = partner
        return found.action_repair()

    def _by_sql(self, table, record, **values):
        """Change a row behind Odoo's back: a fault."""
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE id = %s",
                    SQL.identifier(table),
                    SQL.identifier(name),
                    value,
                    record.id,
                )
            )
        self.env.invalidate_all()
