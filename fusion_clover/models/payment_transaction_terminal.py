from datetime import UTC

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import errors, idempotency
from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.tools import long_calls

from .. import const
from ..client.answers_terminal import Search, carry_out_payment, find_payment, payment_answer
from ..client.terminal_errors import CANCELLED, CONFLICT, UNAVAILABLE
from ..client.terminal_types import TerminalPaymentRequest
from .fusion_operation import TERMINAL_KINDS
from .payment_transaction import CLOCK_MARGIN_MS

TERMINAL_CHARGE = "terminal_charge"
#: HTTP statuses with which a request was refused before the device showed anything.
NEVER_SHOWN = (409, 503)


class PaymentTransaction(models.Model):
    """Charges on a terminal: queued, because the customer takes minutes."""

    _inherit = "payment.transaction"

    clover_terminal_id = fields.Many2one(
        "clover.terminal", string="Terminal", readonly=True, copy=False, index="btree_not_null"
    )
    clover_tip_amount = fields.Monetary(string="Tip", readonly=True, copy=False)
    clover_issues = fields.Char(
        readonly=True,
        copy=False,
        help="What Clover wants somebody to look at: signature, duplicate, offline, partial.",
    )

    # === BUSINESS METHODS === #

    def _clover_send_to_terminal(self, terminal):
        """Have the transaction paid on a terminal, once the caller's transaction is committed.

        Called again for the same transaction it changes nothing.

        :return: the operation (elevated)
        :raise UserError: the terminal or the document is in use, or nothing is due; nothing is sent
        """
        self.ensure_one()
        self._clover_check_terminal(terminal)
        operations = self.env["fusion.operation"].sudo()
        key = self._clover_idempotency_key(TERMINAL_CHARGE)
        known = operations.search([("idempotency_key", "=", key)])
        if known:
            return known
        self._clover_due_check()(self.env)
        wait = self._clover_terminal_wait()
        # Elevated: nobody writes by hand who has a terminal.
        self.env["clover.terminal.lease"].sudo()._take(
            terminal,
            self.reference,
            const.TERMINAL_SEND_WITHIN + wait + const.TERMINAL_LEASE_MARGIN,
        )
        self.clover_terminal_id = terminal
        return operations._enqueue(self._clover_terminal_intent(terminal, key, wait))

    def _clover_check_terminal(self, terminal):
        usable = self.env["clover.terminal"].sudo()._usable(self.provider_id)
        if terminal.sudo() not in usable:
            raise UserError(
                self.env._("This terminal does not take payments here. Choose another one.")
            )
        merchant_currency = self.provider_id.clover_merchant_currency
        if merchant_currency and merchant_currency != self.currency_id.name:
            # A request to a terminal names no currency: it takes the merchant's.
            raise UserError(
                self.env._(
                    "The terminals take %(merchant)s, this is in %(currency)s. Nothing was sent.",
                    merchant=merchant_currency,
                    currency=self.currency_id.name,
                )
            )

    def _clover_terminal_wait(self):
        """Return how many seconds a terminal waits for the customer."""
        # Elevated: system parameters are readable by administrators only.
        wait = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param(const.TERMINAL_WAIT_PARAMETER, const.TERMINAL_WAIT)
        )
        return int(wait)

    def _clover_terminal_intent(self, terminal, key, wait):
        amount = Money.from_major(
            self.amount, self.currency_id.name, self.currency_id.decimal_places
        )
        external_reference = idempotency.short_reference(key)
        request = TerminalPaymentRequest(
            amount=amount,
            serial=terminal.serial,
            external_payment_id=key.replace("-", ""),
            external_reference_id=external_reference,
            wait=wait,
        )
        intent = self._fusion_intent(
            TERMINAL_CHARGE,
            key=key,
            external_reference=external_reference,
            parameters={
                "amount": amount.minor,
                "currency": amount.currency,
                "serial": terminal.serial,
            },
            payload={"provider_id": self.provider_id.id, "request": request.to_dict()},
            lease_seconds=wait,
        )
        return intent.with_changes(send_within=const.TERMINAL_SEND_WITHIN, is_long=True)

    # === OPERATION HANDLER === #

    def _fusion_prepare_call(self, operation, observer):
        """Override of `fusion_payment_common` to show a payment on a terminal."""
        if not self._clover_is_terminal_charge(operation):
            return super()._fusion_prepare_call(operation, observer)
        is_repeated = operation.attempt_count > 1
        if operation.clover_cancel_requested_at:
            raise errors.RequestRejectedError("cancelled before it was sent", code=CANCELLED)
        if not is_repeated:
            self._clover_check_still_due(operation)
        client = self._clover_client_of(operation, observer)
        request = self._clover_terminal_request_of(operation)
        key = operation.idempotency_key
        return lambda: carry_out_payment(client, request, key, is_repeated=is_repeated)

    def _fusion_prepare_lookup(self, operation, observer):
        """Override of `fusion_payment_common` to find out what became of it."""
        if not self._clover_is_terminal_charge(operation):
            return super()._fusion_prepare_lookup(operation, observer)
        client = self._clover_client_of(operation, observer)
        request = self._clover_terminal_request_of(operation)
        search = self._clover_search_of(operation)
        return lambda: find_payment(client, request, search)

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Override of `fusion_payment_common` to read the payment that somebody names."""
        if not self._clover_is_terminal_charge(operation):
            return super()._fusion_prepare_read(operation, provider_reference, observer)
        client = self._clover_client_of(operation, observer)
        request = self._clover_terminal_request_of(operation)
        return lambda: payment_answer(client.payments.retrieve(provider_reference), request)

    def _clover_is_terminal_charge(self, operation):
        return (
            operation.provider_code == const.PROVIDER_CODE and operation.kind == TERMINAL_CHARGE
        )

    def _clover_terminal_request_of(self, operation):
        # Elevated: the request is kept for the ledger alone.
        return TerminalPaymentRequest.from_dict(operation.sudo().request_payload["request"])

    def _clover_search_of(self, operation):
        """Return what is known about an operation whose answer is missing."""
        started_at = operation.started_at.replace(tzinfo=UTC)
        calls = operation.attempt_ids.filtered(lambda one: one.action in ("call", "repeat"))
        return Search(
            since_ms=int(started_at.timestamp() * 1000) - CLOCK_MARGIN_MS,
            is_wanted=operation.send_until > fields.Datetime.now(),
            is_cancelled=bool(operation.clover_cancel_requested_at),
            never_shown=all(
                one.http_status in NEVER_SHOWN and one.error in (CONFLICT, UNAVAILABLE)
                for one in calls
            ),
        )

    def _clover_check_still_due(self, operation):
        """Refuse, on a new snapshot, what was paid while it waited in the queue.

        :raise RequestRejectedError: nothing was sent
        """
        transaction = self.search(
            [
                ("reference", "=", operation.reference),
                ("provider_code", "=", const.PROVIDER_CODE),
            ]
        )
        try:
            transaction._clover_due_check()(self.env)
        except UserError as error:
            raise errors.RequestRejectedError(str(error), code="not_due") from error

    # === BUSINESS METHODS - PROCESSING === #

    def _fusion_apply(self, operation, answer):
        """Override to give the terminal back, and its screen, when the payment is over."""
        super()._fusion_apply(operation, answer)
        if operation.kind in TERMINAL_KINDS and operation.state in CLOSED_STATES:
            self.env["clover.terminal.lease"]._give_back(operation.reference)
            self._clover_clear_screen(operation, answer)

    def _clover_clear_screen(self, operation, answer):
        """Show thank-you or welcome once the result is committed: without it a spinner stays.

        Whether that works does not matter to the payment.
        """
        if not answer.provider_reference and answer.error_code != CANCELLED:
            return
        # Elevated: the request is kept for the ledger alone.
        serial = operation.sudo().request_payload["request"]["serial"]
        terminals = self._clover_client_of(operation, None).terminals
        show = terminals.thank_you if answer.outcome == "succeeded" else terminals.welcome

        @self.env.cr.postcommit.add
        def clear():
            long_calls.detach(f"screen of {serial}", _quietly, show, serial)

    def _clover_recorded_values(self, payment_data):
        """Override to keep the tip, and what Clover warns of."""
        recorded = super()._clover_recorded_values(payment_data)
        if payment_data.get("kind") == TERMINAL_CHARGE:
            tip = Money(
                payment_data.get("tip_amount") or 0,
                self.currency_id.name,
                self.currency_id.decimal_places,
            )
            recorded |= {
                "clover_tip_amount": float(tip.major),
                "clover_issues": ",".join(payment_data.get("issues") or ()),
            }
        return {name: value for name, value in recorded.items() if value}


def _quietly(call, serial):
    """Make a call to a screen; that it fails is the device's next ping to tell."""
    try:
        call(serial)
    except errors.GatewayError:
        return
