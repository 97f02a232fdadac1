from odoo import api, models

from ...lib.ledger import CLOSED_STATES
from ...tools.cursors import in_own_transaction

#: Seconds between an answer and the worker's run that books it. That run also books the answers
#: that arrive in between.
BOOKING_DELAY = 2


class FusionOperation(models.Model):
    """Direct mode: many parallel callers that wait for the provider but not for the booking."""

    _inherit = "fusion.operation"

    @api.model
    def _carry_out(self, begun, call, exchanges):
        """Make the call of an operation that was begun, and leave the booking to the worker.

        The operation must be committed before.

        :param begun: the :class:`Begun` of :meth:`_begin`
        :param call: a function without parameters, as ``_fusion_prepare_call`` returns it
        :param list exchanges: the list that the observer of ``call`` appends to
        :return: the stored :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer`
        """
        answer, _error = self._execute(call, begun.operation_id)

        def finish(env):
            operation = env[self._name].browse(begun.operation_id)
            stored = operation._finish(answer, exchanges, begun=begun, book_in=BOOKING_DELAY)
            if stored.outcome in CLOSED_STATES:
                operation._queue_wake_in_turn(delay=BOOKING_DELAY)
            return stored

        return in_own_transaction(self.env, finish)
