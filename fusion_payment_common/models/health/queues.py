from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...lib.health import Finding, Level, by_age
from .probe import GRACE

#: Seconds after which a condition that should have resolved by itself is an error.
INBOX_ERROR_AFTER = 900
DELIVERY_ERROR_AFTER = 3600


class FusionHealthProbe(models.AbstractModel):
    _inherit = "fusion.health.probe"

    # === INBOX === #

    @api.model
    def _domain_events(self, company, state):
        return Domain("state", "=", state) & Domain("company_id", "in", (company.id, False))

    @api.model
    def _probe_events_waiting(self, company):
        settled = fields.Datetime.now() - timedelta(seconds=GRACE)
        domain = self._domain_events(company, "received") & Domain("received_at", "<", settled)
        count, age = self._count_and_age("fusion.event", domain, "received_at")
        level = by_age(count, age, error_after=INBOX_ERROR_AFTER)
        if not count:
            return Finding(level, self.env._("Every event was processed at once."), 0)
        return Finding(
            level,
            self.env._(
                "%(count)s not processed yet, the oldest for %(age)s.",
                count=count,
                age=self._duration(age),
            ),
            count,
        )

    @api.model
    def _remedy_events_waiting(self, company):
        # Elevated: Managers may replay events but have no right to write them.
        events = self.env["fusion.event"].sudo()
        events.search(self._domain_events(company, "received"))._replay()

    @api.model
    def _probe_events_failed(self, company):
        count = self.env["fusion.event"].search_count(self._domain_events(company, "failed"))
        if not count:
            return Finding(Level.OK, self.env._("No event failed."), 0)
        return Finding(
            Level.ERROR,
            self.env._("%s could not be processed. Read the errors, then replay them.", count),
            count,
        )

    @api.model
    def _remedy_events_failed(self, company):
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "fusion_payment_common.fusion_event_action"
            ),
            "context": {"search_default_failed": 1},
        }

    # === OUTBOX === #

    @api.model
    def _domain_deliveries_stuck(self, company):
        deliveries = self.env["fusion.delivery"]
        return deliveries._stuck_domain() & Domain("company_id", "in", (company.id, False))

    @api.model
    def _probe_deliveries_stuck(self, company):
        queued = self.env["fusion.delivery"].search_count(
            [("next_attempt_at", "!=", False), ("company_id", "in", (company.id, False))]
        )
        count, age = self._count_and_age(
            "fusion.delivery", self._domain_deliveries_stuck(company), "create_date"
        )
        if not count:
            return Finding(
                Level.OK, self.env._("%s queued, none of them for long.", queued), queued
            )
        return Finding(
            by_age(count, age, error_after=DELIVERY_ERROR_AFTER),
            self.env._(
                "%(count)s of %(queued)s do not get through, the oldest for %(age)s. Check the "
                "endpoint.",
                count=count,
                queued=queued,
                age=self._duration(age),
            ),
            queued,
        )

    @api.model
    def _remedy_deliveries_stuck(self, company):
        return self._open_deliveries(self._domain_deliveries_stuck(company))

    @api.model
    def _domain_deliveries_dead(self, company):
        return Domain("state", "=", "dead") & Domain("company_id", "in", (company.id, False))

    @api.model
    def _probe_deliveries_dead(self, company):
        count = self.env["fusion.delivery"].search_count(self._domain_deliveries_dead(company))
        if not count:
            return Finding(Level.OK, self.env._("No delivery was given up."), 0)
        return Finding(
            Level.ERROR,
            self.env._("%s were given up. Repair the endpoint, then send them again.", count),
            count,
        )

    @api.model
    def _remedy_deliveries_dead(self, company):
        return self._open_deliveries(self._domain_deliveries_dead(company))

    @api.model
    def _open_deliveries(self, domain):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deliveries"),
            "res_model": "fusion.delivery",
            "views": [(False, "list"), (False, "form")],
            "domain": list(domain),
        }
