import logging
import random
from datetime import timedelta

import psycopg2.errors

from odoo import api, fields, models
from odoo.tools import SQL

from ...exceptions import EventTooEarly
from ...lib import retry
from ...lib.redaction import redact_text
from ...tools.cursors import in_own_transaction, own_environment

_logger = logging.getLogger(__name__)
_random = random.SystemRandom()

#: Seconds between the attempts of a failing event; a day and a half in total.
SCHEDULE = retry.Schedule((5, 30, 300, 1800, 7200, 18000, 36000, 72000))
MAX_ATTEMPTS = len(SCHEDULE.delays) + 1


class FusionEvent(models.Model):
    """The worker of the inbox: process events from the claim to the result."""

    _inherit = "fusion.event"

    #: Longer than reading an object again and booking the event takes.
    _queue_lease_seconds = 120
    _queue_threads = 8

    # === CLAIM === #

    @api.model
    def _queue_lanes(self):
        """Override of the queue: two workers."""
        return (
            "fusion_payment_common.ir_cron_process_events",
            "fusion_payment_common.ir_cron_process_events_2",
        )

    @api.model
    def _queue_condition(self):
        """Override of the queue: never claim closed events."""
        return SQL("state = 'received'")

    def _queue_take(self, owner, lease_until):
        """Override of the queue: count the attempt before it is made; fail after too many."""
        exhausted = self.filtered(lambda event: event.attempt_count >= MAX_ATTEMPTS)
        for event in exhausted:
            # Each attempt ended with the process before a result was stored.
            event._fail(self.env._("The server stopped each time while this was being processed."))
        events = self - exhausted
        for attempt_count, same in events.grouped("attempt_count").items():
            same.write({"attempt_count": attempt_count + 1})
        return super(FusionEvent, events)._queue_take(owner, lease_until)

    @api.model
    def _queue_prepare(self, claims):
        """Override of the queue: get the calls that read the events' objects again."""
        prepared = []
        with own_environment(self.env) as env:
            for claim in claims:
                event = env[self._name].browse(claim.record_id)
                try:
                    with env.cr.savepoint():
                        call = event._handler()._fusion_prepare_event(event)
                except Exception as error:
                    self._postpone(claim, error)
                    continue
                prepared.append((claim, call))
        return prepared

    def _handler(self):
        name = self._handlers().get(self.source)
        if not name:
            raise NotImplementedError(f"Nothing installed handles events of {self.source}")
        return self.env[name].with_company(self.company_id)

    # === RESULT === #

    @api.model
    def _queue_finish(self, claim, outcome):
        """Override of the queue: apply the event, or plan another attempt."""
        if outcome.error is not None:
            self._postpone(claim, outcome.error)
            return
        try:
            in_own_transaction(
                self.env,
                lambda env: env[self._name].browse(claim.record_id)._apply(claim, outcome.value),
            )
        except psycopg2.errors.UniqueViolation as error:
            if error.diag.constraint_name != "fusion_event_processed_once":
                self._postpone(claim, error)
                return
            in_own_transaction(
                self.env, lambda env: env[self._name].browse(claim.record_id)._close_as_copy(claim)
            )
        except Exception as error:
            self._postpone(claim, error)

    def _apply(self, claim, fetched):
        """Handle the event and close it, in one transaction."""
        self.ensure_one()
        if not self._owns(claim):
            return
        result = self._handler()._fusion_handle_event(self, fetched)
        self._close("ignored" if result == "ignored" else "processed")

    def _close_as_copy(self, claim):
        if self._owns(claim):
            self._close("ignored", self.env._("Another copy of this event was processed."))

    def _close(self, state, message=False):
        self.write(
            {
                "state": state,
                "processed_at": fields.Datetime.now(),
                "error_message": message,
                **self._no_plans(),
            }
        )

    def _owns(self, claim):
        """Lock the row; return whether this claim still has the lease."""
        self.env.cr.execute(
            "SELECT lease_owner FROM fusion_event WHERE id = %s FOR UPDATE", [self.id]
        )
        row = self.env.cr.fetchone()
        return bool(row) and row[0] == claim.owner

    # === FAILURES === #

    @api.model
    def _postpone(self, claim, error):
        """Put the event back in the queue, or mark it as failed after the last attempt."""
        text = redact_text(f"{type(error).__name__}: {error}".strip(": "))[:500]
        # An event that came too early is not a problem; a retry in seconds succeeds.
        level = logging.INFO if isinstance(error, EventTooEarly) else logging.WARNING
        _logger.log(level, "Event %s could not be processed: %s", claim.record_id, text)
        retry_after = getattr(error, "retry_after", None)
        in_own_transaction(
            self.env,
            lambda env: env[self._name].browse(claim.record_id)._back_off(claim, text, retry_after),
        )

    def _back_off(self, claim, text, retry_after):
        if not self._owns(claim):
            return
        delay = retry.next_delay(
            SCHEDULE, max(self.attempt_count, 1), retry_after=retry_after, rng=_random
        )
        if delay is None:
            self._fail(text)
            return
        at = self.env.cr.now() + timedelta(seconds=delay)
        self.write({**self._no_plans(), "error_message": text, "next_attempt_at": at})

    def _fail(self, text):
        self.write({"state": "failed", "error_message": text, **self._no_plans()})

    @api.model
    def _no_plans(self):
        return {"next_attempt_at": False, "lease_owner": False, "lease_until": False}
