from dataclasses import replace

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.fusion_payment_common.lib import errors, idempotency

from ... import const
from ...client.answers_terminal_refund import (
    carry_out_terminal_refund,
    find_terminal_refund,
    read_terminal_refund,
)
from ...client.refund_routing import Way
from ...client.terminal_errors import CANCELLED
from ...client.terminal_outcomes import Situation
from ...client.terminal_types import TerminalRefundRequest
from .payment_transaction_terminal_words import SITUATION_OF_CODE

TERMINAL_CREDIT = "terminal_credit"
#: Kinds of operations by the way the money goes.
KIND_OF_WAY = {
    Way.DEVICE_VOID: "terminal_refund",
    Way.DEVICE_REFUND: "terminal_refund",
    Way.CREDIT: TERMINAL_CREDIT,
}


class PaymentTransaction(models.Model):
    """Money back with the card at a terminal; ``self`` is core's child transaction.

    Queued as a charge is: the customer has to present the card.
    """

    _inherit = "payment.transaction"

    clover_credit_reason = fields.Char(string="Reason of the Credit", readonly=True, copy=False)
    clover_credit_approved_by_id = fields.Many2one(
        "res.users", string="Credit Approved By", readonly=True, copy=False
    )

    def _clover_refund_facts(self):
        """Override to say whether there is a terminal."""
        usable = self.env["clover.terminal"].sudo()._usable(self.provider_id)
        return replace(super()._clover_refund_facts(), has_terminal=bool(usable))

    def _send_refund_request(self):
        """Override of `payment` to give back at the terminal that the dialog names."""
        terminal_id = self.env.context.get("clover_refund_terminal_id")
        if self.provider_code != const.PROVIDER_CODE or not terminal_id:
            super()._send_refund_request()
            return
        try:
            self._clover_refund_on_terminal(self.env["clover.terminal"].browse(terminal_id))
        except ValidationError as error:
            self._set_error(str(error))

    def _clover_refund_on_terminal(self, terminal):
        """Queue this refund for a terminal, on the way that Clover's answer decides now.

        :raise AccessError: a credit without a Manager
        :raise UserError: the terminal or the document is in use, or the clerk was told of another
            way; nothing is sent
        :raise ValidationError: it cannot be given back this way; nothing is sent
        """
        self.ensure_one()
        self._clover_check_terminal(terminal)
        self._clover_check_follow_up("refund")
        source = self.source_transaction_id
        facts = source._clover_refund_facts()
        routing = source._clover_route(facts, abs(self.amount), besides=self.reference)
        kind = KIND_OF_WAY.get(routing.way)
        if not kind:
            raise ValidationError(
                self.env._("This payment is not given back at a terminal. Nothing was sent.")
            )
        self._clover_check_announced(routing.way)
        if routing.way == Way.CREDIT:
            self._clover_approve_credit()
        request = self._clover_terminal_refund_request(terminal, routing.way, facts)
        key = self._clover_idempotency_key(kind)
        # Elevated: nobody writes by hand who has a terminal.
        self.env["clover.terminal.lease"].sudo()._take(
            terminal,
            self.reference,
            const.TERMINAL_SEND_WITHIN + request.wait + const.TERMINAL_LEASE_MARGIN,
        )
        self.clover_terminal_id = terminal
        intent = self._fusion_intent(
            kind,
            key=key,
            external_reference=idempotency.short_reference(key),
            parameters={
                "kind": kind,
                "amount": request.amount.minor,
                "currency": request.amount.currency,
                "charge": request.payment_id or "",
            },
            payload={"provider_id": self.provider_id.id, "request": request.to_dict()},
            lease_seconds=request.wait,
        )
        self.env["fusion.operation"].sudo()._enqueue(
            intent.with_changes(send_within=const.TERMINAL_SEND_WITHIN, is_long=True)
        )

    def _clover_check_announced(self, way):
        """Refuse another way than the one that the dialog has shown.

        :raise UserError: nothing is sent
        """
        announced = self.env.context.get("clover_refund_way")
        if announced and announced != way:
            raise UserError(
                self.env._(
                    "How the money goes back has changed since the dialog was opened. Open it "
                    "again. Nothing was sent."
                )
            )

    def _clover_approve_credit(self):
        """Keep who approves this credit and why, here and on the documents.

        :raise AccessError: the user is no Manager
        :raise UserError: without a reason
        """
        user = self.env.user
        reason = (self.env.context.get("clover_credit_reason") or "").strip()
        self._clover_check_credit(reason)
        self.write({"clover_credit_reason": reason, "clover_credit_approved_by_id": user.id})
        source = self.source_transaction_id
        for document in (*(self.invoice_ids or source.invoice_ids), *source.sale_order_ids):
            document.message_post(
                body=self.env._(
                    "%(user)s approved a credit of %(amount)s to another card: %(reason)s",
                    user=user.name,
                    amount=self.currency_id.format(abs(self.fusion_card_amount)),
                    reason=reason,
                )
            )

    def _clover_terminal_refund_request(self, terminal, way, facts):
        """:raise UserError: Clover cannot be asked which refunds there are already"""
        amount, wait = self._clover_money(), self._clover_terminal_wait()
        device_ref = terminal.sudo().device_ref or None
        if way == Way.CREDIT:
            return TerminalRefundRequest(
                amount, terminal.serial, wait=wait, device_ref=device_ref
            )
        payment_id = self.source_transaction_id.provider_reference
        try:
            payment = self.provider_id._clover_client().payments.retrieve(payment_id)
        except errors.GatewayError as error:
            raise self._clover_cannot_say(error) from error
        return TerminalRefundRequest(
            amount,
            terminal.serial,
            payment_id=payment_id,
            whole=amount.minor == facts.total,
            void=way == Way.DEVICE_VOID,
            wait=wait,
            device_ref=device_ref,
            known_refund_ids=tuple(refund.id for refund in payment.refunds),
        )

    # === OPERATION HANDLER === #

    def _clover_is_terminal_refund(self, operation):
        return (
            operation.provider_code == const.PROVIDER_CODE
            and operation.kind in KIND_OF_WAY.values()
        )

    def _clover_terminal_refund_of(self, operation):
        # Elevated: the request is kept for the ledger alone.
        return TerminalRefundRequest.from_dict(operation.sudo().request_payload["request"])

    def _fusion_prepare_call(self, operation, observer):
        """Override of `fusion_payment_common` to give back at a terminal."""
        if not self._clover_is_terminal_refund(operation):
            return super()._fusion_prepare_call(operation, observer)
        if operation.clover_cancel_requested_at:
            raise errors.RequestRejectedError("cancelled before it was sent", code=CANCELLED)
        client = self._clover_client_of(operation, observer)
        request = self._clover_terminal_refund_of(operation)
        key, is_repeated = operation.idempotency_key, operation.attempt_count > 1
        since_ms = self._clover_search_of(operation).since_ms
        others = self._clover_other_credits(operation)
        return lambda: carry_out_terminal_refund(
            client, request, key, is_repeated=is_repeated, since_ms=since_ms, other_ids=others
        )

    def _fusion_prepare_lookup(self, operation, observer):
        """Override of `fusion_payment_common` to find out what became of it."""
        if not self._clover_is_terminal_refund(operation):
            return super()._fusion_prepare_lookup(operation, observer)
        client = self._clover_client_of(operation, observer)
        request = self._clover_terminal_refund_of(operation)
        search = self._clover_search_of(operation)
        others = self._clover_other_credits(operation)
        return lambda: find_terminal_refund(client, request, search, others)

    def _clover_other_credits(self, operation):
        """Return Clover's ids of the credits that belong to other operations."""
        # Elevated: nobody reads the ledger of all companies by hand.
        others = self.env["fusion.operation"].sudo().search(
            [
                ("provider_code", "=", const.PROVIDER_CODE),
                ("kind", "=", TERMINAL_CREDIT),
                ("provider_reference", "!=", False),
                ("id", "!=", operation.id),
            ]
        )
        return tuple(others.mapped("provider_reference"))

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Override of `fusion_payment_common` to read the refund that a Manager names."""
        if not self._clover_is_terminal_refund(operation):
            return super()._fusion_prepare_read(operation, provider_reference, observer)
        client = self._clover_client_of(operation, observer)
        request = self._clover_terminal_refund_of(operation)
        return lambda: read_terminal_refund(client, request, provider_reference)

    def _fusion_take(self, answer, *, kind):
        """Override of `fusion_payment_common`: it is a refund, wherever it was made."""
        is_back = kind in KIND_OF_WAY.values()
        super()._fusion_take(answer, kind="refund" if is_back else kind)

    # === WORDS === #

    def _clover_way_sentence(self, way, facts, amount):
        """Override to say what the customer has to do."""
        label = self._clover_back_label(amount)
        if way == Way.DEVICE_VOID:
            return self.env._(
                "The payment of %s is taken back at the terminal as if it had not been made: it "
                "will not show on the card's statement. Should it be too late for that, Clover "
                "refunds it.",
                label,
            )
        if way == Way.DEVICE_REFUND:
            return self.env._(
                "%s goes back to the card when the customer presents it at the terminal: its "
                "network wants that.",
                label,
            )
        if way == Way.CREDIT:
            return self.env._(
                "%s is given to whatever card the customer presents at the terminal. It is not "
                "tied to the payment, so that a Manager has to approve it.",
                label,
            )
        return super()._clover_way_sentence(way, facts, amount)

    def _clover_follow_up_message(self):
        """Override to say that the customer is waited for."""
        is_waiting = self.state == "draft" and self.clover_terminal_id
        if not is_waiting:
            return super()._clover_follow_up_message()
        return self.env._(
            "Ask the customer to present the card at %s. The result appears here by itself.",
            self.clover_terminal_id.name,
        )

    def _clover_back_at_terminal(self, payment_data):
        """Return the situation at the terminal that the answer for this refund tells of, if any."""
        if payment_data.get("kind") != "refund" or not self.clover_terminal_id:
            return None
        return SITUATION_OF_CODE.get(payment_data.get("error_code"))

    def _clover_refusal_sentence(self, payment_data):
        """Override to say what happened at the terminal."""
        situation = self._clover_back_at_terminal(payment_data)
        if not situation:
            return super()._clover_refusal_sentence(payment_data)
        if situation == Situation.NOBODY_PAID:
            return self.env._("The card was not presented in time. Nothing was given back.")
        return self.env._("%s Nothing was given back.", self._clover_terminal_sentence(situation))

    def _fusion_pending_message(self, payment_data):
        """Override of `fusion_payment_common` to say what is known of the terminal."""
        situation = self._clover_back_at_terminal(payment_data)
        if not situation or payment_data.get("review"):
            return super()._fusion_pending_message(payment_data)
        return self.env._("%s Do not refund again.", self._clover_terminal_sentence(situation))
