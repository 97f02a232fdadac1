from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES, IN_FLIGHT, READY
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools.cursors import own_environment

from ..client.terminal_errors import CANCELLED
from ..client.terminal_outcomes import Situation
from ..models.fusion_operation import channel_of
from ..models.terminal.payment_transaction_terminal import NOBODY_PAID
from ..models.terminal.payment_transaction_terminal_refund import KIND_OF_WAY
from ..models.terminal.words import SITUATION_OF_CODE

UNDER_WAY = ("sending", "waiting", "checking")


class CloverRefundWizard(models.TransientModel):
    """A refund that waits for the customer at a terminal: how it stands, for whoever looks."""

    _inherit = "clover.refund.wizard"

    is_at_terminal = fields.Boolean(compute="_compute_is_at_terminal", compute_sudo=True)

    @api.depends("refund_id")
    def _compute_is_at_terminal(self):
        for wizard in self:
            wizard.is_at_terminal = bool(wizard.refund_id.clover_terminal_id)

    @api.model
    def _resume(self, document):
        """Return the action that shows the refund of a document that a terminal is busy with.

        The dialog is the current user's own, whoever began the refund.

        :param document: a credit note, or the transaction that is refunded
        :return: None when there is no such refund
        """
        refund = self._at_terminal(document)
        if not refund:
            return None
        notes = refund.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        wizard = self.create(
            {
                "transaction_id": refund.source_transaction_id.id,
                "move_id": notes[:1].id,
                "amount": abs(refund.amount),
                "terminal_id": refund.clover_terminal_id.id,
                "refund_id": refund.id,
                "sent": True,
            }
        )
        return wizard._show()

    @api.model
    def _at_terminal(self, document):
        """Return the refund (elevated) of a document that a terminal is busy with."""
        # Elevated: whoever may refund may see that somebody does.
        holds = self.env["fusion.operation.hold"].sudo().search(
            [("res_model", "=", document._name), ("res_id", "in", document.ids)]
        )
        operation = holds.operation_id.filtered(lambda one: one.kind in KIND_OF_WAY.values())[:1]
        return self.env["payment.transaction"].sudo().search(
            [
                ("reference", "=", operation.reference),
                ("provider_code", "=", operation.provider_code),
            ],
            limit=1,
        )

    def action_refund(self):
        """Override to stay open while the customer is waited for."""
        action = super().action_refund()
        operation = self.refund_id.sudo().fusion_operation_ids
        return self._show() if self.is_at_terminal and operation else action

    # === CALLED BY THE DIALOG === #

    def clover_terminal_status(self):
        """Return how the refund stands, as committed; asks nobody.

        :return: ``state`` (sending, waiting, processing, checking, review, approved, declined,
            cancelled), ``message``, ``seconds`` since it began, ``channel`` of the bus,
            ``can_cancel``, ``cancelling``
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_give_back()
        with own_environment(self.env) as env:
            return env[self._name].browse(self.id)._refund_status()

    def clover_terminal_cancel(self):
        """Ask the terminal to end the refund; what came first is told by Clover.

        :return: see :meth:`clover_terminal_status`
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_give_back()
        # Elevated: Refunders may cancel what they may begin.
        refund = self.refund_id.sudo().with_context(payment_backend_action=True)
        refund._clover_cancel_on_terminal()
        return self.clover_terminal_status()

    # === HELPERS === #

    def _refund_status(self):
        refund = self.refund_id
        operation = refund.fusion_operation_ids[:1]
        state, message = self._refund_state(refund, operation)
        since = operation.started_at or operation.create_date
        can_cancel = operation._clover_can_cancel() if operation else False
        return {
            "state": state,
            "message": message,
            "seconds": int((fields.Datetime.now() - since).total_seconds()) if since else 0,
            "channel": channel_of(refund.reference) if refund else "",
            "can_cancel": state in UNDER_WAY and can_cancel,
            "cancelling": state in UNDER_WAY and not can_cancel,
            "issues": [],
            "can_decide": False,
        }

    def _refund_state(self, refund, operation):
        if not operation:
            return "ready", ""
        if operation.review_reason:
            return "review", self.env._(
                "Clover gave back otherwise than was asked. A manager has to look at it. Do not "
                "refund again."
            )
        if operation.applied_at:
            return self._refund_result(refund, operation)
        if operation.state == Outcome.SUCCEEDED:
            return "processing", self.env._("Given back. Booking the refund…")
        if operation.state in CLOSED_STATES:
            return "processing", self.env._("Not given back. One moment…")
        return self._refund_under_way(refund, operation)

    def _refund_result(self, refund, operation):
        if refund.state == "done":
            return "approved", refund._clover_child_message()
        is_cancelled = operation.error_code in (CANCELLED, NOBODY_PAID)
        state = "cancelled" if is_cancelled else "declined"
        return state, refund.state_message or ""

    def _refund_under_way(self, refund, operation):
        terminal = refund.clover_terminal_id.name
        is_waiting = (
            operation.state == IN_FLIGHT and operation.lease_until > fields.Datetime.now()
        )
        if operation.clover_cancel_requested_at:
            state = "waiting" if is_waiting else "checking"
            failed = SITUATION_OF_CODE.get(operation.clover_cancel_error)
            if not failed:
                return state, self.env._("Cancelling on %s…", terminal)
            return state, self.env._(
                "%(reason)s Cancel on %(terminal)s itself.",
                reason=refund._clover_terminal_sentence(failed),
                terminal=terminal,
            )
        situation = SITUATION_OF_CODE.get(operation.error_code)
        if operation.state == READY and operation.attempt_count:
            return "sending", self.env._(
                "%s Odoo tries again.",
                refund._clover_terminal_sentence(situation or Situation.NOT_SENT),
            )
        if operation.state == READY:
            return "sending", self.env._("Sending to %s…", terminal)
        if is_waiting:
            return "waiting", self.env._(
                "Ask the customer to present the card at %(terminal)s (started by %(user)s).",
                terminal=terminal,
                user=operation.user_id.name,
            )
        return "checking", self.env._(
            "%s Do not refund again: this page shows the result by itself.",
            refund._clover_terminal_sentence(situation or Situation.NO_ANSWER),
        )
