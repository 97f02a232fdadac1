import logging
from datetime import UTC, date, datetime, time, timedelta

from odoo import api, models

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.tools.cursors import undo

from .clover_comparison import zone_named

_logger = logging.getLogger(__name__)

#: Hour of the merchant's day from which the day before is compared: batches are closed by then.
COMPARE_FROM_HOUR = 3
#: Days of which the night was missed that are compared afterwards.
CATCH_UP_DAYS = 30
#: Times that a comparison is tried.
MOST_TRIES = 12


class CloverComparison(models.Model):
    """When a comparison is made, and what happens when it cannot be."""

    _inherit = "clover.comparison"

    @api.model
    def _cron_compare(self):
        """Compare the day before of every merchant, and what people have asked for."""
        self._queue_yesterdays()
        cron = self.env["ir.cron"]
        # One process at a time runs a scheduled action: what is "running" was interrupted.
        waiting = self.search([("state", "in", ("queued", "running"))], order="id")
        cron._commit_progress(remaining=len(waiting))
        for one in waiting:
            one._compare_or_say_why_not()
            if not cron._commit_progress(1):
                return

    @api.model
    def _queue_yesterdays(self):
        """Queue the day before of each merchant, once its night is over, and nights missed."""
        for provider in self._providers():
            now = datetime.now(zone_named(self._zone_of(provider)))
            if now.hour < COMPARE_FROM_HOUR or not provider.clover_merchant_id:
                continue
            for day in self._days_to_compare(provider, now):
                values = {"provider_id": provider.id, "state": "queued"}
                self.create({**values, "date_from": day, "date_to": day})

    @api.model
    def _days_to_compare(self, provider, now):
        """Return the days that were not compared since the last one that was, yesterday included.

        A day that was compared before it was over is compared again.

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
                # What could not be compared is tried anew every night.
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
        # Of a merchant who was never compared, the history is nobody's concern.
        start = min((day for day in compared if day >= first), default=yesterday)
        days = (start + timedelta(days=number) for number in range((yesterday - start).days + 1))
        return [day for day in days if day not in compared]

    @api.model
    def _zone_of(self, provider):
        """Return the merchant's time zone, as far as it is known without asking."""
        latest = self.search(
            [("provider_id", "=", provider.id), ("timezone", "!=", False)],
            order="id desc",
            limit=1,
        )
        return latest.timezone or provider.company_id.partner_id.tz or "UTC"

    def _compare_or_say_why_not(self):
        """Compare; when that is not possible, say so and try again with the next run.

        Whatever goes wrong, the other merchants are compared.
        """
        self.ensure_one()
        if self.try_count >= MOST_TRIES:
            # Its tries ended without a word: the server was stopped while it was at work.
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
            # Of any kind: a fault in one merchant's books must not keep the others waiting.
            undo(self.env)
            _logger.exception("The comparison of %s has failed", self.name)
            self._give_up_or_retry(
                self.env._("It has failed (%s); the server's log says more.", type(error).__name__)
            )

    def _give_up_or_retry(self, problem):
        state = "failed" if self.try_count >= MOST_TRIES else "queued"
        self.write({"state": state, "message": problem})


def _as_utc(day: date, zone):
    """Return the beginning of a day as Odoo writes moments: UTC without saying so."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
