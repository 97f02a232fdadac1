import logging
from datetime import UTC, date, datetime, time, timedelta

from odoo import api, models

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.tools.cursors import undo

from .clover_comparison import zone_named

_logger = logging.getLogger(__name__)

#: Hour, in the merchant's time zone, from which the previous day is compared: batches are closed.
COMPARE_FROM_HOUR = 3
#: Most past days without a comparison that are caught up.
CATCH_UP_DAYS = 30
#: Most attempts at one comparison.
MOST_TRIES = 12


class CloverComparison(models.Model):
    """Schedule comparisons and retry those that fail."""

    _inherit = "clover.comparison"

    @api.model
    def _cron_compare(self):
        """Compare every merchant's previous day, and the comparisons that users requested."""
        self._queue_yesterdays()
        cron = self.env["ir.cron"]
        # Only one process runs a scheduled action, so a "running" comparison was interrupted.
        waiting = self.search([("state", "in", ("queued", "running"))], order="id")
        cron._commit_progress(remaining=len(waiting))
        for one in waiting:
            one._compare_or_say_why_not()
            if not cron._commit_progress(1):
                return

    @api.model
    def _queue_yesterdays(self):
        """Queue each merchant's previous day once the night is over, and missed days."""
        for provider in self._providers():
            now = datetime.now(zone_named(self._zone_of(provider)))
            if now.hour < COMPARE_FROM_HOUR or not provider.clover_merchant_id:
                continue
            for day in self._days_to_compare(provider, now):
                values = {"provider_id": provider.id, "state": "queued"}
                self.create({**values, "date_from": day, "date_to": day})

    @api.model
    def _days_to_compare(self, provider, now):
        """Return days without a comparison, from the first compared recent day up to yesterday.

        A day that was compared before it ended is compared again.

        :param datetime now: in the merchant's time zone
        """
        yesterday = now.date() - timedelta(days=1)
        first = yesterday - timedelta(days=CATCH_UP_DAYS - 1)
        known = self.search(
            [
                ("provider_id", "=", provider.id),
                ("date_to", ">=", first),
                "|",
                ("state", "in", ("queued", "running", "done")),
                # A failed comparison is tried again every night.
                "&",
                ("state", "=", "failed"),
                ("create_date", ">=", _as_utc(now.date(), now.tzinfo)),
            ]
        )
        compared = set()
        for one in known:
            for number in range((one.date_to - one.date_from).days + 1):
                day = one.date_from + timedelta(days=number)
                over = _as_utc(day + timedelta(days=1), now.tzinfo)
                if one.state != "done" or one.compared_at >= over:
                    compared.add(day)
        # For a merchant that was never compared, skip the history.
        start = min((day for day in compared if day >= first), default=yesterday)
        days = (start + timedelta(days=number) for number in range((yesterday - start).days + 1))
        return [day for day in days if day not in compared]

    @api.model
    def _zone_of(self, provider):
        """Return the merchant's time zone as stored, without asking Clover."""
        latest = self.search(
            [("provider_id", "=", provider.id), ("timezone", "!=", False)],
            order="id desc",
            limit=1,
        )
        return latest.timezone or provider.company_id.partner_id.tz or "UTC"

    def _compare_or_say_why_not(self):
        """Compare; on failure, record the reason and retry in the next run.

        A failure does not stop the comparison of other merchants.
        """
        self.ensure_one()
        if self.try_count >= MOST_TRIES:
            # All attempts ended without an error: the server was stopped each time.
            self._give_up_or_retry(self.message or self.env._("It was interrupted every time."))
            return
        self.try_count += 1
        self.env["ir.cron"]._commit_progress()
        try:
            self._compare()
        except GatewayError as error:
            _logger.warning("The comparison of %s was not possible: %s", self.name, error)
            self._give_up_or_retry(self.provider_id._clover_connection_problem(error))
        except Exception as error:
            # Catch every error: a problem in one merchant's books must not stop the others.
            undo(self.env)
            _logger.exception("The comparison of %s has failed", self.name)
            self._give_up_or_retry(
                self.env._("It has failed (%s); the server's log says more.", type(error).__name__)
            )

    def _give_up_or_retry(self, problem):
        state = "failed" if self.try_count >= MOST_TRIES else "queued"
        self.write({"state": state, "message": problem})


def _as_utc(day: date, zone):
    """Return the start of a day as a naive UTC datetime, as Odoo stores it."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
