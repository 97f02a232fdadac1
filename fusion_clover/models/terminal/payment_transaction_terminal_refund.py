from dataclasses import replace

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.fusion_payment_common.lib import errors, idempotency

from ... import const
from ...client.refund_routing import Way
from ...client.terminal_types import TerminalRefundRequest
from ..fusion_operation import TERMINAL_CREDIT, TERMINAL_REFUND

#: Kind of operation for each way that uses a terminal.
KIND_OF_WAY = {
    Way.DEVICE_VOID: TERMINAL_REFUND,
    Way.DEVICE_REFUND: TERMINAL_REFUND,
    Way.CREDIT: TERMINAL_CREDIT,
}


class PaymentTransaction(models.Model):
    """Refunds at a terminal; ``self`` is core's child transaction.

    They are queued like charges, because the customer has to present the card.
    """

    _inherit = "payment.transaction"

    clover_credit_approved_by_id = fields.Many2one(
        "res.users", string="Credit Approved By", readonly=True, copy=False
    )

    def _clover_refund_facts(self):
        """Return the facts on which the way back depends, including whether a terminal exists.

        :return: the :class:`~odoo.addons.fusion_clover.client.refund_routing.PaymentFacts`
        :raise UserError: Clover cannot be asked now
        """
        usable = self.env["clover.terminal"].sudo()._usable(self.provider_id)
        return replace(self._clover_payment_facts(), has_terminal=bool(usable))

    def _clover_refund_on_terminal(self, terminal):
        """Queue this refund for a terminal, by the way that Clover's current data allows.

        :raise AccessError: it is a credit and the user is no Manager
        :raise UserError: the terminal or the document is in use, or the dialog announced another
            way; nothing is sent
        :raise ValidationError: no way through a terminal is open; nothing is sent
        """
        self.ensure_one()
        self._clover_check_terminal(terminal)
        self._clover_check_child("refund")
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
        # Elevated: users cannot write leases of terminals.
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
        """Refuse a way that differs from the one announced in the dialog.

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
        """Record who approves this credit and why, here and on the documents.

        :raise AccessError: the user is no Manager
        :raise UserError: no reason is given
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
        """Return the request for the terminal.

        :raise UserError: Clover cannot be asked for the payment's earlier refunds
        """
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
