import logging
import secrets
import time
from datetime import timedelta

from odoo import api, fields, models

from ..lib import errors
from ..lib.ledger import (
    CLOSED_STATES,
    IN_FLIGHT,
    NOT_FOUND_YET,
    Answer,
    Step,
    after_repeat,
    next_step,
)
from ..lib.outcome import Outcome
from ..tools.cursors import in_own_transaction
from .fusion_operation_perform import Begun

_logger = logging.getLogger(__name__)

#: Seconds after which an operation of unknown outcome is brought to a Manager's attention.
ALERT_AFTER = 600
#: Seconds for which the completer owns an operation; longer than any look-up and repetition.
LEASE_SECONDS = 120
#: Seconds for which one run of the completer waits for retries that are close by. A cron trigger in
#: the future is only noticed within a minute, and a clerk waits in front of the customer.
WATCH_SECONDS = 45


class FusionOperation(models.Model):
    """The completer: finds out what became of operations nobody works on any more."""

    _inherit = "fusion.operation"

    @api.model
    def _cron_complete(self):
        """Complete whatever is due; stay for the retries that come up within seconds."""
        cron = self.env["ir.cron"]
        deadline = time.monotonic() + WATCH_SECONDS
        while True:
            done = self._complete_due()
            if not cron._commit_progress(done) and time.monotonic() > deadline:
                break
            upcoming = self.search(
                [("next_attempt_at", "!=", False)], order="next_attempt_at", limit=1
            ).next_attempt_at
            if not upcoming:
                return
            wait = (upcoming - fields.Datetime.now()).total_seconds()
            if time.monotonic() + wait > deadline:
                self.env.ref("fusion_payment_common.ir_cron_complete_operations")._trigger(
                    at=upcoming
                )
                return
            # Never long: what comes in meanwhile is due before what is waited for.
            time.sleep(min(max(wait, 0.2), 1.0))

    @api.model
    def _complete_due(self, *, reference=None, limit=50):
        """Complete the operations that are due now.

        :param str reference: only those of this reference
        :return: how many were worked on
        """
        domain = fields.Domain("next_attempt_at", "<=", fields.Datetime.now())
        if reference:
            domain &= fields.Domain("reference", "=", reference)
        operation_ids = self.search(domain, order="next_attempt_at", limit=limit).ids
        for operation_id in operation_ids:
            try:
                self._complete(operation_id)
            except Exception:
                # One operation in trouble must not keep the others waiting; its lease or its next
                # attempt brings it back.
                _logger.exception("Operation %s could not be completed now", operation_id)
        return len(operation_ids)

    @api.model
    def _complete(self, operation_id):
        """Take one operation one step further: look it up, repeat it, or book its result."""
        claimed = in_own_transaction(
            self.env, lambda env: env[self._name].browse(operation_id)._claim()
        )
        if not claimed:
            return
        step, begun = claimed
        if step in (Step.LOOK_UP, Step.LOOK_UP_OR_REPEAT):
            self._look_up(begun, repeat=step == Step.LOOK_UP_OR_REPEAT)
        self._settle(operation_id)

    def _claim(self):
        """Take the lease on a due operation.

        :return: ``(step, begun)``, or None when another worker has it or there is nothing to do
        """
        operation = self.try_lock_for_update()
        now = fields.Datetime.now()
        if not operation or not operation.next_attempt_at or operation.next_attempt_at > now:
            return None
        step = next_step(
            operation.state,
            lease_expired=not operation.lease_until or operation.lease_until <= now,
            due=True,
            applied=bool(operation.applied_at),
            needs_review=bool(operation.review_reason),
            empty_lookups=operation.empty_lookup_count,
        )
        if step in (Step.NOTHING, Step.HUMAN):
            operation.next_attempt_at = False
            return None
        if step == Step.WAIT:
            operation.next_attempt_at = operation.lease_until
            return None
        if step == Step.APPLY:
            operation.next_attempt_at = now + timedelta(seconds=LEASE_SECONDS)
            return step, Begun(operation.id, None, None)
        return step, operation._take_lease(now)

    def _take_lease(self, now):
        if self.state == IN_FLIGHT:
            # The process that made the call is gone; its attempt will never be completed.
            self.attempt_ids.filtered(lambda attempt: not attempt.outcome).write(
                {"outcome": "unknown", "error": self.env._("The process ended before an answer.")}
            )
        owner = secrets.token_hex(8)
        number = self.attempt_count + 1
        self.write(
            {
                "state": self.state if self.state == "pending" else "unknown",
                "lease_owner": owner,
                "lease_until": now + timedelta(seconds=LEASE_SECONDS),
                "next_attempt_at": now + timedelta(seconds=LEASE_SECONDS),
                "attempt_count": number,
                "attempt_ids": [fields.Command.create(self._attempt_values(number, "look_up"))],
            }
        )
        return Begun(self.id, owner, None)

    @api.model
    def _look_up(self, begun, *, repeat):
        """Ask the provider; if it knows nothing and that is proof enough, repeat the call."""
        lookup, exchanges = self._prepare(begun.operation_id, "_fusion_prepare_lookup")
        try:
            answer = lookup()
        except errors.GatewayError as error:
            answer = Answer(
                outcome=Outcome.UNKNOWN,
                error_code=error.code or type(error).__name__,
                error_message=str(error),
                retry_after=error.retry_after,
            )
        else:
            if answer is None:
                in_own_transaction(
                    self.env,
                    lambda env: env[self._name].browse(begun.operation_id)._count_empty_lookup(),
                )
                answer = Answer(outcome=Outcome.UNKNOWN, error_code=NOT_FOUND_YET)
                if repeat:
                    answer, exchanges = self._repeat(begun, exchanges)
        self._finish_committed(begun, answer, exchanges)
        in_own_transaction(
            self.env, lambda env: env[self._name].browse(begun.operation_id)._alert_if_late()
        )

    @api.model
    def _repeat(self, begun, exchanges):
        """Repeat the call under its key, as an attempt of its own; return (answer, exchanges)."""

        def open_attempt(env):
            operation = env[self._name].browse(begun.operation_id)
            operation._record_attempt("not_found", exchanges, None)
            number = operation.attempt_count + 1
            operation.attempt_count = number
            operation.attempt_ids = [
                fields.Command.create(self._attempt_values(number, "repeat"))
            ]

        in_own_transaction(self.env, open_attempt)
        call, repeated = self._prepare(begun.operation_id, "_fusion_prepare_call")
        answer, error = self._execute(call, begun.operation_id)
        return after_repeat(answer, error=error), repeated

    def _count_empty_lookup(self):
        self._lock()
        self.empty_lookup_count += 1

    def _alert_if_late(self):
        """Tell a Manager about an operation whose outcome has been unknown for too long."""
        late = fields.Datetime.now() - timedelta(seconds=ALERT_AFTER)
        if self.state not in CLOSED_STATES and self.started_at and self.started_at < late:
            self._alert(
                self.env._(
                    "The provider has not said for %(minutes)s minutes what became of this "
                    "payment. Odoo keeps asking. Check the provider's dashboard for reference "
                    "%(reference)s.",
                    minutes=ALERT_AFTER // 60,
                    reference=self.external_reference or self.reference,
                )
            )
