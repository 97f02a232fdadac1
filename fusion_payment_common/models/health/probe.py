from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...lib.health import Finding, Level, by_age

#: Seconds after which a condition that should have resolved by itself is an error.
QUEUED_ERROR_AFTER = 300
UNKNOWN_ERROR_AFTER = 600
UNBOOKED_ERROR_AFTER = 900
#: Seconds before a condition is reported at all.
GRACE = 60


class FusionHealthProbe(models.AbstractModel):
    """The probes of this addon's checks, and the actions of their buttons; here for the ledger."""

    _name = "fusion.health.probe"
    _description = "Health Probes"

    # === LEDGER === #

    @api.model
    def _probe_queued(self, company):
        settled = fields.Datetime.now() - timedelta(seconds=GRACE)
        domain = (
            Domain("state", "=", "ready")
            & Domain("create_date", "<", settled)
            & Domain("company_id", "=", company.id)
        )
        count, age = self._count_and_age("fusion.operation", domain, "create_date")
        if not count:
            return Finding(Level.OK, self.env._("Everything was sent at once."), 0)
        return Finding(
            by_age(count, age, error_after=QUEUED_ERROR_AFTER),
            self.env._(
                "%(count)s not sent yet, the oldest for %(age)s. The provider cannot be reached, "
                "or the scheduler does not run.",
                count=count,
                age=self._duration(age),
            ),
            count,
        )

    @api.model
    def _remedy_queued(self, company):
        # Elevated: users of the button need no access to scheduled actions.
        self.env["fusion.operation"].sudo()._queue_wake()

    @api.model
    def _domain_unknown(self, company):
        now = fields.Datetime.now()
        open_states = Domain("state", "in", ("unknown", "pending"))
        dead = Domain("state", "=", "in_flight") & Domain("lease_until", "<", now)
        return (
            (open_states | dead)
            & Domain("review_reason", "=", False)
            & Domain("company_id", "=", company.id)
        )

    @api.model
    def _probe_unknown(self, company):
        count, age = self._count_and_age(
            "fusion.operation", self._domain_unknown(company), "started_at"
        )
        level = by_age(count, age, error_after=UNKNOWN_ERROR_AFTER)
        if not count:
            return Finding(level, self.env._("Every payment has a known outcome."), 0)
        return Finding(
            level,
            self.env._(
                "%(count)s open, the oldest for %(age)s. Odoo keeps asking the provider.",
                count=count,
                age=self._duration(age),
            ),
            count,
        )

    @api.model
    def _remedy_unknown(self, company):
        return self._open_operations("unknown", company)

    @api.model
    def _probe_review(self, company):
        count = self.env["fusion.operation"].search_count(
            [("review_reason", "!=", False), ("company_id", "=", company.id)]
        )
        if not count:
            return Finding(Level.OK, self.env._("No payment needs a decision."), 0)
        return Finding(
            Level.ERROR,
            self.env._(
                "%s moved money differently from what was asked. Compare each with the provider.",
                count,
            ),
            count,
        )

    @api.model
    def _remedy_review(self, company):
        return self._open_operations("review", company)

    @api.model
    def _domain_unapplied(self, company):
        settled = fields.Datetime.now() - timedelta(seconds=GRACE)
        return (
            Domain("state", "=", "succeeded")
            & Domain("applied_at", "=", False)
            & Domain("review_reason", "=", False)
            & Domain("finished_at", "<", settled)
            & Domain("company_id", "=", company.id)
        )

    @api.model
    def _domain_unprocessed(self, company):
        # Core's scheduler silently stops trying these after four days.
        settled = fields.Datetime.now() - timedelta(seconds=GRACE)
        return (
            Domain("state", "=", "done")
            & Domain("is_post_processed", "=", False)
            & Domain("last_state_change", "<", settled)
            & Domain("company_id", "=", company.id)
        )

    @api.model
    def _probe_unbooked(self, company):
        unapplied, age = self._count_and_age(
            "fusion.operation", self._domain_unapplied(company), "finished_at"
        )
        unprocessed, other_age = self._count_and_age(
            "payment.transaction", self._domain_unprocessed(company), "last_state_change"
        )
        count = unapplied + unprocessed
        oldest = max(age or 0, other_age or 0)
        level = by_age(count, oldest, error_after=UNBOOKED_ERROR_AFTER)
        if not count:
            return Finding(level, self.env._("Everything that was received is booked."), 0)
        return Finding(
            level,
            self.env._(
                "%(count)s received but not in the books, the oldest for %(age)s. Check the "
                "journals and the lock dates.",
                count=count,
                age=self._duration(oldest),
            ),
            count,
        )

    @api.model
    def _remedy_unbooked(self, company):
        # Elevated: users may not write the ledger; this only starts its own work early.
        operations = self.env["fusion.operation"].sudo()
        for operation in operations.search(self._domain_unapplied(company), limit=50):
            operations._settle(operation.id)
        self.env.ref("payment.cron_post_process_payment_tx").sudo()._trigger()
        self.env.invalidate_all()

    # === HELPERS OF THE PROBES === #

    @api.model
    def _count_and_age(self, model, domain, field):
        """Return the number of records and the age of the oldest in seconds."""
        records = self.env[model]
        count = records.search_count(domain)
        oldest = records.search(domain, order=field, limit=1)[field] if count else None
        if not oldest:
            return count, None
        return count, (fields.Datetime.now() - oldest).total_seconds()

    @api.model
    def _duration(self, seconds):
        """Return a duration as text, in the largest unit that fits."""
        seconds = int(seconds or 0)
        if seconds < 120:
            return self.env._("%s s", seconds)
        if seconds < 7200:
            return self.env._("%s min", seconds // 60)
        if seconds < 172800:
            return self.env._("%s h", seconds // 3600)
        return self.env._("%s days", seconds // 86400)

    @api.model
    def _open_operations(self, filter_name, company):
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "fusion_payment_common.fusion_operation_action"
            ),
            "context": {f"search_default_{filter_name}": 1},
            "domain": [("company_id", "=", company.id)],
        }
