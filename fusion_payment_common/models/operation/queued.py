import logging
from functools import partial

from odoo import api, models

from ...lib import errors
from ...lib.ledger import IN_FLIGHT, READY, Answer
from ...lib.outcome import Outcome
from ...tools.cursors import in_own_transaction

_logger = logging.getLogger(__name__)


class FusionOperation(models.Model):
    """Queued mode: the business transaction stores the intent, a worker carries it out."""

    _inherit = "fusion.operation"

    @api.model
    def _enqueue(self, intent):
        """Queue the intent; a worker carries it out after the current transaction commits.

        The provider is not called here, and never if the transaction is rolled back. The answer
        reaches the documents through ``_fusion_apply`` of the handler.

        :param intent: a :class:`~odoo.addons.fusion_payment_common.lib.ledger.Intent`; its
            ``send_within`` limits how long an unreachable provider is retried
        :return: the operation (elevated); the existing one if the intent was queued before
        :raise OperationInProgress: another operation on a document of the intent is not finished
        :raise IdempotencyKeyConflict: the key was used with other parameters
        :raise ConcurrencyError: another transaction is taking the key or a document right now; the
            request must be run again
        """
        # Elevated: users cannot write the ledger.
        ledger = self.sudo()
        begun = ledger._begin(intent, is_queued=True)
        if not begun.is_known:
            self._queue_wake()
        return ledger.browse(begun.operation_id)

    def _begin_queued(self, owner, lease_until, now):
        """Mark a queued operation as in flight, and record its attempt before the call."""
        self._open_attempt(
            "call",
            {
                "state": IN_FLIGHT,
                "started_at": self.started_at or now,
                "lease_owner": owner,
                "lease_until": lease_until,
                "next_attempt_at": lease_until,
            },
        )

    @api.model
    def _prepare_queued(self, claim):
        """Return the function that calls the provider, or one that returns why it must not."""
        try:
            call, claim.data["exchanges"] = self._prepare(
                claim.record_id, "_fusion_prepare_call", check=_check_in_time
            )
        except errors.GatewayError as error:
            return partial(_unsent, error)
        except Exception as error:
            # Nothing was sent. The document may become readable later.
            _logger.exception("Operation %s could not be prepared", claim.record_id)
            return partial(_unsent, errors.NotSentError(str(error), code=type(error).__name__))
        return partial(self._execute, call, claim.record_id)

    @api.model
    def _finish_queued(self, claim, outcome):
        """Store the result of a queued call; a request that was never sent is queued again."""
        answer, _error = outcome.result()
        exchanges = claim.data.get("exchanges", [])
        begun = self._begun_of(claim)
        is_back = answer.outcome == Outcome.NOT_SENT and in_own_transaction(
            self.env,
            lambda env: env[self._name]
            .browse(claim.record_id)
            ._back_to_ready(begun, answer, exchanges),
        )
        if not is_back:
            self._finish_committed(begun, answer, exchanges)
            self._settle(claim.record_id)

    def _back_to_ready(self, begun, answer, exchanges):
        """Queue the call again under the same key, until ``send_until``; return whether it was."""
        self._lock()
        at = self._time_of_next_try(self.attempt_count, answer.retry_after)
        if not self._is_begun_by(begun) or at > self.send_until:
            return False
        self._record_attempt(answer.outcome, exchanges, answer.error_code, begun.attempt)
        self.write(
            {
                "state": READY,
                "error_code": answer.error_code,
                "error_message": (answer.error_message or "")[:500] or False,
                "lease_owner": False,
                "lease_until": False,
                "next_attempt_at": at,
            }
        )
        return True


def _check_in_time(operation):
    """Refuse an operation that has waited too long: its result is no longer expected.

    :raise NotSentError: the operation has waited for too long
    """
    if operation.send_until < operation.env.cr.now():
        raise errors.NotSentError("it was not sent in time", code="not_sent_in_time")


def _unsent(error):
    """Return the result of a call that was not made."""
    return Answer.from_error(error), error
