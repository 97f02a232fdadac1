from odoo import fields, models

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES, READY, Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools import long_calls
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ..client.terminal_errors import CANCELLED
from ..client.terminal_outcomes import situation_of_error


class FusionOperation(models.Model):
    _inherit = "fusion.operation"

    clover_cancel_requested_at = fields.Datetime(string="Cancel Requested", readonly=True)
    clover_cancel_error = fields.Char(readonly=True)

    def _clover_request_cancel(self):
        """Remember that nobody wants it any more; close it at once if nothing was sent yet.

        Must run in a transaction of its own: the worker has to see it.

        :return: whether it is on its way to a device, which has to be told
        """
        self._lock()
        if self.state in CLOSED_STATES:
            return False
        self.clover_cancel_requested_at = fields.Datetime.now()
        self.clover_cancel_error = False
        if self.state == READY:
            self._finish(Answer(outcome=Outcome.REJECTED, error_code=CANCELLED), [])
            return False
        if not self.lease_until or self.lease_until <= fields.Datetime.now():
            # Nobody is waiting for the device: ask it what there is to be cancelled.
            self.next_attempt_at = fields.Datetime.now()
            self._queue_wake()
        return True


class PaymentTransaction(models.Model):
    """Cancelling what is on a terminal: asked for, never assumed."""

    _inherit = "payment.transaction"

    def _clover_cancel_on_terminal(self):
        """Ask the terminal to end this payment; what came first, cancel or card, is told by Clover.

        The device is told in the background. If it cannot be reached, the clerk is told.
        """
        self.ensure_one()
        operation = self.fusion_operation_ids[:1]
        if not operation:
            return
        operations = operation.browse(operation.id)
        is_sent = in_own_transaction(
            self.env, lambda env: operations.with_env(env)._clover_request_cancel()
        )
        if not is_sent:
            operations._settle(operation.id)
            return
        client = self.provider_id._clover_client()
        env, serial = self.env, self.clover_terminal_id.serial

        def cancel():
            try:
                client.terminals.cancel(serial)
            except errors.GatewayError as error:
                situation = situation_of_error(error)
                in_own_transaction(
                    env,
                    lambda own: own["fusion.operation"]
                    .browse(operation.id)
                    .write({"clover_cancel_error": str(situation)}),
                )

        long_calls.detach(f"cancel of {self.reference}", cancel)
