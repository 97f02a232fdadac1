import hashlib
import logging
import random
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ...exceptions import TransactionNotCommitted
from ...lib import retry
from ...lib.ledger import CLOSED_STATES, NOT_FOUND_YET, Answer, contradicts, settles_the_matter
from ...lib.outcome import Outcome
from ...lib.redaction import redact
from ...tools import rows
from ...tools.cursors import in_own_transaction

_logger = logging.getLogger(__name__)
_random = random.SystemRandom()

#: Seconds that booking a result may take before the completer takes over.
APPLY_GRACE = 10
#: Seconds for which an operation is asked after at least every FRESH_DELAY seconds, however often
#: that was tried in vain: the customer may still be waiting.
FRESH = 600
FRESH_DELAY = 60
#: The fields that are read right after an answer is stored.
_ANSWER_FIELDS = (
    "kind",
    "reference",
    "state",
    "provider_reference",
    "response_summary",
    "error_code",
    "error_message",
    "review_reason",
)
#: Maximum seconds that Odoo pauses between the runs of a request (2 + 4 + 8 + 16, plus a margin).
RERUN_PAUSES = 60


class FusionOperation(models.Model):
    """Results: first stored, then booked."""

    _inherit = "fusion.operation"

    def _finish(self, answer, exchanges, *, begun=None, book_in=APPLY_GRACE):
        """Store the answer and return the one that the operation has afterwards.

        An operation that was closed in the meantime keeps its result; an answer that contradicts it
        is put before a Manager. A caller that has lost the lease counts only if money moved; any
        other result is left to the process that has taken over.

        :param begun: the :class:`Begun` of the call; None when the caller holds the row's lock and
            decides
        :param int book_in: seconds after which the worker books a final result, unless the caller
            has booked it
        """
        self.ensure_one()
        if not self._store(answer, exchanges, begun, book_in):
            self._record_late_answer(answer, exchanges, begun)
        elif answer.review:
            self._require_review(answer.review)
        elif self.state not in CLOSED_STATES:
            # Wake it now: the completer itself waits for the first retries, which are seconds away.
            self._queue_wake()
        return self._answer()

    @api.model
    def _finish_committed(self, begun, answer, exchanges):
        """Store the result of a call in its own transaction; see :meth:`_finish`."""
        return in_own_transaction(
            self.env,
            lambda env: env[self._name]
            .browse(begun.operation_id)
            ._finish(answer, exchanges, begun=begun),
        )

    def _store(self, answer, exchanges, begun, book_in):
        """Write the answer to the operation and its attempt; return whether it was stored.

        One statement, as in :meth:`_begin`. The answer does not count when the operation is closed,
        or when another process has taken it over, unless the answer settles the matter.
        """
        self.flush_recordset()
        values = {
            **self._answer_values(answer, book_in),
            "write_uid": self.env.uid,
            "write_date": rows.NOW,
        }
        attempts = self.env["fusion.operation.attempt"]
        is_heard = begun is None or settles_the_matter(answer)
        self.env.cr.execute(
            SQL(
                """
                WITH stored AS (
                    UPDATE fusion_operation
                       SET %(operation)s
                     WHERE id = %(id)s AND state <> ALL(%(closed)s) AND %(is_heard)s
                    RETURNING *
                ),
                attempt AS (
                    UPDATE fusion_operation_attempt
                       SET %(attempt)s
                      FROM stored
                     WHERE operation_id = stored.id AND number = %(number)s
                )
                SELECT %(columns)s FROM stored
                """,
                operation=rows.assignments(self, values),
                id=self.id,
                closed=list(map(str, CLOSED_STATES)),
                is_heard=SQL("TRUE") if is_heard else SQL("lease_owner = %s", begun.lease_owner),
                attempt=rows.assignments(
                    attempts, self._attempt_result(answer.outcome, exchanges, answer.error_code)
                ),
                number=begun.attempt if begun else self._open_attempts()[-1:].number,
                columns=SQL(", ").join(map(SQL.identifier, _ANSWER_FIELDS)),
            )
        )
        stored = self.env.cr.dictfetchone()
        if stored:
            self.modified(values)
            self.invalidate_recordset(flush=False)
            attempts.invalidate_model(flush=False)
            # Put the written values in the cache, to avoid reading them again.
            self._update_cache(stored, validate=False)
        return bool(stored)

    def _answer_values(self, answer, book_in):
        """Return the values that this answer gives to the row of an open operation."""
        state = "unknown" if answer.review else str(answer.outcome)
        values = {
            "state": state,
            "provider_reference": answer.provider_reference or SQL("provider_reference"),
            "response_summary": dict(answer.data) or SQL("response_summary"),
            "error_code": answer.error_code,
            "error_message": (answer.error_message or "")[:500] or False,
            "lease_owner": False,
            "lease_until": False,
        }
        if state in CLOSED_STATES:
            # Earlier alerts are answered by this result.
            return {
                **values,
                "finished_at": rows.SECOND,
                "next_attempt_at": rows.seconds_from_now(book_in),
                "alerted_at": False,
            }
        return {**values, "next_attempt_at": self._next_attempt_at(answer)}

    def _record_late_answer(self, answer, exchanges, begun):
        """Record an answer that no longer counts; a contradiction is put before a Manager."""
        self._lock()
        number = begun.attempt if begun else None
        self._record_attempt(answer.outcome, exchanges, answer.error_code, number)
        if self.state in CLOSED_STATES and contradicts(self.state, answer):
            self._require_review(self._contradiction(answer))

    def _contradiction(self, answer):
        """Return a sentence about an answer that contradicts the closed operation."""
        return self.env._(
            "Closed as %(state)s, but the provider now says %(outcome)s (%(ref)s).",
            state=self.state,
            outcome=answer.review or answer.outcome,
            ref=answer.provider_reference or "-",
        )

    def _next_attempt_at(self, answer):
        """Return when to ask the provider next: soon at first, then at growing intervals.

        A provider that answers "not found" can be reached again: the next look-up, which decides,
        comes soon.
        """
        tries = self.attempt_count
        if answer.error_code == NOT_FOUND_YET:
            tries = self.empty_lookup_count + 1
        return self._time_of_next_try(tries, answer.retry_after)

    def _time_of_next_try(self, tries, retry_after=None):
        delay = retry.next_delay(
            retry.DECAYING,
            min(max(tries, 1), len(retry.DECAYING.delays)),
            retry_after=retry_after,
            rng=_random,
        )
        if self.started_at and self.started_at > self.env.cr.now() - timedelta(seconds=FRESH):
            # A customer or clerk may still be waiting for this one.
            delay = min(delay, FRESH_DELAY)
        return self.env.cr.now() + timedelta(seconds=delay)

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
        """Book the stored result in Odoo, in its own transaction.

        :return: whether that succeeded; if not, the completer tries again
        """
        operations = self.browse(operation_id)
        try:
            in_own_transaction(self.env, lambda env: operations.with_env(env)._apply())
        except TransactionNotCommitted:
            in_own_transaction(self.env, lambda env: operations.with_env(env)._postpone_booking())
            return False
        except Exception:
            _logger.exception("The result of operation %s could not be booked yet", operation_id)
            in_own_transaction(
                self.env, lambda env: operations.with_env(env)._postpone_booking(alert=True)
            )
            return False
        return True

    def _apply(self):
        """Apply the stored result to the documents; release them once the operation is closed.

        Both happen in one transaction, so released documents always show their result.
        """
        self.ensure_one()
        self._lock()
        is_over = self.state in CLOSED_STATES and not self.review_reason
        if self.applied_at:
            if is_over:
                self.hold_ids.unlink()
                self.next_attempt_at = False
            return
        worries = self.activity_ids
        if is_over:
            # What the handler reports now is separate from earlier alerts.
            self.alerted_at = False
        operation = self.with_company(self.company_id)
        operation.env[self.handler]._fusion_apply(operation, self._answer())
        if self.state in CLOSED_STATES and not self.review_reason:
            self._release()
            if worries:
                worries.unlink()

    def _release(self):
        """Release the documents, after the result was booked or if there is nothing to book."""
        self.hold_ids.unlink()
        self.write(
            {
                "applied_at": self._queue_now(),
                "lease_owner": False,
                "lease_until": False,
                "next_attempt_at": False,
                "request_payload": self._payload_to_keep(),
            }
        )

    def _payload_to_keep(self):
        """Return the request without tokens: enough for comparisons, not enough to repeat it."""
        return redact(self.request_payload or {})

    def _reopen(self):
        """Reopen a closed operation for a contradicting answer.

        Must be followed by :meth:`_finish` in the same transaction.
        """
        self.write({"state": "unknown", "finished_at": False, "applied_at": False})

    def _postpone_booking(self, *, alert=False):
        self.ensure_one()
        if self.state not in CLOSED_STATES:
            return
        self.write(
            {
                "lease_owner": False,
                "lease_until": False,
                "next_attempt_at": self._queue_now() + timedelta(seconds=APPLY_GRACE),
            }
        )
        if alert:
            self._alert(
                self.env._(
                    "The provider has answered, but the result cannot be booked. See the server "
                    "log."
                )
            )

    # === CALLERS THAT HAVE NOT COMMITTED YET === #

    @api.model
    def _follow_caller(self, idempotency_key):
        """Take a lock that is released when the caller's transaction commits or rolls back."""
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s)", [_lock_number(idempotency_key)])

    def _caller_is_gone(self):
        """Return whether the transaction that started the operation has certainly ended.

        Odoo runs a request that was rolled back by a conflict up to four more times, with pauses
        in which the lock is free. Only after that the caller has surely given up.
        """
        self.ensure_one()
        if self.finished_at > self._queue_now() - timedelta(seconds=RERUN_PAUSES):
            return False
        self.env.cr.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [_lock_number(self.idempotency_key)]
        )
        return self.env.cr.fetchone()[0]


def _lock_number(idempotency_key):
    """Return a signed 64-bit number for the key, as PostgreSQL's advisory locks need it."""
    digest = hashlib.sha256(idempotency_key.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
