import json
import logging
import random
import secrets
from datetime import timedelta
from typing import NamedTuple

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..exceptions import IdempotencyKeyConflict, OperationInProgress
from ..lib import errors, idempotency, retry
from ..lib.ledger import CLOSED_STATES, IN_FLIGHT, Answer
from ..lib.outcome import Outcome
from ..tools.cursors import in_own_transaction, own_environment

_logger = logging.getLogger(__name__)
_random = random.SystemRandom()

#: Seconds that booking a result may take before the completer does it instead.
APPLY_GRACE = 10
#: Seconds after which an operation of unknown outcome is brought to a Manager's attention.
ALERT_AFTER = 600


class Begun(NamedTuple):
    """Result of :meth:`FusionOperation._begin`; ``answer`` is set when there is nothing to call."""

    operation_id: int
    lease_owner: str | None
    answer: Answer | None


class FusionOperation(models.Model):
    """The ledger: one row per intended mutation at a provider, committed before it is called.

    Everything that moves money goes through :meth:`_perform`. The row, its attempts and its holds
    are written in transactions of their own, so that they survive the caller's rollback.
    """

    _name = "fusion.operation"
    _description = "Provider Operation"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "reference"

    kind = fields.Selection(
        [
            ("authorize", "Authorization"),
            ("charge", "Charge"),
            ("capture", "Capture"),
            ("void", "Void"),
            ("refund", "Refund"),
            ("credit", "Credit"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    idempotency_key = fields.Char(required=True, readonly=True, copy=False)
    fingerprint = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [
            ("ready", "Ready"),
            ("in_flight", "In Flight"),
            ("succeeded", "Succeeded"),
            ("pending", "Pending"),
            ("declined", "Declined"),
            ("rejected", "Rejected"),
            ("not_sent", "Not Sent"),
            ("unknown", "Unknown"),
        ],
        required=True,
        readonly=True,
        default="ready",
        index=True,
    )
    provider_code = fields.Char(required=True, readonly=True)
    handler = fields.Char(required=True, readonly=True, help="Model that carries it out.")
    reference = fields.Char(required=True, readonly=True, index=True)
    external_reference = fields.Char(
        readonly=True, index="btree_not_null", help="Our reference as the provider stores it."
    )
    provider_reference = fields.Char(readonly=True, index="btree_not_null")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True)
    user_id = fields.Many2one("res.users", string="Started By", readonly=True)
    # Needed to repeat the call under the same key after a crash; emptied when the operation closes.
    request_payload = fields.Json(readonly=True, groups="base.group_system", copy=False)
    request_summary = fields.Json(readonly=True)
    response_summary = fields.Json(readonly=True)
    error_code = fields.Char(readonly=True)
    error_message = fields.Char(readonly=True)
    review_reason = fields.Char(
        readonly=True, help="Money moved differently from what was asked: a person must decide."
    )
    attempt_count = fields.Integer(readonly=True, aggregator="sum")
    empty_lookup_count = fields.Integer(readonly=True, aggregator=None)
    lease_owner = fields.Char(readonly=True, copy=False)
    lease_until = fields.Datetime(readonly=True, copy=False)
    next_attempt_at = fields.Datetime(
        readonly=True, copy=False, help="When the completer looks at it next; empty: never."
    )
    started_at = fields.Datetime(readonly=True)
    finished_at = fields.Datetime(readonly=True)
    applied_at = fields.Datetime(readonly=True, help="When its result was in Odoo's books.")
    alerted_at = fields.Datetime(readonly=True)
    attempt_ids = fields.One2many("fusion.operation.attempt", "operation_id", readonly=True)
    hold_ids = fields.One2many("fusion.operation.hold", "operation_id", readonly=True)

    _idempotency_key_unique = models.Constraint(
        "unique(idempotency_key)", "This idempotency key belongs to another operation."
    )
    # The completer's only question: what is due, oldest first.
    _due_idx = models.Index("(next_attempt_at) WHERE next_attempt_at IS NOT NULL")

    @api.depends("reference", "kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for operation in self:
            operation.display_name = f"{operation.reference} ({labels.get(operation.kind)})"

    # === SYNCHRONOUS MODE === #

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
            self._abandon(begun, error)
            if isinstance(error, errors.GatewayError):
                return Answer.from_error(error)
            raise
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
        now = fields.Datetime.now()
        owner = secrets.token_hex(8)
        lease_until = now + timedelta(seconds=intent.lease_seconds)
        operation = self.with_context(tracking_disable=True).create(
            {
                "kind": intent.kind,
                "idempotency_key": intent.idempotency_key,
                "fingerprint": fingerprint,
                "state": IN_FLIGHT,
                "provider_code": intent.provider_code,
                "handler": intent.handler,
                "reference": intent.reference,
                "external_reference": intent.external_reference,
                "company_id": intent.company_id,
                "currency_id": intent.currency_id,
                "amount": float(intent.amount or 0),
                "user_id": self.env.uid,
                "request_payload": dict(intent.payload),
                "request_summary": dict(intent.summary),
                "lease_owner": owner,
                "lease_until": lease_until,
                "next_attempt_at": lease_until,
                "started_at": now,
                "attempt_count": 1,
                "attempt_ids": [
                    fields.Command.create(self._attempt_values(1, "call")),
                ],
                "hold_ids": [
                    fields.Command.create({"res_model": model, "res_id": res_id})
                    for model, res_id in intent.documents
                ],
            }
        )
        # Should this process die, the completer wakes up by itself when the lease has expired.
        self.env.ref("fusion_payment_common.ir_cron_complete_operations")._trigger(at=lease_until)
        return Begun(operation.id, owner, None)

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
        if self.state == IN_FLIGHT and self.lease_until > fields.Datetime.now():
            raise self._in_progress_error(intent)
        if self.state in (IN_FLIGHT, "ready"):
            return Begun(self.id, None, Answer(outcome=Outcome.UNKNOWN))
        return Begun(self.id, None, self._answer())

    @api.model
    def _in_progress_error(self, intent):
        """Return the exception that tells the user who is working on the document, since when."""
        with own_environment(self.env) as env:
            notice = env[self._name]._holds_of(intent).operation_id[:1]._notice()
        return OperationInProgress(
            notice or self.env._("Another payment of this document is in progress. Try again soon.")
        )

    @api.model
    def _prepare(self, operation_id, method):
        """Return a function that talks to the provider, and the list it leaves its trail in."""
        exchanges = []
        with own_environment(self.env) as env:
            operation = env[self._name].browse(operation_id)
            operation = operation.with_company(operation.company_id)
            prepare = getattr(operation.env[operation.handler], method)
            return prepare(operation, exchanges.append), exchanges

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
    def _abandon(self, begun, error):
        """Close an operation that was begun but never sent, and give its documents free."""

        def close(env):
            operation = env[self._name].browse(begun.operation_id)
            operation.hold_ids.unlink()
            operation._record_attempt("not_sent", [], type(error).__name__)
            operation.write(
                {
                    "state": "not_sent",
                    "error_code": getattr(error, "code", None) or type(error).__name__,
                    "error_message": str(error)[:500],
                    "request_payload": False,
                    "lease_owner": False,
                    "lease_until": False,
                    "next_attempt_at": False,
                    "finished_at": fields.Datetime.now(),
                    "applied_at": fields.Datetime.now(),
                }
            )

        in_own_transaction(self.env, close)

    @api.model
    def _finish_committed(self, begun, answer, exchanges):
        return in_own_transaction(
            self.env,
            lambda env: env[self._name].browse(begun.operation_id)._finish(answer, exchanges),
        )

    # === RESULT === #

    def _finish(self, answer, exchanges):
        """Store what came back and return the answer that now stands.

        An operation that was closed meanwhile keeps its result; a contradicting one is put before
        a person instead of being dropped.
        """
        self.ensure_one()
        self._lock()
        self._record_attempt(answer.outcome, exchanges, answer.error_code)
        if self.state in CLOSED_STATES:
            if answer.outcome in CLOSED_STATES and answer.outcome != self.state:
                self._require_review(
                    self.env._(
                        "Closed as %(state)s, but the provider now says %(outcome)s (%(ref)s).",
                        state=self.state,
                        outcome=answer.outcome,
                        ref=answer.provider_reference or "-",
                    )
                )
            return self._answer()
        now = fields.Datetime.now()
        values = {
            "state": "unknown" if answer.review else str(answer.outcome),
            "provider_reference": answer.provider_reference or self.provider_reference,
            "response_summary": dict(answer.data) or self.response_summary,
            "error_code": answer.error_code,
            "error_message": (answer.error_message or "")[:500] or False,
            "lease_owner": False,
            "lease_until": False,
        }
        if values["state"] in CLOSED_STATES:
            values.update(finished_at=now, next_attempt_at=now + timedelta(seconds=APPLY_GRACE))
        else:
            values["next_attempt_at"] = self._next_attempt_at(answer)
        self.write(values)
        if answer.review:
            self._require_review(answer.review)
        elif values["state"] not in CLOSED_STATES:
            # At once: the completer itself waits for the first, close retries.
            self.env.ref("fusion_payment_common.ir_cron_complete_operations")._trigger()
        return self._answer()

    def _next_attempt_at(self, answer):
        """Return when to ask the provider next: soon at first, then less and less often."""
        delay = retry.next_delay(
            retry.DECAYING,
            min(max(self.attempt_count, 1), len(retry.DECAYING.delays)),
            retry_after=answer.retry_after,
            rng=_random,
        )
        return fields.Datetime.now() + timedelta(seconds=delay)

    def _answer(self):
        """Return the stored result as an ``Answer``."""
        self.ensure_one()
        return Answer(
            outcome=Outcome(self.state) if self.state in set(Outcome) else Outcome.UNKNOWN,
            provider_reference=self.provider_reference or None,
            data=self.response_summary or {},
            error_code=self.error_code or None,
            error_message=self.error_message or None,
            review=self.review_reason or None,
        )

    @api.model
    def _settle(self, operation_id):
        """Bring the stored result into Odoo's books, in a transaction of its own.

        :return: whether that worked; if not, the completer tries again by itself
        """
        try:
            in_own_transaction(self.env, lambda env: env[self._name].browse(operation_id)._apply())
        except Exception:
            _logger.exception("The result of operation %s could not be booked yet", operation_id)
            in_own_transaction(
                self.env, lambda env: env[self._name].browse(operation_id)._postpone_booking()
            )
            return False
        return True

    def _apply(self):
        """Apply the stored result to the documents; give them free once the operation is closed.

        Both happen in the same transaction: whoever finds the documents free finds the result too.
        """
        self.ensure_one()
        self._lock()
        if self.applied_at:
            return
        worries = self.activity_ids
        operation = self.with_company(self.company_id)
        operation.env[self.handler]._fusion_apply(operation, self._answer())
        if self.state in CLOSED_STATES and not self.review_reason:
            self.hold_ids.unlink()
            self.write(
                {
                    "applied_at": fields.Datetime.now(),
                    "next_attempt_at": False,
                    "request_payload": False,
                }
            )
            worries.unlink()

    def _postpone_booking(self):
        self.attempt_count += 1
        self.next_attempt_at = self._next_attempt_at(self._answer())
        self._alert(
            self.env._(
                "The provider has answered, but the result cannot be booked. See the server log."
            )
        )

    # === TRAIL AND ALERTS === #

    @api.model
    def _attempt_values(self, number, action):
        return {
            "number": number,
            "action": action,
            "user_id": self.env.uid,
            "started_at": fields.Datetime.now(),
        }

    def _record_attempt(self, outcome, exchanges, error):
        """Complete the open attempt with what happened, redacted."""
        attempt = self.attempt_ids.filtered(lambda attempt: not attempt.outcome)[:1]
        last = exchanges[-1] if exchanges else None
        attempt.write(
            {
                "outcome": str(outcome),
                "duration_ms": sum(round(exchange.duration_ms) for exchange in exchanges),
                "http_status": last.status if last and last.status else False,
                "error": error or False,
                "exchanges": [
                    {
                        "method": exchange.method,
                        "url": exchange.url,
                        "status": exchange.status,
                        "duration_ms": round(exchange.duration_ms),
                        "request": _json_safe(exchange.request),
                        "response": _json_safe(exchange.response),
                        "error": type(exchange.error).__name__ if exchange.error else None,
                    }
                    for exchange in exchanges
                ],
            }
        )

    def _require_review(self, reason):
        """Stop everything automatic and put the operation before a Manager."""
        self.write({"review_reason": reason, "next_attempt_at": False})
        self._alert(reason)

    def _alert(self, note):
        """Schedule one activity for a Manager of the company; a second call does nothing."""
        self.ensure_one()
        if self.alerted_at:
            return
        self.alerted_at = fields.Datetime.now()
        managers = self.env.ref("fusion_payment_common.group_fusion_manager").all_user_ids
        manager = managers.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        ).sorted(lambda user: user._is_superuser())[:1]
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Payment %s needs attention", self.reference),
            note=note,
            user_id=manager.id or self.env.ref("base.user_admin").id,
        )

    def _notice(self):
        """Return a sentence for the clerk about open operations, or False when there is none."""
        operation = self[:1]
        if not operation:
            return False
        values = {
            "amount": operation.currency_id.format(operation.amount)
            if operation.currency_id
            else operation.amount,
            "reference": operation.reference,
            "provider": operation._provider_label(),
            "user": operation.user_id.name,
            "time": fields.Datetime.context_timestamp(
                self, operation.started_at or fields.Datetime.now()
            ).strftime("%H:%M"),
        }
        if operation.review_reason:
            return self.env._(
                "Payment %(reference)s of %(amount)s needs a decision by a manager. "
                "Do not charge again.",
                **values,
            )
        if operation.state == IN_FLIGHT and operation.lease_until > fields.Datetime.now():
            return self.env._(
                "Payment %(reference)s of %(amount)s, started by %(user)s at %(time)s, is in "
                "progress at %(provider)s.",
                **values,
            )
        return self.env._(
            "We are checking with %(provider)s whether payment %(reference)s of %(amount)s, "
            "started by %(user)s at %(time)s, went through. Do not charge again: this page will "
            "show the result by itself.",
            **values,
        )

    def _provider_label(self):
        selection = self.env["payment.provider"]._fields["code"]._description_selection(self.env)
        return dict(selection).get(self.provider_code, self.provider_code)

    def _lock(self):
        """Wait for the row; a conflicting change since our snapshot makes our transaction rerun."""
        self.env.cr.execute("SELECT id FROM fusion_operation WHERE id = %s FOR UPDATE", [self.id])
        if not self.env.cr.rowcount:
            raise UserError(self.env._("This operation no longer exists."))
        self.invalidate_recordset()


def _json_safe(value):
    return json.loads(json.dumps(value, default=str)) if value is not None else None
