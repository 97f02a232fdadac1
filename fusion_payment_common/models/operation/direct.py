from odoo import api, models
from odoo.tools import SQL

from ...lib import idempotency
from ...lib.ledger import CLOSED_STATES, IN_FLIGHT
from ...tools import processes, rows
from ...tools.cursors import in_own_transaction
from .perform import Begun

#: Seconds after an answer from which the worker books it; what is answered meanwhile is booked in
#: the same run.
BOOKING_DELAY = 2


class FusionOperation(models.Model):
    """Direct mode: callers wait for the provider, not for Odoo's books, and there are many of them.

    The ledger's promises are the same: operation, attempt and holds are committed before the
    provider is called, the answer before it is given. They take one statement each instead of
    dozens, and no wake-up of their own: should this process die, the completer finds the row when
    its lease has ended, and after a restart at once.
    """

    _inherit = "fusion.operation"

    @api.model
    def _begin_new(self, intent):
        """Insert the operation of a new key, its first attempt and its holds, in one statement.

        Must run in a transaction of its own that is committed before the provider is called.

        :return: a :class:`Begun`
        :raise psycopg2.errors.UniqueViolation: the key is known, or a document is held
        """
        owner = processes.lease_owner()
        lease_until = rows.seconds_from_now(intent.lease_seconds)
        row = {
            **self._intent_values(intent, idempotency.fingerprint(intent.parameters)),
            "state": IN_FLIGHT,
            "lease_owner": owner,
            "lease_until": lease_until,
            "next_attempt_at": lease_until,
            "started_at": rows.SECOND,
            "repeat_until": rows.seconds_from_now(intent.repeat_within),
            "attempt_count": 1,
        }
        del row["hold_ids"]
        self.env.cr.execute(
            SQL(
                """
                WITH operation AS (%(operation)s),
                attempt AS (
                    INSERT INTO fusion_operation_attempt
                           (operation_id, number, action, user_id, started_at,
                            create_uid, create_date, write_uid, write_date)
                    SELECT id, 1, 'call', create_uid, started_at,
                           create_uid, create_date, write_uid, write_date
                      FROM operation
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
                operation=rows.insert(self, row, returning=SQL("*")),
                models=[model for model, _id in intent.documents],
                ids=[res_id for _model, res_id in intent.documents],
            )
        )
        return Begun(self.env.cr.fetchone()[0], owner, attempt=1)

    @api.model
    def _carry_out(self, begun, call, exchanges):
        """Make the call of an operation that was begun, and leave the booking to the worker.

        What was begun has to be committed.

        :param begun: the :class:`Begun` of :meth:`_begin_new`
        :param call: a function without parameters, as ``_fusion_prepare_call`` returns it
        :param list exchanges: what its observer was given, by the time it returns
        :return: the :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer` that now stands
        """
        answer, _error = self._execute(call, begun.operation_id)
        return in_own_transaction(
            self.env, lambda env: env[self._name]._store_direct(begun, answer, exchanges)
        )

    @api.model
    def _store_direct(self, begun, answer, exchanges):
        """Store the answer, and have it booked soon; return the one that now stands."""
        is_simple = answer.outcome in CLOSED_STATES and not answer.review
        if is_simple and self._close_directly(begun, answer, exchanges):
            self._queue_wake_in_turn(delay=BOOKING_DELAY)
            return answer
        # Unknown, for a person, or somebody else is at work on it since the lease has ended.
        operation = self.browse(begun.operation_id)
        stored = operation._finish(answer, exchanges, begun=begun)
        if operation.state in CLOSED_STATES and operation.next_attempt_at:
            operation.next_attempt_at = operation._queue_now()
            operation._queue_wake()
        return stored

    @api.model
    def _close_directly(self, begun, answer, exchanges):
        """Close operation and attempt in one statement; return whether they were still ours."""
        attempt = self.env["fusion.operation.attempt"]
        self.env.cr.execute(
            SQL(
                """
                WITH closed AS (
                    UPDATE fusion_operation
                       SET %(operation)s
                     WHERE id = %(id)s AND state = 'in_flight' AND lease_owner = %(owner)s
                    RETURNING id
                )
                UPDATE fusion_operation_attempt
                   SET %(attempt)s
                  FROM closed
                 WHERE operation_id = closed.id AND number = 1
                """,
                operation=rows.assignments(
                    self,
                    {
                        "state": str(answer.outcome),
                        "provider_reference": answer.provider_reference,
                        "response_summary": dict(answer.data) or False,
                        "error_code": answer.error_code,
                        "error_message": (answer.error_message or "")[:500] or False,
                        "lease_owner": False,
                        "lease_until": False,
                        "finished_at": rows.SECOND,
                        "next_attempt_at": rows.seconds_from_now(BOOKING_DELAY),
                        "write_date": rows.NOW,
                    },
                ),
                id=begun.operation_id,
                owner=begun.lease_owner,
                attempt=rows.assignments(
                    attempt, self._attempt_result(answer.outcome, exchanges, answer.error_code)
                ),
            )
        )
        return bool(self.env.cr.rowcount)
