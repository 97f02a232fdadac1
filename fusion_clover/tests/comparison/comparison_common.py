from datetime import timedelta

from odoo import fields
from odoo.tools import SQL

from ..inbound.reading_common import OutsideCommon


class ComparisonCommon(OutsideCommon):
    """A paid invoice, a Manager, Clover's dashboard, and comparisons of today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param(
            "fusion_clover.comparison_settling_seconds", "-60"
        )
        cls.comparisons = cls.env["clover.comparison"].with_user(cls.manager)

    def _compared(self):
        """Compare yesterday to tomorrow, so that no midnight comes in between."""
        today = fields.Date.today()
        return self._compare_days(today - timedelta(days=1), today + timedelta(days=1))

    def _compare_days(self, first, last):
        one = self.comparisons.create(
            {"provider_id": self.provider.id, "date_from": first, "date_to": last}
        )
        one.action_compare()
        self._run_schedule()
        return one

    def _run_schedule(self):
        self.env.flush_all()
        self.env.ref("fusion_clover.ir_cron_clover_comparison").method_direct_trigger()
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

    def _book_by_hand(self, clover_ref, amount):
        """A transaction over money that Clover is said to have, booked."""
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": f"HAND-{clover_ref}-{amount}",
                "amount": amount,
                "currency_id": self.currency.id,
                "partner_id": self.partner_a.id,
                "operation": "online_direct",
                "provider_reference": clover_ref,
            }
        )
        transaction._set_done()
        transaction._post_process()
        return transaction

    def _set_clock_back(self, clover_ref):
        """Have Clover say that the payment was made three days ago."""
        self.simulator.post("dashboard/date", {"payment": clover_ref, "days": 3})


def zone_where_it_is_noon():
    """Return the name of a time zone in which it is about noon, whenever the test runs."""
    hour = fields.Datetime.now().hour
    offset = 12 - hour
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"
