import logging
from datetime import timedelta
from functools import partial

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError

from ...lib import errors, idempotency
from ...lib.ledger import IN_FLIGHT, READY, Answer
from ...lib.outcome import Outcome
from ...tools.cursors import in_own_transaction

_logger = logging.getLogger(__name__)


class FusionOperation(models.Model):
    """Queued mode: the business transaction says what is wanted, a worker carries it out."""

    _inherit = "fusion.operation"

    @api.model
    def _enqueue(self, intent):
        """Queue the intent; it is carried out once the current transaction is committed.

        Nobody is called here, and nobody ever if the transaction is rolled back. The answer
        reaches the documents through ``_fusion_apply`` of the handler.

        :param intent: a :class:`~odoo.addons.fusion_payment_common.lib.ledger.Intent`; its
            ``send_within`` bounds how long a provider that cannot be reached is tried
        :return: the operation (elevated); the one of an earlier call with the same intent
        :raise OperationInProgress: another operation on a document of the intent is not finished
        :raise IdempotencyKeyConflict: the key was used for something else
        :raise ConcurrencyError: the same key is being enqueued elsewhere; run the request again
        """
        # Elevated: whoever does the business need not be allowed to write the ledger by hand.
        ledger = self.sudo()
        fingerprint = idempotency.fingerprint(intent.parameters)
        known = ledger.search([("idempotency_key", "=", intent.idempotency_key)])
        if known:
            known._check_fingerprint(intent, fingerprint)
            return known
        if ledger._holds_of(intent):
            raise ledger._in_progress_error(intent)
        try:
            with self.env.cr.savepoint():
                operation = ledger.with_context(tracking_disable=True).create(
                    ledger._queued_values(intent, fingerprint)
                )
        except psycopg2.errors.UniqueViolation as error:
            if error.diag.constraint_name == "fusion_operation_hold_document_unique":
                raise ledger._in_progress_error(intent) from error
            raise ConcurrencyError(f"{intent.reference} was enqueued meanwhile") from error
        self._queue_wake()
        return operation.with_env(self.env(su=True))

    @api.model
    def _queued_values(self, intent, fingerprint):
        now = self._queue_now()
        send_until = now + timedelta(seconds=intent.send_within)
        return {
            **self._intent_values(intent, fingerprint),
            "state": READY,
            "is_queued": True,
            "next_attempt_at": now,
            "send_until": send_until,
            "repeat_until": send_until + timedelta(seconds=intent.repeat_within),
        }

    def _begin_queued(self, owner, lease_until, now):
        """Take a queued operation into flight, with its attempt on record before the call."""
        number = self.attempt_count + 1
        self.write(
            {
                "state": IN_FLIGHT,
                "started_at": self.started_at or now,
                "lease_owner": owner,
                "lease_until": lease_until,
                "next_attempt_at": lease_until,
                "attempt_count": number,
                "attempt_ids": [fields.Command.create(self._attempt_values(number, "call"))],
            }
        )

    @api.model
    def _prepare_queued(self, claim):
        """Return the function that calls the provider for a claim, or one that says why not."""
        try:
            call, claim.data["exchanges"] = self._prepare(
                claim.record_id, "_fusion_prepare_call", check=_check_in_time
            )
        except errors.GatewayError as error:
            return partial(_unsent, error)
        except Exception as error:
            # Nothing was sent. A document that cannot be read now may be readable later.
            _logger.exception("Operation %s could not be prepared", claim.record_id)
            return partial(_unsent, errors.NotSentError(str(error), code=type(error).__name__))
        return partial(self._execute, call, claim.record_id)

    @api.model
    def _finish_queued(self, claim, outcome):
        """Store what a queued call came to; what never left goes back into the queue."""
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
        """Plan the call anew, under the same key, while there is time; return whether there is."""
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
    """Refuse what has waited for too long: nobody counts on it any more.

    :raise NotSentError: it has
    """
    if operation.send_until < operation.env.cr.now():
        raise errors.NotSentError("it was not sent in time", code="not_sent_in_time")


def _unsent(error):
    """Stand in for a call that is not made."""
    return Answer.from_error(error), error
