import logging

from psycopg2 import OperationalError

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.exceptions import EventTooEarly

_logger = logging.getLogger(__name__)

#: Open differences of earlier comparisons that this one has checked again: those of the same days,
#: and those that it has found itself.
_SUPERSEDED = """
SELECT earlier.id
  FROM clover_comparison_difference earlier
 WHERE earlier.provider_id = %(provider)s
   AND earlier.comparison_id != %(run)s
   AND earlier.state = 'open'
   AND (earlier.date BETWEEN %(date_from)s AND %(date_to)s
        OR EXISTS (
               SELECT 1
                 FROM clover_comparison_difference found
                WHERE found.comparison_id = %(run)s
                  AND found.clover_ref = earlier.clover_ref
                  AND found.transaction_id IS NOT DISTINCT FROM earlier.transaction_id
           ))
"""


class CloverComparison(models.Model):
    """Apply the results of a comparison that need no decision."""

    _inherit = "clover.comparison"

    def _supersede(self):
        """Close open differences of earlier comparisons that this one has checked again."""
        self.env.flush_all()
        self._execute(_SUPERSEDED, date_from=self.date_from, date_to=self.date_to)
        ids = [found_id for (found_id,) in self.env.cr.fetchall()]
        self.env["clover.comparison.difference"].browse(ids).write({"state": "superseded"})

    def _take_what_was_missed(self, client):
        """Book refunds and voids made at Clover for which no webhook arrived.

        They are booked automatically; those that cannot be booked stay open.

        :raise GatewayError: Clover cannot be reached
        """
        missed = self.difference_ids.filtered(
            lambda found: found.kind == "refund_missing" and found.state == "open"
        )
        for payment_ref, differences in missed.grouped("payment_ref").items():
            payment = client.payments.retrieve(payment_ref)
            try:
                with self.env.cr.savepoint():
                    differences._take_missed(payment)
            except (EventTooEarly, UserError) as error:
                _logger.info("Payment %s waits for somebody: %s", payment_ref, error)
            except OperationalError:
                # The rows were changed concurrently: the comparison is made again.
                raise
            except Exception:
                # Catch every error: a problem with one payment must not stop the others.
                _logger.exception("What went back of payment %s could not be booked", payment_ref)
            self.env["ir.cron"]._commit_progress()


class CloverComparisonDifference(models.Model):
    _inherit = "clover.comparison.difference"

    def _take_missed(self, payment):
        """Have the payment's transaction book its refunds, as after a webhook, and record it.

        :raise EventTooEarly: another process is working on the transaction
        :raise UserError: it cannot be booked
        """
        transactions = self.env["payment.transaction"]
        if not transactions._clover_transaction_of(self.provider_id, payment):
            # The customer is unknown: a person decides.
            return
        transactions._clover_take_reading(self.provider_id, payment)
        for found in self:
            if found._is_return_booked(payment):
                found._decide("repaired", reason=self.env._("Booked by the comparison itself."))
