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

#: Number of cancel requests to the device, and the seconds between them.
CANCEL_TRIES = 4
CANCEL_PAUSE = 3


class FusionOperation(models.Model):
    _inherit = "fusion.operation"

    clover_cancel_requested_at = fields.Datetime(string="Cancel Requested", readonly=True)
    clover_cancel_error = fields.Char(readonly=True)

    def _clover_can_cancel(self):
        """Return whether a cancel can be requested: no earlier request is still running."""
        asked_at = self.clover_cancel_requested_at
        over_at = fields.Datetime.now() - timedelta(seconds=CANCEL_TRIES * CANCEL_PAUSE)
        return not asked_at or bool(self.clover_cancel_error) or asked_at <= over_at

    def _clover_is_to_be_cancelled(self):
        """Return whether the device may be told to cancel: its screen shows this payment.

        If this payment was never shown, or another one has the terminal by now, the screen must be
        left alone.
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
        """Record the cancel request; close the operation at once if nothing was sent yet.

        Must run in a separate transaction, so that the worker sees it.

        :return: whether the operation was sent, so that the device must be told to cancel
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
            # No call to the device is running: have the worker look the operation up now.
            self.next_attempt_at = fields.Datetime.now()
            self._queue_wake()
        return True


class PaymentTransaction(models.Model):
    """The cancellation of a payment on a terminal; Clover decides whether it succeeds."""

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
    """Repeat the cancel until the payment is over: devices ignore it before the payment shows."""

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
