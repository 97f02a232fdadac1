from odoo import models

from odoo.addons.fusion_payment_common.lib.errors import NotFoundError

from ...client.period import payment_state
from .clover_comparison_difference import LATE_MINUTES, NEVER_NAMED, NOT_BOOKED, NOT_KNOWN
from .clover_comparison_matching import BOOK, RETURNS

_COLUMNS = """
    (comparison_id, provider_id, company_id, date, kind, state, clover_ref, payment_ref,
     entry_id, made_at, transaction_id, payment_id, clover_state, odoo_state, clover_amount,
     odoo_amount, effect, reason, create_uid, create_date, write_uid, write_date)
"""
#: The day of the movement within the period, in the merchant's time zone.
_DAY = """
       LEAST(GREATEST((entry.moved_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date,
                      %(date_from)s), %(date_to)s)
"""
_TRAIL = "%(uid)s, NOW() AT TIME ZONE 'UTC', %(uid)s, NOW() AT TIME ZONE 'UTC'"

#: At most one class per entry: the first that matches. A payment that failed or was voided and
#: that Odoo never had is no difference, because no money moved.
_CLASSES = f"""
INSERT INTO clover_comparison_difference {_COLUMNS}
  WITH judged AS (
    SELECT entry.*,
           net_minor - ROUND(odoo_net * 100)::bigint AS effect_minor,
           CASE
             WHEN kind = 'refund' THEN CASE
               WHEN clover_state = 'failed' THEN CASE WHEN odoo_state = 'done' THEN 'state' END
               WHEN transaction_id IS NULL THEN 'refund_missing'
               WHEN odoo_state != 'done' OR NOT is_booked THEN 'state'
               WHEN odoo_minor != total_minor AND odoo_minor = total_minor - surcharge_minor
                 THEN 'surcharge'
               WHEN odoo_minor != total_minor THEN 'amount'
             END
             WHEN odoo_state IS NULL THEN CASE
               WHEN clover_state NOT IN ('taken', 'held') THEN NULL
               WHEN clover_state = 'taken' AND EXISTS (
                 SELECT 1
                   FROM payment_transaction twin
                  WHERE twin.provider_id = %(provider)s
                    AND twin.clover_external_reference = entry.external_reference
                    AND twin.state = 'done'
               ) THEN 'duplicate'
               WHEN clover_state = 'taken' THEN 'clover_only'
             END
             WHEN clover_state IN ('failed', 'open')
               THEN CASE WHEN odoo_state IN ('done', 'authorized') THEN 'state' END
             WHEN clover_state = 'released'
               THEN CASE WHEN odoo_state NOT IN ('cancel', 'error') THEN 'state' END
             WHEN clover_state = 'voided' THEN CASE
               WHEN odoo_state = 'done' AND is_booked
                    AND COALESCE(odoo_returned_minor, 0) != odoo_minor THEN 'refund_missing'
               WHEN odoo_state NOT IN ('done', 'cancel', 'error') THEN 'state'
             END
             WHEN clover_state = 'held'
               THEN CASE WHEN odoo_state != 'authorized' THEN 'state' END
             WHEN currency_name IS NOT NULL AND currency_name != odoo_currency THEN 'currency'
             WHEN odoo_state != 'done' OR NOT is_booked THEN 'state'
             WHEN odoo_minor != total_minor THEN CASE
               WHEN surcharge_minor > 0 AND odoo_minor = total_minor - surcharge_minor
                 THEN 'surcharge'
               WHEN tip_minor > 0 AND odoo_minor = total_minor - tip_minor THEN 'tip'
               WHEN surcharge_minor > 0
                    AND odoo_minor = total_minor - surcharge_minor - tip_minor THEN 'surcharge'
               ELSE 'amount'
             END
           END AS class
      FROM clover_comparison_entry entry
     WHERE comparison_id = %(run)s
  )
SELECT %(run)s, %(provider)s, %(company)s, {_DAY}, class,
       CASE WHEN ignored_because IS NULL THEN 'open' ELSE 'accepted' END,
       ref, payment_ref, id, created_at, transaction_id, payment_id,
       CASE WHEN class = 'currency' THEN currency_name ELSE clover_state END,
       CASE WHEN class = 'currency' THEN odoo_currency
            WHEN odoo_state = 'done' AND NOT is_booked THEN '{NOT_BOOKED}'
            ELSE odoo_state END,
       CASE WHEN class = 'refund_missing' THEN total_minor ELSE ABS(net_minor) END / 100.0,
       CASE WHEN class = 'refund_missing' THEN COALESCE(odoo_returned_minor, 0)
            WHEN odoo_state = 'done' AND is_booked THEN odoo_minor
            ELSE 0 END / 100.0,
       (effect_minor + CASE WHEN odoo_copies > 1 THEN COALESCE(odoo_sum_minor, 0)
                            - CASE WHEN is_booked THEN odoo_minor ELSE 0 END
                            ELSE 0 END) / 100.0,
       ignored_because, {_TRAIL}
  FROM judged entry
 WHERE class IS NOT NULL
"""

#: Further transactions that claim the same payment: all but the first.
_COPIES = f"""
INSERT INTO clover_comparison_difference {_COLUMNS}
  WITH book AS ({BOOK})
SELECT %(run)s, %(provider)s, %(company)s, {_DAY}, 'duplicate', 'open',
       entry.ref, entry.payment_ref, entry.id, entry.created_at, book.id, book.payment_id,
       entry.clover_state, book.state, 0, book.total / 100.0,
       CASE WHEN book.is_booked THEN -book.total ELSE 0 END / 100.0, NULL, {_TRAIL}
  FROM clover_comparison_entry entry
  JOIN book ON book.ref = entry.ref AND book.state = 'done' AND book.id != entry.transaction_id
 WHERE entry.comparison_id = %(run)s AND entry.kind = 'payment' AND entry.odoo_copies > 1
"""

#: Payments booked on a later day, in the merchant's time zone, than they were made; those booked by
#: a repair are left out.
_LATE = f"""
INSERT INTO clover_comparison_difference {_COLUMNS}
SELECT %(run)s, %(provider)s, %(company)s, {_DAY}, 'late', 'open',
       entry.ref, entry.payment_ref, entry.id, entry.created_at, entry.transaction_id,
       entry.payment_id, entry.clover_state, entry.odoo_state, entry.total_minor / 100.0,
       entry.odoo_minor / 100.0, 0, NULL, {_TRAIL}
  FROM clover_comparison_entry entry
  JOIN payment_transaction tx ON tx.id = entry.transaction_id
 WHERE entry.comparison_id = %(run)s
   AND entry.kind = 'payment'
   AND entry.clover_state = 'taken'
   AND entry.odoo_state = 'done'
   AND NOT entry.is_earlier
   AND NOT COALESCE(tx.clover_made_outside, FALSE)
   AND tx.source_transaction_id IS NULL
   AND tx.last_state_change > entry.created_at + %(late)s * INTERVAL '1 minute'
   AND (tx.last_state_change AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
       > (entry.created_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
   AND NOT EXISTS (
           SELECT 1
             FROM clover_comparison_difference other
            WHERE other.clover_ref = entry.ref
              AND other.provider_id = %(provider)s
              AND (other.comparison_id = %(run)s OR other.state = 'repaired')
       )
"""

#: Payments entered by hand as paid through Clover, without a transaction; those matched with an
#: unmatched Clover payment are compared there.
_BY_HAND = """
    SELECT payment.id AS payment_id, payment.date, currency.name AS currency,
           ROUND(payment.amount * 100)::bigint AS total,
           payment.payment_type = 'outbound' AS is_return
      FROM account_payment payment
      JOIN account_payment_method_line line ON line.id = payment.payment_method_line_id
      JOIN res_currency currency ON currency.id = payment.currency_id
     WHERE line.payment_provider_id = %(provider)s
       AND payment.state IN ('in_process', 'paid')
       AND payment.payment_transaction_id IS NULL
       AND payment.date BETWEEN %(date_from)s AND %(date_to)s
       AND NOT EXISTS (SELECT 1 FROM payment_transaction tx WHERE tx.payment_id = payment.id)
       AND NOT EXISTS (
               SELECT 1 FROM clover_unmatched_payment matched
                WHERE matched.payment_id = payment.id
           )
"""

#: Payments done in the period that Clover did not list. Each is looked up by its id afterwards.
_ODOO_ONLY = f"""
INSERT INTO clover_comparison_difference {_COLUMNS}
  WITH book AS (
           SELECT id, ref, ref AS payment_ref, state, payment_id, is_booked, total,
                  last_state_change, FALSE AS is_return
             FROM ({BOOK}) payments
            UNION ALL
           SELECT given.id, given.ref, source.provider_reference, given.state, given.payment_id,
                  given.is_booked, given.total, given.last_state_change, TRUE
             FROM ({RETURNS}) given
        LEFT JOIN payment_transaction source ON source.id = given.source_transaction_id
       ),
       missing AS (
           SELECT id, ref, payment_ref, state, payment_id, is_booked, total, is_return,
                  (last_state_change AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS day
             FROM book
            WHERE state = 'done'
              AND last_state_change >= %(since)s
              AND last_state_change < %(until)s
              AND NOT EXISTS (
                      SELECT 1
                        FROM clover_comparison_entry entry
                       WHERE entry.comparison_id = %(run)s
                         AND (entry.transaction_id = book.id
                              OR entry.ref = book.ref
                              OR (book.is_return AND entry.ref = book.payment_ref
                                  AND entry.clover_state IN ('voided', 'released')))
                  )
            UNION ALL
           SELECT NULL, NULL, NULL, 'done', payment_id, TRUE, total, is_return, date
             FROM ({_BY_HAND}) by_hand
       )
SELECT %(run)s, %(provider)s, %(company)s, day, 'odoo_only', 'open',
       ref, payment_ref, NULL, NULL, id, payment_id, NULL, state, 0,
       CASE WHEN is_booked THEN total ELSE 0 END
       * CASE WHEN is_return THEN -1 ELSE 1 END / 100.0,
       CASE WHEN is_booked THEN total ELSE 0 END
       * CASE WHEN is_return THEN 1 ELSE -1 END / 100.0,
       NULL, {_TRAIL}
  FROM missing
"""

_KNOWN = """
UPDATE clover_comparison_difference found
   SET state = 'accepted', reason = earlier.reason,
       decided_by_id = earlier.decided_by_id, decided_at = earlier.decided_at
  FROM clover_comparison_difference earlier
 WHERE found.comparison_id = %(run)s
   AND found.state = 'open'
   AND earlier.provider_id = found.provider_id
   AND earlier.comparison_id != found.comparison_id
   AND earlier.state = 'accepted'
   AND earlier.kind = found.kind
   AND earlier.clover_ref IS NOT DISTINCT FROM found.clover_ref
   AND earlier.transaction_id IS NOT DISTINCT FROM found.transaction_id
   AND earlier.payment_id IS NOT DISTINCT FROM found.payment_id
   AND earlier.effect = found.effect
"""


class CloverComparison(models.Model):
    """Find the differences and classify each by its repair."""

    _inherit = "clover.comparison"

    def _find_differences(self, period):
        """List all differences between Clover and the books.

        :param period: its start and its end (exclusive), aware
        """
        since, until = (moment.replace(tzinfo=None) for moment in period)
        values = {
            "company": self.company_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
            "uid": self.env.uid,
            "zone": self.timezone,
            "late": LATE_MINUTES,
            "since": since,
            "until": until,
        }
        for statement in (_CLASSES, _COPIES, _LATE, _ODOO_ONLY):
            self._execute(statement, **values)
        self.difference_ids.invalidate_model()
        self.invalidate_recordset()

    def _verify(self, client):
        """Look up at Clover each payment that only the books have: it may have been made on another
        day, or it may have failed.

        :raise GatewayError: Clover cannot be reached
        """
        candidates = self.difference_ids.filtered(lambda found: found.kind == "odoo_only")
        for found in candidates:
            if not found.payment_ref:
                found.clover_state = NEVER_NAMED
                continue
            try:
                payment = client.payments.retrieve(found.payment_ref)
            except NotFoundError:
                found.clover_state = NOT_KNOWN
                continue
            if self._is_confirmed(found, payment):
                found.unlink()
            else:
                found.clover_state = payment_state(payment)
            self.env["ir.cron"]._commit_progress()

    def _is_confirmed(self, found, payment):
        """Return whether Clover has the payment, but not in this period."""
        state = payment_state(payment)
        if found.transaction_id.operation != "refund":
            return state in ("taken", "voided")
        returned = {refund.id for refund in payment.refunds if refund.is_done}
        return state == "voided" or found.clover_ref in returned

    def _carry_decisions_over(self):
        """Carry over earlier acceptances of differences that have not changed."""
        self.env.flush_all()
        self._execute(_KNOWN)
        self.difference_ids.invalidate_model()
