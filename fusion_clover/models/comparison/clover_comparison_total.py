from odoo import fields, models

_COLUMNS = """
    (comparison_id, company_id, dimension, label, count, clover_amount, odoo_amount,
     create_uid, create_date, write_uid, write_date)
"""
_TRAIL = "%(uid)s, NOW() AT TIME ZONE 'UTC', %(uid)s, NOW() AT TIME ZONE 'UTC'"

#: What moved in the period. A refund has no tender and card; take those of its payment, which was
#: read too because the refund changes it.
_TOTALS = f"""
INSERT INTO clover_comparison_total {_COLUMNS}
  WITH entry AS (
           SELECT own.clover_moved, own.odoo_moved,
                  COALESCE(own.tender, payment.tender) AS tender,
                  COALESCE(own.card_brand, payment.card_brand) AS brand,
                  COALESCE(device.name, own.device_ref, payment.device_ref) AS terminal,
                  COALESCE(own.employee_name, payment.employee_name) AS clerk
             FROM clover_comparison_entry own
        LEFT JOIN clover_comparison_entry payment
               ON payment.comparison_id = own.comparison_id
              AND payment.kind = 'payment'
              AND payment.ref = own.payment_ref
              AND own.kind = 'refund'
        LEFT JOIN LATERAL (
                      SELECT terminal.name
                        FROM clover_terminal terminal
                       WHERE terminal.provider_id = %(provider)s
                         AND terminal.device_ref = COALESCE(own.device_ref, payment.device_ref)
                    ORDER BY terminal.active DESC, terminal.id
                       LIMIT 1
                  ) device ON TRUE
            WHERE own.comparison_id = %(run)s
              AND own.clover_state NOT IN ('failed', 'open')
              AND NOT (own.is_earlier AND own.clover_moved = 0 AND own.odoo_moved = 0)
       ),
       spread AS (
           SELECT clover_moved, odoo_moved, dimension, label
             FROM entry
       CROSS JOIN LATERAL (VALUES ('tender', entry.tender), ('brand', entry.brand),
                                  ('terminal', entry.terminal), ('clerk', entry.clerk)
                          ) AS one (dimension, label)
       )
SELECT %(run)s, %(company)s, dimension, COALESCE(label, '-'), COUNT(*), SUM(clover_moved),
       SUM(odoo_moved), {_TRAIL}
  FROM spread
 GROUP BY dimension, COALESCE(label, '-')
"""

#: Expected bank deposits: all but cash, per day of movement in the merchant's time zone.
_DEPOSITS = f"""
INSERT INTO clover_comparison_total {_COLUMNS}
  WITH clover AS (
           SELECT (own.moved_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS day,
                  COUNT(*) AS count, SUM(own.clover_moved) AS amount, SUM(own.odoo_moved) AS booked
             FROM clover_comparison_entry own
        LEFT JOIN clover_comparison_entry payment
               ON payment.comparison_id = own.comparison_id
              AND payment.kind = 'payment'
              AND payment.ref = own.payment_ref
            WHERE own.comparison_id = %(run)s
              AND NOT COALESCE(payment.is_cash, own.is_cash, FALSE)
              AND (own.clover_moved != 0 OR own.odoo_moved != 0)
         GROUP BY 1
       )
SELECT %(run)s, %(company)s, 'deposit', day::text || ' ' || %(journal)s, count, amount, booked,
       {_TRAIL}
  FROM clover
"""


class CloverComparisonTotal(models.Model):
    """A line of the totals: Clover's amount and the books' amount, by one dimension."""

    _name = "clover.comparison.total"
    _description = "Clover Comparison: Total"
    _order = "dimension, label, id"
    _rec_name = "label"

    comparison_id = fields.Many2one(
        "clover.comparison", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="comparison_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="comparison_id.currency_id")
    dimension = fields.Selection(
        [
            ("tender", "Tender"),
            ("brand", "Card brand"),
            ("terminal", "Terminal"),
            ("clerk", "Clerk"),
            ("deposit", "Expected deposit"),
        ],
        required=True,
        readonly=True,
    )
    label = fields.Char(required=True, readonly=True)
    count = fields.Integer(readonly=True)
    clover_amount = fields.Monetary(string="Clover", readonly=True)
    odoo_amount = fields.Monetary(string="Odoo", readonly=True)
    gap = fields.Monetary(string="Difference", compute="_compute_gap")

    def _compute_gap(self):
        for total in self:
            total.gap = total.currency_id.round(total.clover_amount - total.odoo_amount)


class CloverComparison(models.Model):
    """The totals, and whether the differences explain every gap."""

    _inherit = "clover.comparison"

    def _sum_up(self):
        """Write the totals, and the gap that the differences do not explain."""
        values = {
            "company": self.company_id.id,
            "uid": self.env.uid,
            "zone": self.timezone,
            "journal": self.provider_id.journal_id.display_name or "",
        }
        self.env.flush_all()
        self._execute(_TOTALS, **values)
        self._execute(_DEPOSITS, **values)
        self.env.cr.execute(
            """
            SELECT COUNT(*), COALESCE(SUM(clover_moved), 0), COALESCE(SUM(odoo_moved), 0)
              FROM clover_comparison_entry
             WHERE comparison_id = %s
            """,
            [self.id],
        )
        count, clover, odoo = self.env.cr.fetchone()
        only_here = sum(
            found.odoo_amount for found in self.difference_ids if found.kind == "odoo_only"
        )
        gap = self.currency_id.round(float(clover) - float(odoo) - only_here)
        explained = self.currency_id.round(sum(self.difference_ids.mapped("effect")))
        self.invalidate_recordset(["total_ids"])
        self.write(
            {
                "entry_count": count,
                "clover_amount": float(clover),
                "odoo_amount": float(odoo) + only_here,
                "gap": gap,
                "explained": explained,
                "unexplained": self.currency_id.round(gap - explained),
                "difference_count": len(self.difference_ids),
            }
        )
        self._compute_open_count()
