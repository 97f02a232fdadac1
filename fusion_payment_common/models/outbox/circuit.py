from datetime import timedelta

from odoo import fields, models

from ...lib import delivery

#: Hours without a failure after which the next one is the first again: nothing was sent meanwhile.
#: No planned delay is that long.
QUIET_HOURS = 36
#: Seconds within which another failure is no news: the row is not written for each.
FAILURE_PRECISION = 3600


class FusionDeliveryEndpoint(models.Model):
    """What an endpoint's answers say about it, and when it is left alone."""

    _inherit = "fusion.delivery.endpoint"

    def _note_verdict(self, verdict):
        """Remember what an attempt says about the endpoint; stop calling it when it says so."""
        self.ensure_one()
        if verdict.is_alive is None:
            return
        now = fields.Datetime.now()
        values = {"failing_since": False} if verdict.accepted else self._failure_values(now)
        if verdict.is_alive:
            values.update(circuit_failures=0, circuit_open_until=False)
        else:
            failures = self.circuit_failures + 1
            pause = delivery.circuit_pause(failures)
            values["circuit_failures"] = failures
            values["circuit_open_until"] = pause and now + timedelta(seconds=pause)
        changed = {name: value for name, value in values.items() if self[name] != (value or False)}
        if changed:
            self.write(changed)
        if verdict.gone:
            self._disable(self.env._("The receiver answered that it is gone for good (HTTP 410)."))
        elif self._failed_for_too_long(now):
            self._disable(
                self.env._("Nothing arrived there for %s hours.", self.disable_after_hours)
            )

    def _failure_values(self, now):
        """Return what a failure changes: since when there was nothing else, and when it was."""
        last = self.last_failed_at
        is_first = not last or last < now - timedelta(hours=QUIET_HOURS)
        is_news = not last or last < now - timedelta(seconds=FAILURE_PRECISION)
        return {
            "failing_since": now if is_first else self.failing_since or now,
            "last_failed_at": now if is_news else last,
        }

    def _failed_for_too_long(self, now):
        limit = timedelta(hours=self.disable_after_hours)
        return bool(limit and self.failing_since and self.failing_since < now - limit)

    def _disable(self, reason):
        """Stop sending there; what is pending stays pending. Tell a Manager once."""
        self.ensure_one()
        if self.state == "disabled":
            return
        self.write({"state": "disabled", "disabled_reason": reason})
        alerts = self.env["fusion.alert"]
        alerts._schedule_once(
            self,
            "stopped",
            alerts._recipient(self.company_id),
            summary=self.env._("Deliveries to %s have stopped", self.name),
            note=reason,
        )
