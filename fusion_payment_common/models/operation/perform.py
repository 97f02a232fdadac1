import logging
from datetime import timedelta
from typing import NamedTuple

import psycopg2.errors

from odoo import api, fields, models

from ...exceptions import IdempotencyKeyConflict, OperationInProgress
from ...lib import errors, idempotency
from ...lib.ledger import IN_FLIGHT, Answer
from ...lib.outcome import Outcome
from ...tools import processes
from ...tools.cursors import in_own_transaction, own_environment

_logger = logging.getLogger(__name__)


class Begun(NamedTuple):
    """Result of :meth:`FusionOperation._begin`; ``answer`` is set when there is nothing to call.

    ``lease_owner`` and ``attempt`` (its number) say whose result it will be.
    """

    operation_id: int
    lease_owner: str | None
    answer: Answer | None = None
    attempt: int | None = None


class FusionOperation(models.Model):
    """Synchronous mode: begin, call, finish, while somebody waits for the answer."""

    _inherit = "fusion.operation"

    @api.model
    def _perform(self, intent, *, check=None):
        """Carry out the intent exactly once and return what came of it.

        The second call for the same intent, in a re-run of the request, in another tab or after a
        restart, calls nobody: it returns the stored answer.

        :param intent: a :class:`~odoo.addons.fusion_payment_common.lib.ledger.Intent`
        :param check: called with an environment on a fresh snapshot once the documents are held,
            right before the call; raises ``UserError`` when the intent no longer makes sense
        :return: an :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer`; an unknown
            outcome is an answer, not an exception
        :raise OperationInProgress: another operation on a document of the intent is not finished
        :raise IdempotencyKeyConflict: the key was used for something else
        :raise UserError: whatever ``check`` raised; nothing was sent
        """
        # Conflicts with concurrent transactions must surface before money moves, not after.
        self.env.flush_all()
        begun = self._begin_committed(intent)
        if begun.answer is not None:
            return begun.answer
        try:
            if check:
                with own_environment(self.env) as env:
                    check(env)
            call, exchanges = self._prepare(begun.operation_id, "_fusion_prepare_call")
        except Exception as error:
            stored = self._abandon(begun, error)
            if stored is not None:
                return stored
            if isinstance(error, errors.GatewayError):
                return Answer.from_error(error)
            raise
        stored = self._renew(begun, intent.lease_seconds)
        if stored is not None:
            return stored
        answer, _error = self._execute(call, begun.operation_id)
        return self._finish_committed(begun, answer, exchanges)

    @api.model
    def _id_of(self, idempotency_key):
        """Return the id of the operation with this key; the caller's snapshot may be older."""
        with own_environment(self.env) as env:
            return env[self._name].search([("idempotency_key", "=", idempotency_key)]).id

    @api.model
    def _begin_committed(self, intent):
        try:
            return in_own_transaction(self.env, lambda env: env[self._name]._begin(intent))
        except psycopg2.errors.UniqueViolation as error:
            if error.diag.constraint_name == "fusion_operation_hold_document_unique":
                raise self._in_progress_error(intent) from error
            # Another transaction inserted the same key meanwhile: it is there now.
            return in_own_transaction(self.env, lambda env: env[self._name]._begin(intent))

    @api.model
    def _begin(self, intent):
        """Insert the operation with its first attempt and its holds, or load it by its key.

        Must run in a transaction of its own that is committed before the provider is called.

        :return: a :class:`Begun`
        :raise IdempotencyKeyConflict: the key was used with other parameters
        :raise OperationInProgress: the same intent is being carried out right now
        """
        fingerprint = idempotency.fingerprint(intent.parameters)
        operation = self.search([("idempotency_key", "=", intent.idempotency_key)])
        if operation:
            return operation._replay(intent, fingerprint)
        if self._holds_of(intent):
            raise self._in_progress_error(intent)
        now = self._queue_now()
        owner = processes.lease_owner()
        lease_until = now + timedelta(seconds=intent.lease_seconds)
        operation = self.with_context(tracking_disable=True).create(
            {
                **self._intent_values(intent, fingerprint),
                "state": IN_FLIGHT,
                "lease_owner": owner,
                "lease_until": lease_until,
                "next_attempt_at": lease_until,
                "started_at": now,
                "repeat_until": now + timedelta(seconds=intent.repeat_within),
                "attempt_count": 1,
                "attempt_ids": [
                    fields.Command.create(self._attempt_values(1, "call")),
                ],
            }
        )
        # Should this process die, the completer wakes up by itself when the lease has expired.
        self.env.ref("fusion_payment_common.ir_cron_complete_operations")._trigger(at=lease_until)
        return Begun(operation.id, owner, attempt=1)

    @api.model
    def _intent_values(self, intent, fingerprint):
        """Return what the row of an intent says in either mode, its holds included."""
        res_model, res_id = intent.documents[0] if intent.documents else (False, False)
        return {
            "kind": intent.kind,
            "idempotency_key": intent.idempotency_key,
            "fingerprint": fingerprint,
            "provider_code": intent.provider_code,
            "handler": intent.handler,
            "reference": intent.reference,
            "external_reference": intent.external_reference,
            "company_id": intent.company_id,
            "currency_id": intent.currency_id,
            "amount": float(intent.amount or 0),
            "user_id": self.env.uid,
            "is_long_call": intent.is_long,
            "request_payload": dict(intent.payload),
            "request_summary": dict(intent.summary),
            "res_model": res_model,
            "res_id": res_id,
            "documents": [list(document) for document in intent.documents],
            "hold_ids": [
                fields.Command.create({"res_model": model, "res_id": res_id})
                for model, res_id in intent.documents
            ],
        }

    @api.model
    def _holds_of(self, intent):
        """Return the holds that other operations have on the documents of the intent."""
        return self.env["fusion.operation.hold"].search(
            fields.Domain.OR(
                fields.Domain("res_model", "=", model) & fields.Domain("res_id", "=", res_id)
                for model, res_id in intent.documents
            )
        )

    def _replay(self, intent, fingerprint):
        """Return what is known of an intent that was begun before."""
        self.ensure_one()
        self._check_fingerprint(intent, fingerprint)
        if self.state == IN_FLIGHT and self._is_leased():
            raise self._in_progress_error(intent)
        if self.state in (IN_FLIGHT, "ready"):
            return Begun(self.id, None, Answer(outcome=Outcome.UNKNOWN))
        return Begun(self.id, None, self._answer())

    def _check_fingerprint(self, intent, fingerprint):
        """Raise unless the intent is the one that this operation was begun for.

        :raise IdempotencyKeyConflict: the key was used with other parameters
        """
        if self.fingerprint != fingerprint:
            _logger.error(
                "Idempotency key %s (%s) was reused with other parameters; nothing was sent.",
                self.idempotency_key,
                self.reference,
            )
            raise IdempotencyKeyConflict(
                self.env._(
                    "Payment %(reference)s was already sent to the provider with other details. "
                    "Nothing was sent now. Start a new payment.",
                    reference=intent.reference,
                )
            )

    @api.model
    def _in_progress_error(self, intent):
        """Return the exception that tells the user who is working on the document, since when."""
        with own_environment(self.env) as env:
            notice = env[self._name]._holds_of(intent).operation_id[:1]._notice()
        return OperationInProgress(
            notice or self.env._("Another payment of this document is in progress. Try again soon.")
        )

    @api.model
    def _prepare(self, operation_id, method, *args, check=None):
        """Return a function that talks to the provider, and the list it leaves its trail in.

        :param check: called with the operation first, to refuse it with an exception
        """
        exchanges = []
        with own_environment(self.env) as env:
            operation = env[self._name].browse(operation_id)
            if check:
                check(operation)
            operation = operation.with_company(operation.company_id)
            prepare = getattr(operation.env[operation.handler], method)
            return prepare(operation, *args, exchanges.append), exchanges

    @api.model
    def _execute(self, call, operation_id):
        """Run ``call``, which may move money; return its answer and the error it stands for."""
        try:
            return call(), None
        except errors.GatewayError as error:
            _logger.info("Operation %s: %s", operation_id, type(error).__name__)
            return Answer.from_error(error), error
        except Exception as error:
            # Whatever went wrong here went wrong after the provider may have been reached.
            _logger.exception("Operation %s failed while it was being carried out", operation_id)
            unknown = errors.UnknownOutcomeError(type(error).__name__, code="internal_error")
            return Answer.from_error(unknown), unknown

    @api.model
    def _renew(self, begun, lease_seconds):
        """Renew the lease right before the call: what came before may have taken long.

        :param Begun begun: what the caller has begun
        :param float lease_seconds: how long the call may take
        :return: None when the caller may call; else the stored answer: somebody else has taken
            over, and what they found counts
        """

        def renew(env):
            operation = env[self._name].browse(begun.operation_id)
            operation._lock()
            if not operation._is_begun_by(begun):
                return operation._answer()
            lease_until = operation._queue_now() + timedelta(seconds=lease_seconds)
            operation.write({"lease_until": lease_until, "next_attempt_at": lease_until})
            return None

        return in_own_transaction(self.env, renew)

    def _is_begun_by(self, begun):
        """Return whether this is still the call of whoever began it."""
        self.ensure_one()
        return self.state == IN_FLIGHT and self.lease_owner == begun.lease_owner

    @api.model
    def _abandon(self, begun, error):
        """Close an operation that was begun but never sent, and give its documents free.

        :return: None when that was done; else the stored answer: somebody else has taken over and
            may have sent it
        """

        def close(env):
            operation = env[self._name].browse(begun.operation_id)
            operation._lock()
            operation._record_attempt("not_sent", [], type(error).__name__, begun.attempt)
            if not operation._is_begun_by(begun):
                return operation._answer()
            operation.hold_ids.unlink()
            now = operation._queue_now()
            operation.write(
                {
                    "state": "not_sent",
                    "error_code": getattr(error, "code", None) or type(error).__name__,
                    "error_message": str(error)[:500],
                    "request_payload": operation._payload_to_keep(),
                    "lease_owner": False,
                    "lease_until": False,
                    "next_attempt_at": False,
                    "finished_at": now,
                    "applied_at": now,
                }
            )
            return None

        return in_own_transaction(self.env, close)

    @api.model
    def _finish_committed(self, begun, answer, exchanges):
        return in_own_transaction(
            self.env,
            lambda env: env[self._name]
            .browse(begun.operation_id)
            ._finish(answer, exchanges, begun=begun),
        )
