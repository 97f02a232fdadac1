import logging
import random
import secrets
from datetime import timedelta

import psycopg2.errors

from odoo import api, fields, models

from ..lib import retry
from ..lib.redaction import redact_text
from ..tools.cursors import in_own_transaction, own_environment

_logger = logging.getLogger(__name__)
_random = random.SystemRandom()

#: Seconds between the attempts of an event that cannot be processed: a day and a half in all.
SCHEDULE = retry.Schedule((5, 30, 300, 1800, 7200, 18000, 36000, 72000))
MAX_ATTEMPTS = len(SCHEDULE.delays) + 1
#: Seconds for which a worker owns an event; longer than any reading and booking takes.
LEASE_SECONDS = 120
BATCH = 100


class FusionEvent(models.Model):
    """The worker of the inbox: one event at a time, each in transactions of its own."""

    _inherit = "fusion.event"

    @api.model
    def _cron_process(self):
        """Process what is due until nothing is, or the scheduler wants its time back."""
        cron = self.env["ir.cron"]
        domain = self._due_domain()
        cron._commit_progress(remaining=self.search_count(domain))
        while event_ids := self.search(domain, order="next_attempt_at, id", limit=BATCH).ids:
            for event_id in event_ids:
                self._process_guarded(event_id)
                if not cron._commit_progress(1):
                    return
            domain = self._due_domain()
        self._wake_for_upcoming()

    @api.model
    def _due_domain(self):
        now = fields.Datetime.now()
        return [("state", "=", "received"), ("next_attempt_at", "<=", now)]

    @api.model
    def _wake_for_upcoming(self):
        upcoming = self.search(
            [("state", "=", "received"), ("next_attempt_at", "!=", False)],
            order="next_attempt_at",
            limit=1,
        ).next_attempt_at
        if upcoming:
            self._wake_worker(at=upcoming)

    @api.model
    def _process_guarded(self, event_id):
        try:
            self._process_event(event_id)
        except Exception:
            # One event in trouble must not keep the others waiting; its lease brings it back.
            _logger.exception("Event %s could not be processed now", event_id)

    @api.model
    def _process_event(self, event_id):
        """Take one event from received to processed, ignored, failed, or back in the queue."""
        owner = in_own_transaction(
            self.env, lambda env: env[self._name].browse(event_id)._claim_event()
        )
        if not owner:
            return
        try:
            fetched = self._fetch(event_id)
            in_own_transaction(
                self.env, lambda env: env[self._name].browse(event_id)._apply_event(owner, fetched)
            )
        except psycopg2.errors.UniqueViolation as error:
            if error.diag.constraint_name != "fusion_event_processed_once":
                self._postpone(event_id, owner, error)
                return
            in_own_transaction(
                self.env, lambda env: env[self._name].browse(event_id)._close_as_copy(owner)
            )
        except Exception as error:
            self._postpone(event_id, owner, error)

    def _claim_event(self):
        """Take the lease; return its owner, or None when there is nothing to do."""
        event = self.try_lock_for_update()
        now = fields.Datetime.now()
        if not event or event.state != "received" or event.next_attempt_at > now:
            return None
        if event.attempt_count >= MAX_ATTEMPTS:
            # It took the process down with it, time and again.
            event._fail(self.env._("The server stopped each time while this was being processed."))
            return None
        owner = secrets.token_hex(8)
        event.write(
            {
                "attempt_count": event.attempt_count + 1,
                "lease_owner": owner,
                "next_attempt_at": now + timedelta(seconds=LEASE_SECONDS),
            }
        )
        return owner

    @api.model
    def _fetch(self, event_id):
        """Re-read what the event is about, while no transaction is open."""
        with own_environment(self.env) as env:
            event = env[self._name].browse(event_id)
            call = event._handler()._fusion_prepare_event(event)
        return call() if call else None

    def _handler(self):
        name = self._handlers().get(self.source)
        if not name:
            raise NotImplementedError(f"Nothing installed handles events of {self.source}")
        return self.env[name].with_company(self.company_id)

    def _apply_event(self, owner, fetched):
        """Handle the event and close it, in one transaction."""
        self.ensure_one()
        if not self._owns(owner):
            return
        result = self._handler()._fusion_handle_event(self, fetched)
        self.write(
            {
                "state": "ignored" if result == "ignored" else "processed",
                "processed_at": fields.Datetime.now(),
                "error_message": False,
                "next_attempt_at": False,
                "lease_owner": False,
            }
        )

    def _owns(self, owner):
        """Lock the row; return whether it is still ours: we may have been slower than that."""
        self.env.cr.execute(
            "SELECT lease_owner FROM fusion_event WHERE id = %s FOR UPDATE", [self.id]
        )
        row = self.env.cr.fetchone()
        return bool(row) and row[0] == owner

    def _close_as_copy(self, owner):
        if self._owns(owner):
            self.write(
                {
                    "state": "ignored",
                    "processed_at": fields.Datetime.now(),
                    "error_message": self.env._("Another copy of this event was processed."),
                    "next_attempt_at": False,
                    "lease_owner": False,
                }
            )

    @api.model
    def _postpone(self, event_id, owner, error):
        """Put the event back in the queue, or give it up after the last attempt."""
        text = redact_text(f"{type(error).__name__}: {error}".strip(": "))[:500]
        _logger.warning("Event %s could not be processed: %s", event_id, text)
        retry_after = getattr(error, "retry_after", None)
        in_own_transaction(
            self.env,
            lambda env: env[self._name].browse(event_id)._back_off(owner, text, retry_after),
        )

    def _back_off(self, owner, text, retry_after):
        if not self._owns(owner):
            return
        delay = retry.next_delay(
            SCHEDULE, max(self.attempt_count, 1), retry_after=retry_after, rng=_random
        )
        if delay is None:
            self._fail(text)
            return
        at = fields.Datetime.now() + timedelta(seconds=delay)
        self.write({"error_message": text, "next_attempt_at": at, "lease_owner": False})
        self._wake_worker(at=at)

    def _fail(self, text):
        self.write(
            {
                "state": "failed",
                "error_message": text,
                "next_attempt_at": False,
                "lease_owner": False,
            }
        )
