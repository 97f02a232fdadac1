from odoo import models

from .. import const

#: Transactions that stand for a payment at Clover: of an authorization that was captured, what was
#: captured. ``name`` is what Clover calls those whose id we do not know yet.
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
       AND tx.operation NOT IN ('refund', 'validation')
       AND (tx.source_transaction_id IS NULL OR tx.state = 'done')
       AND NOT EXISTS (
               SELECT 1
                 FROM payment_transaction child
                WHERE child.source_transaction_id = tx.id
                  AND child.operation = tx.operation
                  AND child.state = 'done'
           )
"""

#: Refunds that are in the books.
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
"""

_MATCH_PAYMENTS = f"""
  WITH book AS ({BOOK}),
       entry AS (
           SELECT id, ref, external_reference, clover_state
             FROM clover_reconciliation_entry
            WHERE reconciliation_id = %(run)s AND kind = 'payment'
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
UPDATE clover_reconciliation_entry kept
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

#: Of payments made outside Odoo, what a Manager said they were.
_MATCH_DECISIONS = """
UPDATE clover_reconciliation_entry kept
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
 WHERE kept.reconciliation_id = %(run)s
   AND kept.transaction_id IS NULL
   AND unmatched.provider_id = %(provider)s
   AND unmatched.payment_ref = kept.payment_ref
"""

_MATCH_REFUNDS = f"""
  WITH book AS ({RETURNS}),
       best AS (
           SELECT DISTINCT ON (entry.id) entry.id AS entry_id, book.*
             FROM clover_reconciliation_entry entry
             JOIN book ON book.ref = entry.ref
            WHERE entry.reconciliation_id = %(run)s AND entry.kind = 'refund'
         ORDER BY entry.id, book.state = 'done' DESC, book.id
       )
UPDATE clover_reconciliation_entry kept
   SET transaction_id = best.id,
       payment_id = best.payment_id,
       odoo_state = best.state,
       odoo_currency = best.currency,
       odoo_minor = best.total,
       is_booked = best.is_booked
  FROM best
 WHERE kept.id = best.entry_id
"""

#: A void has no refund object: what the books have given back of the payment stands for it.
_SUM_RETURNS = f"""
  WITH book AS ({RETURNS})
UPDATE clover_reconciliation_entry kept
   SET odoo_returned_minor = (
           SELECT COALESCE(SUM(book.total), 0)
             FROM book
            WHERE book.source_transaction_id = kept.transaction_id AND book.state = 'done'
       )
 WHERE kept.reconciliation_id = %(run)s
   AND kept.kind = 'payment'
   AND kept.clover_state = 'voided'
   AND kept.transaction_id IS NOT NULL
"""

_NETS = """
UPDATE clover_reconciliation_entry
   SET clover_net = net_minor / 100.0,
       odoo_net = CASE
           WHEN odoo_state IS DISTINCT FROM 'done' THEN 0
           WHEN odoo_sum_minor IS NULL AND NOT is_booked THEN 0
           WHEN kind = 'refund' THEN -odoo_minor
           ELSE COALESCE(odoo_sum_minor, odoo_minor) - COALESCE(odoo_returned_minor, 0)
       END / 100.0
 WHERE reconciliation_id = %(run)s
"""


class CloverReconciliation(models.Model):
    """Which transaction and payment each entry is, set against set."""

    _inherit = "clover.reconciliation"

    def _match_entries(self):
        """Write on the entries what the books have for them."""
        for statement in (
            _MATCH_PAYMENTS,
            _MATCH_REFUNDS,
            _MATCH_DECISIONS,
            _SUM_RETURNS,
            _NETS,
        ):
            self._execute(statement)
        self.env["clover.reconciliation.entry"].invalidate_model()

    def _execute(self, statement, **values):
        """Run a statement about this comparison."""
        parameters = {
            "run": self.id,
            "provider": self.provider_id.id,
            "code": const.PROVIDER_CODE,
            **values,
        }
        self.env.cr.execute(statement, parameters)
