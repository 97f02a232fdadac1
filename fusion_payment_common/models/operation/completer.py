import logging
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ...lib import errors
from ...lib.ledger import (
    CLOSED_STATES,
    IN_FLIGHT,
    NOT_FOUND_YET,
    Answer,
    Step,
    after_repeat,
    next_step,
)
from ...lib.outcome import Outcome
from ...tools import long_calls
from ...tools.cursors import in_own_transaction
from ...tools.queue_runner import Claim
from .begin import Begun

_logger = logging.getLogger(__name__)

#: Seconds after which Managers are alerted to an operation whose outcome is unknown.
ALERT_AFTER = 600


class FusionOperation(models.Model):
    """The completer: call the provider for queued operations, look up those with no outcome."""

    _inherit = "fusion.operation"

    _queue_lease_seconds = 120

    @api.model
    def _queue_lanes(self):
        """Override of the queue: one worker, which makes its calls in parallel."""
        return ("fusion_payment_common.ir_cron_complete_operations",)

    @api.model
    def _cron_complete(self):
        """Complete what is due, and plan the next run for retries that are due within seconds."""
        self._cron_work()

    @api.model
    def _complete_due(self, *, reference=None, limit=50):
        """Complete the operations that are due now.

        :param str reference: only operations with this reference
        :return: how many operations were worked on
        """
        return self.with_context(fusion_queue_reference=reference)._queue_work(limit=limit)

    @api.model
    def _queue_condition(self):
        """Override of the queue: one reference only, when a user waits for it.

        Only the scheduler's process takes calls that may last minutes, and only while it has room.
        """
        reference = self.env.context.get("fusion_queue_reference")
        conditions = [SQL("reference = %s", reference)] if reference else []
        if not self.env.context.get("fusion_queue_long_calls") or not long_calls.room():
            conditions.append(SQL("is_long_call IS NOT TRUE"))
        return SQL(" AND ").join(conditions) if conditions else super()._queue_condition()

    def _hasten(self):
        """Make the completer look up these operations now instead of at their planned time.

        Operations that a process has leased are left to it.
        """
        now = self._queue_now()
        waiting = self.filtered(
            lambda operation: (
                operation.next_attempt_at
                and (not operation.lease_until or operation.lease_until <= now)
            )
        ).try_lock_for_update()
        waiting.filtered(lambda operation: operation.next_attempt_at > now).next_attempt_at = now
        if waiting:
            self._queue_wake()

    # === CLAIM === #

    def _queue_take(self, owner, lease_until):
        """Override of the queue: determine the next step of each row, if any."""
        # The database time at which the rows were due. Do not use this host's clock.
        now = lease_until - timedelta(seconds=self._queue_lease_seconds)
        claims = []
        for operation in self:
            step = operation._step(now)
            if step in (Step.NOTHING, Step.HUMAN):
                operation.next_attempt_at = False
            elif step == Step.WAIT:
                operation.next_attempt_at = operation.lease_until
            else:
                operation._take(step, owner, lease_until, now)
                claims.append(
                    Claim(
                        operation.id,
                        owner,
                        is_long=operation.is_long_call,
                        data={"step": step, "attempt": operation.attempt_count},
                    )
                )
        return claims

    def _step(self, now):
        """Return the next step of a due row at the time ``now``."""
        return next_step(
            self.state,
            lease_expired=not self.lease_until or self.lease_until <= now,
            due=True,
            applied=bool(self.applied_at),
            needs_review=bool(self.review_reason),
            empty_lookups=self.empty_lookup_count,
            repeatable=not self.repeat_until or now < self.repeat_until,
        )

    @api.model
    def _begun_of(self, claim):
        """Return the :class:`Begun` of a claim; its result counts while the lease lasts."""
        return Begun(claim.record_id, claim.owner, attempt=claim.data["attempt"])

    def _take(self, step, owner, lease_until, now):
        if step == Step.APPLY:
            # With an owner: if the process dies while it books, the row is taken back at once.
            self.write(
                {"lease_owner": owner, "lease_until": lease_until, "next_attempt_at": lease_until}
            )
        elif step == Step.CALL:
            self._begin_queued(owner, lease_until, now)
        else:
            self._begin_look_up(owner, lease_until)

    def _begin_look_up(self, owner, lease_until):
        if self.state == IN_FLIGHT:
            # The process that made the call is gone and cannot complete its attempt.
            self._open_attempts().write(
                {"outcome": "unknown", "error": self.env._("The process ended before an answer.")}
            )
        self._open_attempt(
            "look_up",
            {
                "state": self.state if self.state == "pending" else "unknown",
                "lease_owner": owner,
                "lease_until": lease_until,
                "next_attempt_at": lease_until,
            },
        )

    # === CALL === #

    @api.model
    def _queue_prepare(self, claims):
        """Override of the queue: prepare the call or the look-up; booking needs neither."""
        for claim in claims:
            try:
                yield claim, self._prepared_call(claim)
            except Exception:
                # A failure must not delay the others. When its lease ends, it is due again.
                _logger.exception("Operation %s could not be completed now", claim.record_id)

    @api.model
    def _prepared_call(self, claim):
        step = claim.data["step"]
        if step == Step.APPLY:
            return None
        if step == Step.CALL:
            return self._prepare_queued(claim)
        lookup, claim.data["exchanges"] = self._prepare(claim.record_id, "_fusion_prepare_lookup")
        return lookup

    # === RESULT === #

    @api.model
    def _queue_finish(self, claim, outcome):
        """Override of the queue: store and book the result, or repeat a call not found."""
        step = claim.data["step"]
        if step == Step.APPLY:
            self._settle(claim.record_id)
            return None
        if step == Step.CALL:
            return self._finish_queued(claim, outcome)
        if outcome.error is not None and not isinstance(outcome.error, errors.GatewayError):
            _logger.error(
                "Operation %s could not be completed now", claim.record_id, exc_info=outcome.error
            )
            return None
        if claim.data.get("is_repeated"):
            answer, error = outcome.result()
            answer = after_repeat(answer, error=error)
        else:
            answer = self._answer_of_look_up(claim, outcome)
            if answer is None:
                return self._repeat(claim)
        self._finish_committed(self._begun_of(claim), answer, claim.data["exchanges"])
        in_own_transaction(
            self.env, lambda env: env[self._name].browse(claim.record_id)._alert_if_late()
        )
        self._settle(claim.record_id)
        return None

    @api.model
    def _answer_of_look_up(self, claim, outcome):
        """Return the result of a look-up, or None when the call must be repeated."""
        try:
            answer = outcome.result()
        except errors.GatewayError as error:
            return Answer(
                outcome=Outcome.UNKNOWN,
                error_code=error.code or type(error).__name__,
                error_message=str(error),
                retry_after=error.retry_after,
            )
        if answer is not None:
            return answer
        in_own_transaction(
            self.env, lambda env: env[self._name].browse(claim.record_id)._count_empty_lookup()
        )
        if claim.data["step"] == Step.LOOK_UP_OR_REPEAT:
            return None
        review = None
        if claim.data["step"] == Step.LOOK_UP_OR_REVIEW:
            review = self.env._(
                "The provider knows nothing of it, and it is too old to be sent again. Look for it "
                "in the provider's dashboard."
            )
        return Answer(outcome=Outcome.UNKNOWN, error_code=NOT_FOUND_YET, review=review)

    @api.model
    def _repeat(self, claim):
        """Return the call that repeats the first one under the same key, as a new attempt.

        :return: None when another process has taken the operation over, or closed it, while the
            provider was asked
        """
        begun, looked_up = self._begun_of(claim), claim.data["exchanges"]
        number = in_own_transaction(
            self.env,
            lambda env: env[self._name].browse(claim.record_id)._begin_repeat(begun, looked_up),
        )
        if not number:
            return None
        claim.data.update(is_repeated=True, exchanges=[], attempt=number)
        try:
            call, claim.data["exchanges"] = self._prepare(claim.record_id, "_fusion_prepare_call")
        except errors.GatewayError as error:
            # Nothing was sent this time, but the first call may have reached the provider.
            unsent = errors.NotSentError(str(error), code=error.code)
            return lambda: (Answer.from_error(unsent), unsent)
        return lambda: self._execute(call, claim.record_id)

    def _begin_repeat(self, begun, looked_up):
        """Open the attempt that repeats the call; return its number, or None if not allowed."""
        self._lock()
        self._record_attempt("not_found", looked_up, None, begun.attempt)
        if self.state != Outcome.UNKNOWN or self.lease_owner != begun.lease_owner:
            return None
        lease_until = self._queue_now() + timedelta(seconds=self._queue_lease_seconds)
        return self._open_attempt(
            "repeat", {"lease_until": lease_until, "next_attempt_at": lease_until}
        )

    def _count_empty_lookup(self):
        self._lock()
        self.empty_lookup_count += 1

    def _alert_if_late(self):
        """Alert Managers to an operation whose outcome has been unknown for too long."""
        late = self._queue_now() - timedelta(seconds=ALERT_AFTER)
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
