from collections import Counter
from datetime import UTC, datetime, timedelta

from odoo import api, fields, models

#: Days for which entries are kept as evidence.
KEEP_DAYS = 400
VACUUM_BATCH = 10000


class CloverComparisonEntry(models.Model):
    """A payment or refund as Clover listed it, with what the books had for it at that moment.

    Amounts named ``..._minor`` are whole minor units: they are compared, never rounded.
    """

    _name = "clover.comparison.entry"
    _description = "Clover Comparison: Entry"
    _order = "created_at desc, id"
    _rec_name = "ref"

    comparison_id = fields.Many2one(
        "clover.comparison", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="comparison_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="comparison_id.currency_id")
    kind = fields.Selection(
        [("payment", "Payment"), ("refund", "Refund")], required=True, readonly=True
    )
    ref = fields.Char(string="Clover ID", required=True, readonly=True)
    payment_ref = fields.Char(string="Clover Payment", readonly=True)
    clover_state = fields.Selection(
        [
            ("taken", "Taken"),
            ("held", "Authorized"),
            ("voided", "Voided"),
            ("released", "Released"),
            ("returned", "Given back"),
            ("open", "Not decided yet"),
            ("failed", "Failed"),
        ],
        string="At Clover",
        readonly=True,
    )
    is_earlier = fields.Boolean(
        string="Earlier", readonly=True, help="Made before the period, changed in it."
    )
    created_at = fields.Datetime(string="Made On", readonly=True)
    total_minor = fields.Integer(readonly=True, aggregator=None)
    net_minor = fields.Integer(readonly=True, aggregator=None)
    moved_minor = fields.Integer(readonly=True, aggregator=None)
    moved_at = fields.Datetime(string="Moved On", readonly=True)
    is_capture = fields.Boolean(string="Captured Later", readonly=True)
    tip_minor = fields.Integer(readonly=True, aggregator=None)
    surcharge_minor = fields.Integer(readonly=True, aggregator=None)
    clover_net = fields.Monetary(string="Clover", readonly=True)
    odoo_net = fields.Monetary(string="Odoo", readonly=True)
    clover_moved = fields.Monetary(
        string="Moved at Clover", readonly=True, help="Within the period alone."
    )
    odoo_moved = fields.Monetary(
        string="Moved in Odoo", readonly=True, help="Less what the books lack of it altogether."
    )
    currency_name = fields.Char(string="Clover's Currency", readonly=True)
    external_reference = fields.Char(string="Our Reference", readonly=True)
    order_ref = fields.Char(string="Clover Order", readonly=True)
    tender = fields.Char(readonly=True)
    is_cash = fields.Boolean(readonly=True)
    card_brand = fields.Char(readonly=True)
    card_last4 = fields.Char(string="Card Ends With", readonly=True)
    device_ref = fields.Char(string="Device", readonly=True)
    employee_ref = fields.Char(string="Clerk's Id", readonly=True)
    employee_name = fields.Char(
        string="Clerk", readonly=True, help="As Clover calls them; their id where it does not say."
    )
    transaction_id = fields.Many2one(
        "payment.transaction", readonly=True, ondelete="set null", index="btree_not_null"
    )
    payment_id = fields.Many2one(
        "account.payment", readonly=True, ondelete="set null", index="btree_not_null"
    )
    odoo_state = fields.Char(readonly=True, help="Of the transaction, when it was compared.")
    odoo_currency = fields.Char(readonly=True)
    odoo_minor = fields.Integer(readonly=True, aggregator=None)
    odoo_returned_minor = fields.Integer(readonly=True, aggregator=None)
    odoo_sum_minor = fields.Integer(
        readonly=True, aggregator=None, help="Of all transactions that claim this payment."
    )
    odoo_copies = fields.Integer(readonly=True, aggregator=None)
    is_booked = fields.Boolean(readonly=True)
    ignored_because = fields.Char(readonly=True)

    _ref_unique = models.UniqueIndex("(comparison_id, kind, ref)")

    @api.model
    def _insert(self, comparison, entries):
        """Store Clover's entries; keep only the first of duplicates.

        :param entries: :class:`~odoo.addons.fusion_clover.client.period.Entry` objects
        """
        if not entries:
            return
        self.env.cr.execute_values(
            """
            INSERT INTO clover_comparison_entry
                   (comparison_id, company_id, kind, ref, payment_ref, clover_state,
                    is_earlier, is_capture, created_at, total_minor, net_minor, moved_minor,
                    moved_at, tip_minor, surcharge_minor,
                    currency_name, external_reference, order_ref, tender, is_cash, card_brand,
                    card_last4, device_ref, employee_ref,
                    create_uid, create_date, write_uid, write_date)
            VALUES %s
            ON CONFLICT (comparison_id, kind, ref) DO NOTHING
            """,
            [self._row(comparison, entry) for entry in entries],
        )

    @api.model
    def _name_clerks(self, comparison, names):
        """Store the names of the clerks who took the payments of a comparison.

        :param dict names: employee names at Clover, by id
        """
        names = {ref: name for ref, name in names.items() if name}
        shared = {name for name, count in Counter(names.values()).items() if count > 1}
        refs = list(names)
        labels = [
            f"{names[ref]} ({ref})" if names[ref] in shared else names[ref] for ref in refs
        ]
        self.env.cr.execute(
            """
            UPDATE clover_comparison_entry entry
               SET employee_name = COALESCE(known.name, entry.employee_ref)
              FROM clover_comparison_entry own
         LEFT JOIN unnest(%s::text[], %s::text[]) known(ref, name) ON known.ref = own.employee_ref
             WHERE own.id = entry.id
               AND entry.comparison_id = %s
               AND entry.employee_ref IS NOT NULL
            """,
            [refs, labels, comparison.id],
        )

    @api.model
    def _row(self, comparison, entry):
        trail = (self.env.uid, fields.Datetime.now())
        return (
            comparison.id,
            comparison.company_id.id,
            entry.kind,
            entry.ref,
            entry.payment_ref,
            entry.state,
            entry.is_earlier,
            entry.is_capture,
            _moment(entry.created_ms),
            entry.total,
            entry.net,
            entry.moved,
            _moment(entry.moved_ms),
            entry.tip,
            entry.surcharge,
            entry.currency,
            entry.external_reference,
            entry.order_ref,
            entry.tender,
            entry.is_cash,
            entry.card_brand,
            entry.card_last4,
            entry.device_ref,
            entry.employee_ref,
            *trail,
            *trail,
        )

    @api.autovacuum
    def _gc_entries(self):
        """Delete entries of comparisons past the retention period; the results stay."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("create_date", "<", limit)], limit=VACUUM_BATCH)
        old.unlink()
        return len(old), len(old) == VACUUM_BATCH


def _moment(unix_ms):
    """Return unix milliseconds as a naive UTC datetime, as Odoo stores it."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).replace(tzinfo=None)
