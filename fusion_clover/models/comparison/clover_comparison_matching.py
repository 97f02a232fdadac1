from odoo import models

from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ... import const

#: Transactions that represent a payment at Clover; for a captured authorization, the capture.
#: ``name`` is the reference at Clover of those whose id is not known yet.
BOOK = """
    SELECT tx.id, tx.provider_reference AS ref, tx.state, tx.last_state_change,
           tx.reference, tx.partner_id, currency.name AS currency, payment.id AS payment_id,
           payment.id IS NOT NULL AS is_booked,
           ROUND(COALESCE(payment.amount,
                          ABS(tx.amount + COALESCE(tx.fusion_surcharge_amount, 0))) * 100)::bigint
               AS total,
           COALESCE(tx.clover_external_reference, asked.external_reference) AS name,
           COALESCE(tx.clover_made_outside, FALSE) AS is_outside
      FROM payment_transaction tx
      JOIN res_currency currency ON currency.id = tx.currency_id
 LEFT JOIN account_payment payment
        ON payment.id = tx.payment_id AND payment.state IN ('in_process', 'paid')
 LEFT JOIN LATERAL (
               SELECT operation.external_reference
                 FROM fusion_operation operation
                WHERE tx.provider_reference IS NULL
                  AND operation.reference = tx.reference
                  AND operation.provider_code = %(code)s
             ORDER BY operation.id
                LIMIT 1
           ) asked ON TRUE
     WHERE tx.provider_id = %(provider)s
       AND COALESCE(tx.operation, '') NOT IN ('refund', 'validation')
       AND (tx.source_transaction_id IS NULL OR tx.state = 'done')
       AND NOT EXISTS (
               SELECT 1
                 FROM payment_transaction child
                WHERE child.source_transaction_id = tx.id
                  AND child.operation IS NOT DISTINCT FROM tx.operation
                  AND child.state = 'done'
           )
"""

#: Refunds in the books. Credits given at a terminal are not included: Clover has no list of
#: credits, and they are not refunds of the payment for which they were given.
RETURNS = """
    SELECT tx.id, tx.provider_reference AS ref, tx.source_transaction_id, tx.state,
           tx.last_state_change, payment.id AS payment_id, payment.id IS NOT NULL AS is_booked,
           currency.name AS currency,
           ROUND(COALESCE(payment.amount,
                          ABS(tx.amount + COALESCE(tx.fusion_surcharge_amount, 0))) * 100)::bigint
               AS total
      FROM payment_transaction tx
      JOIN res_currency currency ON currency.id = tx.currency_id
 LEFT JOIN account_payment payment
        ON payment.id = tx.payment_id AND payment.state IN ('in_process', 'paid')
     WHERE tx.provider_id = %(provider)s
       AND tx.operation = 'refund'
       AND NOT EXISTS (
               SELECT 1
                 FROM fusion_operation operation
                WHERE operation.reference = tx.reference
                  AND operation.provider_code = %(code)s
                  AND operation.kind = 'terminal_credit'
           )
"""

_MATCH_PAYMENTS = f"""
  WITH book AS ({BOOK}),
       entry AS (
           SELECT id, ref, external_reference, clover_state
             FROM clover_comparison_entry
            WHERE comparison_id = %(run)s AND kind = 'payment'
       ),
       by_ref AS (
           SELECT entry.id AS entry_id, book.* FROM entry JOIN book ON book.ref = entry.ref
       ),
       by_name AS (
           SELECT entry.id AS entry_id, book.*
             FROM entry
             JOIN book ON book.ref IS NULL AND book.name = entry.external_reference
            WHERE entry.clover_state != 'failed'
              AND NOT EXISTS (SELECT 1 FROM by_ref WHERE by_ref.entry_id = entry.id)
       ),
       found AS (SELECT * FROM by_ref UNION ALL SELECT * FROM by_name),
       copies AS (
           SELECT entry_id,
                  COUNT(*) FILTER (WHERE state = 'done') AS copies,
                  SUM(total) FILTER (WHERE state = 'done' AND is_booked) AS total
             FROM found
         GROUP BY entry_id
       ),
       best AS (
           SELECT DISTINCT ON (entry_id) *
             FROM found
         ORDER BY entry_id, state = 'done' DESC, state = 'authorized' DESC, id
       )
UPDATE clover_comparison_entry kept
   SET transaction_id = best.id,
       payment_id = best.payment_id,
       odoo_state = best.state,
       odoo_currency = best.currency,
       odoo_minor = best.total,
       odoo_sum_minor = copies.total,
       odoo_copies = copies.copies,
       is_booked = best.is_booked
  FROM best
  JOIN copies ON copies.entry_id = best.entry_id
 WHERE kept.id = best.entry_id
"""

#: A Manager's decisions about payments made outside Odoo.
_MATCH_DECISIONS = """
UPDATE clover_comparison_entry kept
   SET payment_id = CASE WHEN kept.kind = 'payment' THEN payment.id END,
       odoo_state = CASE WHEN kept.kind = 'payment' AND payment.id IS NOT NULL THEN 'done' END,
       odoo_currency = currency.name,
       odoo_minor = CASE WHEN kept.kind = 'payment'
                         THEN ROUND(payment.amount * 100)::bigint END,
       is_booked = kept.kind = 'payment' AND payment.id IS NOT NULL,
       ignored_because = unmatched.ignore_reason
  FROM clover_unmatched_payment unmatched
  JOIN res_currency currency ON currency.id = unmatched.currency_id
  LEFT JOIN account_payment payment
         ON payment.id = unmatched.payment_id AND payment.state IN ('in_process', 'paid')
 WHERE kept.comparison_id = %(run)s
   AND kept.transaction_id IS NULL
   AND unmatched.provider_id = %(provider)s
   AND unmatched.payment_ref = kept.payment_ref
"""

_MATCH_REFUNDS = f"""
  WITH book AS ({RETURNS}),
       best AS (
           SELECT DISTINCT ON (entry.id) entry.id AS entry_id, book.*
             FROM clover_comparison_entry entry
             JOIN book ON book.ref = entry.ref
            WHERE entry.comparison_id = %(run)s AND entry.kind = 'refund'
         ORDER BY entry.id, book.state = 'done' DESC, book.id
       )
UPDATE clover_comparison_entry kept
   SET transaction_id = best.id,
       payment_id = best.payment_id,
       odoo_state = best.state,
       odoo_currency = best.currency,
       odoo_minor = best.total,
       is_booked = best.is_booked
  FROM best
 WHERE kept.id = best.entry_id
"""

#: A void has no refund object; compare it with the sum of the payment's refunds in the books.
_SUM_RETURNS = f"""
  WITH book AS ({RETURNS})
UPDATE clover_comparison_entry kept
   SET odoo_returned_minor = (
           SELECT COALESCE(SUM(book.total), 0)
             FROM book
            WHERE book.source_transaction_id = kept.transaction_id AND book.state = 'done'
       )
 WHERE kept.comparison_id = %(run)s
   AND kept.kind = 'payment'
   AND kept.clover_state = 'voided'
   AND kept.transaction_id IS NOT NULL
"""

#: If Odoo made the capture, it knows the time; Clover reports only the last change.
_CAPTURES = """
UPDATE clover_comparison_entry kept
   SET moved_minor = CASE kept.clover_state WHEN 'taken' THEN 0 ELSE -kept.total_minor END
                     + CASE WHEN tx.last_state_change >= %(since)s
                             AND tx.last_state_change < %(until)s THEN kept.total_minor
                            ELSE 0 END,
       moved_at = CASE kept.clover_state WHEN 'taken' THEN tx.last_state_change
                       ELSE kept.moved_at END
  FROM payment_transaction tx
 WHERE kept.comparison_id = %(run)s
   AND kept.transaction_id = tx.id
   AND kept.is_capture
   AND (kept.clover_state = 'taken'
        OR kept.clover_state = 'voided' AND kept.moved_minor <= 0
           AND kept.moved_at >= %(since)s AND kept.moved_at < %(until)s)
   AND tx.state = 'done'
   AND NOT COALESCE(tx.clover_made_outside, FALSE)
"""

#: Both sides' net amount of a payment, and what moved within the period. Money that is missing in
#: the books is missing in both figures.
_NETS = """
UPDATE clover_comparison_entry kept
   SET clover_net = net_minor / 100.0,
       odoo_net = book.minor / 100.0,
       clover_moved = moved_minor / 100.0,
       odoo_moved = (moved_minor - net_minor + book.minor) / 100.0
  FROM (SELECT id,
               CASE
                   WHEN odoo_state IS DISTINCT FROM 'done' THEN 0
                   WHEN odoo_sum_minor IS NULL AND NOT is_booked THEN 0
                   WHEN kind = 'refund' THEN -odoo_minor
                   ELSE COALESCE(odoo_sum_minor, odoo_minor) - COALESCE(odoo_returned_minor, 0)
               END AS minor
          FROM clover_comparison_entry
         WHERE comparison_id = %(run)s) book
 WHERE kept.id = book.id
"""


class CloverComparison(models.Model):
    """Match entries with transactions and payments, in set-based SQL."""

    _inherit = "clover.comparison"

    def _match_entries(self, period):
        """Write the matching transactions and payments on the entries.

        :param period: its start and its end (exclusive), aware
        """
        since, until = (moment.replace(tzinfo=None) for moment in period)
        self._count_entries()
        for statement in (
            _MATCH_PAYMENTS,
            _MATCH_REFUNDS,
            _MATCH_DECISIONS,
            _SUM_RETURNS,
            _CAPTURES,
            _NETS,
        ):
            self._execute(statement, since=since, until=until)
        self.env["clover.comparison.entry"].invalidate_model()

    def _count_entries(self):
        """Update PostgreSQL's statistics of the entries, because the table is joined with itself.

        Until autovacuum runs, minutes later, PostgreSQL assumes a few rows and chooses nested
        loops, which take quadratic time. A separate transaction keeps the lock short.
        """
        in_own_transaction(
            self.env, lambda env: env.cr.execute("ANALYZE clover_comparison_entry")
        )

    def _execute(self, statement, **values):
        """Run a statement about this comparison."""
        parameters = {
            "run": self.id,
            "provider": self.provider_id.id,
            "code": const.PROVIDER_CODE,
            **values,
        }
        self.env.cr.execute(statement, parameters)
