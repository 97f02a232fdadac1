import time
from datetime import timedelta

from odoo import fields, models

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES, READY, Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools import long_calls
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ...client.terminal_errors import CANCELLED
from ...client.terminal_outcomes import situation_of_error
from .kinds import search_of

#: How often the device is asked to cancel, and the seconds between.
CANCEL_TRIES = 4
CANCEL_PAUSE = 3


class FusionOperation(models.Model):
    _inherit = "fusion.operation"

    clover_cancel_requested_at = fields.Datetime(string="Cancel Requested", readonly=True)
    clover_cancel_error = fields.Char(readonly=True)

    def _clover_can_cancel(self):
        """Return whether asking (once more) to cancel makes sense: the last time is over."""
        asked_at = self.clover_cancel_requested_at
        over_at = fields.Datetime.now() - timedelta(seconds=CANCEL_TRIES * CANCEL_PAUSE)
        return not asked_at or bool(self.clover_cancel_error) or asked_at <= over_at

    def _clover_is_to_be_cancelled(self):
        """Return whether the device may be told to end what it shows: it is this payment's.

        A payment that was never shown, or whose time at the terminal is over, leaves whatever is
        on the screen alone.
        """
        if self.state in CLOSED_STATES or self.review_reason:
            return False
        if search_of(self).never_shown:
            return False
        transaction = self.env["payment.transaction"].search(
            [("reference", "=", self.reference)], limit=1
        )
        lease = transaction.clover_terminal_id._lease()
        return not lease or lease.reference == self.reference

    def _clover_request_cancel(self):
        """Record that it is to be cancelled; close it at once if nothing was sent yet.

        Must run in a transaction of its own: the worker has to see it.

        :return: whether it was sent, so that the device has to be told
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
    """Cancelling a payment on a terminal: Clover says whether it was cancelled."""

    _inherit = "payment.transaction"

    def _clover_cancel_on_terminal(self):
        """Ask the terminal to cancel this payment; Clover says whether cancel or card came first.

        Runs in the background. If the device cannot be reached, the dialog says so.
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
        terminals = self.provider_id._clover_client().terminals
        serial = self.clover_terminal_id.serial
        long_calls.detach(
            f"cancel of {self.reference}", _cancel, self.env, operation.id, terminals, serial
        )


def _cancel(env, operation_id, terminals, serial):
    """Tell the device again until the payment is over: it ignores a cancel before the payment."""

    def in_ledger(function):
        return in_own_transaction(
            env, lambda own: function(own["fusion.operation"].browse(operation_id))
        )

    for number in range(CANCEL_TRIES):
        if number:
            time.sleep(CANCEL_PAUSE)
        if not in_ledger(lambda operation: operation._clover_is_to_be_cancelled()):
            return
        try:
            terminals.cancel(serial)
            trouble = False
        except errors.GatewayError as error:
            trouble = str(situation_of_error(error))
        in_ledger(lambda operation, said=trouble: operation.write({"clover_cancel_error": said}))
