from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...lib.ledger import CLOSED_STATES
from ...tools.retention import days_to_keep

#: Days after which the requests and answers of a finished operation are removed; 0 keeps them.
DETAIL_PARAMETER = "fusion_payment_common.operation_detail_days"
DETAIL_DAYS = 180
#: Days after which a finished operation is deleted; 0 keeps it.
RETENTION_PARAMETER = "fusion_payment_common.operation_retention_days"
RETENTION_DAYS = 7 * 365
#: Days that every operation is kept, whatever the settings say: far longer than a provider keeps a
#: key, and longer than the same request would be made again.
SHORTEST_RETENTION_DAYS = 90
#: Operations per batch.
VACUUM_BATCH = 1000


class FusionOperation(models.Model):
    """The reaper: remove the details of finished operations, delete them years later (ADR 0019)."""

    _inherit = "fusion.operation"

    reduced_at = fields.Datetime(
        readonly=True, copy=False, help="When requests and answers were removed for their age."
    )

    # The reaper's queries, oldest first.
    _applied_idx = models.Index("(applied_at) WHERE applied_at IS NOT NULL")
    _unreduced_idx = models.Index(
        "(applied_at) WHERE applied_at IS NOT NULL AND reduced_at IS NULL"
    )

    @api.model
    def _reapable_domain(self, days):
        """Return the domain of operations that were settled ``days`` days ago or earlier."""
        limit = fields.Datetime.now() - timedelta(days=days)
        return (
            fields.Domain("applied_at", "<", limit)
            & fields.Domain("state", "in", list(CLOSED_STATES))
            & fields.Domain("review_reason", "=", False)
            & fields.Domain("hold_ids", "=", False)
        )

    @api.autovacuum
    def _gc_details(self):
        """Remove requests and answers of old operations; keep their attempts and results."""
        days = days_to_keep(self.env, DETAIL_PARAMETER, DETAIL_DAYS)
        if days <= 0:
            return 0, False
        domain = self._reapable_domain(days) & fields.Domain("reduced_at", "=", False)
        old = self.search(domain, order="applied_at", limit=VACUUM_BATCH)
        if old:
            # Use one statement, to avoid reading the data that is removed.
            self.env.cr.execute(
                SQL(
                    "UPDATE fusion_operation_attempt SET exchanges = NULL"
                    " WHERE operation_id = ANY(%s)",
                    old.ids,
                )
            )
            old.attempt_ids.invalidate_recordset(["exchanges"])
            old.write({"request_payload": False, "reduced_at": fields.Datetime.now()})
        return len(old), len(old) == VACUUM_BATCH

    @api.autovacuum
    def _gc_finished(self):
        """Delete operations that were finished years ago.

        Keep those of a transaction that may still be paid: deleting the row would free its
        idempotency key.
        """
        days = days_to_keep(self.env, RETENTION_PARAMETER, RETENTION_DAYS)
        if days <= 0:
            return 0, False
        domain = self._reapable_domain(max(days, SHORTEST_RETENTION_DAYS))
        query = self._search(domain, order="applied_at", limit=VACUUM_BATCH)
        query.add_where(
            SQL(
                """
                NOT EXISTS (SELECT FROM payment_transaction tx
                             WHERE tx.reference = %s
                               AND tx.state IN ('draft', 'pending', 'authorized'))
                """,
                SQL.identifier(query.table, "reference"),
            )
        )
        old = self.browse(query)
        old.unlink()
        return len(old), len(old) == VACUUM_BATCH
