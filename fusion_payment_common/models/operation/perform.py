import logging

from odoo import api, models
from odoo.tools import SQL

from ...lib import errors
from ...lib.ledger import IN_FLIGHT, Answer
from ...lib.outcome import Outcome
from ...tools import rows
from ...tools.cursors import in_own_transaction, own_environment

_logger = logging.getLogger(__name__)


class FusionOperation(models.Model):
    """Synchronous mode: begin, call and finish while the user waits for the answer."""

    _inherit = "fusion.operation"

    @api.model
    def _perform(self, intent, *, check=None):
        """Carry out the intent exactly once and return its result.

        The second call for the same intent, in a re-run of the request, in another tab or after a
        restart, makes no call: it returns the stored answer.

        :param intent: a :class:`~odoo.addons.fusion_payment_common.lib.ledger.Intent`
        :param check: called with an environment on a fresh snapshot once the documents are held,
            right before the call; raises ``UserError`` when the intent is no longer valid
        :return: the id of the operation, and an
            :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer`; an unknown outcome is an
            answer, not an exception
        :raise OperationInProgress: another operation on a document of the intent is not finished
        :raise IdempotencyKeyConflict: the key was used with other parameters
        :raise UserError: ``check`` raised it; nothing was sent
        """
        # Conflicts with concurrent transactions must surface before money moves.
        self.env.flush_all()
        begun, stored = in_own_transaction(
            self.env, lambda env: env[self._name]._begin_or_replay(intent)
        )
        if stored is None:
            stored = self._carry_out_begun(begun, intent, check)
        return begun.operation_id, stored

    @api.model
    def _begin_or_replay(self, intent):
        """Begin the intent; return the :class:`Begun`, and the stored answer if already begun.

        :raise OperationInProgress: the same intent is being carried out right now
        """
        begun = self._begin(intent)
        if not begun.is_known:
            return begun, None
        operation = self.browse(begun.operation_id)
        if operation.state == IN_FLIGHT and operation._is_leased():
            raise self._in_progress_error(intent)
        return begun, operation._answer()

    @api.model
    def _carry_out_begun(self, begun, intent, check):
        """Call the provider for a committed operation; return the answer that is now stored."""
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
    def _prepare(self, operation_id, method, *args, check=None):
        """Return a function that talks to the provider, and the list that collects its exchanges.

        :param check: called with the operation first; raises an exception to refuse it
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
        """Run ``call``, which may move money; return its answer and its error, if any."""
        try:
            return call(), None
        except errors.GatewayError as error:
            _logger.info("Operation %s: %s", operation_id, type(error).__name__)
            return Answer.from_error(error), error
        except Exception as error:
            # The provider may have been reached before this failed.
            _logger.exception("Operation %s failed while it was being carried out", operation_id)
            unknown = errors.UnknownOutcomeError(type(error).__name__, code="internal_error")
            return Answer.from_error(unknown), unknown

    @api.model
    def _renew(self, begun, lease_seconds):
        """Renew the lease right before the call, as the preparation may have taken long.

        :param Begun begun: the operation that the caller began
        :param float lease_seconds: how long the call may take
        :return: None when the caller may call; else the stored answer of the process that has
            taken over
        """

        def renew(env):
            operation = env[self._name].browse(begun.operation_id)
            lease_until = rows.seconds_from_now(lease_seconds)
            values = {"lease_until": lease_until, "next_attempt_at": lease_until}
            env.cr.execute(
                SQL(
                    """
                    UPDATE fusion_operation
                       SET %s
                     WHERE id = %s AND state = 'in_flight' AND lease_owner = %s
                    """,
                    rows.assignments(operation, values),
                    begun.operation_id,
                    begun.lease_owner,
                )
            )
            return None if env.cr.rowcount else operation._answer()

        return in_own_transaction(self.env, renew)

    def _is_begun_by(self, begun):
        """Return whether it is in flight under the lease of this :class:`Begun`."""
        self.ensure_one()
        return self.state == IN_FLIGHT and self.lease_owner == begun.lease_owner

    @api.model
    def _abandon(self, begun, error):
        """Close an operation that was begun but never sent, and release its documents.

        :return: None when that was done; else the stored answer of another process, which has
            taken over and may have sent it
        """

        def close(env):
            operation = env[self._name].browse(begun.operation_id)
            operation._lock()
            is_ours = operation._is_begun_by(begun)
            unsent = Answer(
                outcome=Outcome.NOT_SENT,
                error_code=getattr(error, "code", None) or type(error).__name__,
                error_message=str(error),
            )
            stored = operation._finish(unsent, [], begun=begun)
            if not is_ours:
                return stored
            operation._release()
            return None

        return in_own_transaction(self.env, close)
