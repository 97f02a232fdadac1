import logging
from typing import NamedTuple

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

from ...exceptions import IdempotencyKeyConflict, OperationInProgress
from ...lib import idempotency
from ...lib.ledger import IN_FLIGHT, READY
from ...tools import processes, rows
from ...tools.cursors import own_environment

_logger = logging.getLogger(__name__)


class Begun(NamedTuple):
    """An operation that was begun, with the lease that entitles the caller to store its result.

    ``lease_owner`` and ``attempt`` (a number) are None when the caller must not call the provider:
    the operation is queued, or it was begun earlier (``is_known``).
    """

    operation_id: int
    lease_owner: str | None = None
    attempt: int | None = None
    is_known: bool = False


class FusionOperation(models.Model):
    """How every operation begins: it is in the ledger before the provider is called."""

    _inherit = "fusion.operation"

    @api.model
    def _begin(self, intent, *, is_queued=False):
        """Insert the operation of an intent, in flight, with its holds and its first attempt.

        This is one statement because customers wait for it and programs run it a hundred times a
        second. The caller must commit before it calls the provider. If the process dies after
        that, the completer finds the row when its lease ends, or right after a restart.

        :param intent: an :class:`~odoo.addons.fusion_payment_common.lib.ledger.Intent`
        :param bool is_queued: insert it as ready for the worker, without an attempt
        :return: a :class:`Begun`
        :raise OperationInProgress: another operation on a document of the intent is not finished
        :raise IdempotencyKeyConflict: the key was used with other parameters
        :raise ConcurrencyError: another transaction is taking the key or a document right now; the
            caller's transaction must be run again
        """
        fingerprint = idempotency.fingerprint(intent.parameters)
        mode = self._queued_values(intent) if is_queued else self._in_flight_values(intent)
        row = {**self._intent_values(intent, fingerprint), **mode}
        try:
            # Not logged here: the statement contains the request. The rerun logs the conflict.
            self.env.cr.execute(self._begin_statement(intent, row), log_exceptions=False)
        except psycopg2.errors.UniqueViolation as error:
            raise ConcurrencyError(f"{intent.reference} was begun meanwhile") from error
        if inserted := self.env.cr.fetchone():
            return Begun(inserted[0], row.get("lease_owner"), row["attempt_count"] or None)
        known = self.search([("idempotency_key", "=", intent.idempotency_key)])
        if not known:
            raise self._in_progress_error(intent)
        known._check_fingerprint(intent, fingerprint)
        return Begun(known.id, is_known=True)

    @api.model
    def _begin_statement(self, intent, row):
        documents = {
            "models": [model for model, _id in intent.documents],
            "ids": [res_id for _model, res_id in intent.documents],
        }
        return SQL(
            """
            WITH operation AS (%(operation)s),
            attempt AS (
                INSERT INTO fusion_operation_attempt
                       (operation_id, number, action, user_id, started_at,
                        create_uid, create_date, write_uid, write_date)
                SELECT id, attempt_count, 'call', create_uid, started_at,
                       create_uid, create_date, write_uid, write_date
                  FROM operation
                 WHERE state = 'in_flight'
            ),
            hold AS (
                INSERT INTO fusion_operation_hold
                       (operation_id, res_model, res_id,
                        create_uid, create_date, write_uid, write_date)
                SELECT operation.id, document.model, document.id,
                       create_uid, create_date, write_uid, write_date
                  FROM operation, unnest(%(models)s::text[], %(ids)s::int[]) document(model, id)
            )
            SELECT id FROM operation
            """,
            operation=rows.insert(
                self, row, unless=self._is_taken(intent, **documents), returning=SQL("*")
            ),
            **documents,
        )

    @api.model
    def _is_taken(self, intent, models, ids):
        """Return the condition that the key is known or a document is held.

        The unique constraints refuse what is inserted after this was checked.
        """
        return SQL(
            """
            (EXISTS (SELECT FROM fusion_operation WHERE idempotency_key = %s)
             OR EXISTS (SELECT
                          FROM fusion_operation_hold held
                          JOIN unnest(%s::text[], %s::int[]) document(model, id)
                            ON held.res_model = document.model AND held.res_id = document.id))
            """,
            intent.idempotency_key,
            models,
            ids,
        )

    @api.model
    def _intent_values(self, intent, fingerprint):
        """Return the column values that an intent's row has in both modes."""
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
            "empty_lookup_count": 0,
        }

    @api.model
    def _in_flight_values(self, intent):
        lease_until = rows.seconds_from_now(intent.lease_seconds)
        return {
            "state": IN_FLIGHT,
            "is_queued": False,
            "lease_owner": processes.lease_owner(),
            "lease_until": lease_until,
            "next_attempt_at": lease_until,
            "started_at": rows.SECOND,
            "repeat_until": rows.seconds_from_now(intent.repeat_within),
            "attempt_count": 1,
        }

    @api.model
    def _queued_values(self, intent):
        return {
            "state": READY,
            "is_queued": True,
            "next_attempt_at": rows.SECOND,
            "send_until": rows.seconds_from_now(intent.send_within),
            "repeat_until": rows.seconds_from_now(intent.send_within + intent.repeat_within),
            "attempt_count": 0,
        }

    def _check_fingerprint(self, intent, fingerprint):
        """Check that the intent has the parameters with which this operation was begun.

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
        """Return the exception that tells the user who holds the document, and since when."""
        with own_environment(self.env) as env:
            notice = env[self._name]._holds_of(intent).operation_id[:1]._notice()
        return OperationInProgress(
            notice or self.env._("Another payment of this document is in progress. Try again soon.")
        )

    @api.model
    def _holds_of(self, intent):
        """Return the existing holds on the documents of the intent."""
        return self.env["fusion.operation.hold"].search(
            fields.Domain.OR(
                fields.Domain("res_model", "=", model) & fields.Domain("res_id", "=", res_id)
                for model, res_id in intent.documents
            )
        )
