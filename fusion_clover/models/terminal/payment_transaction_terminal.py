import base64
from functools import partial

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import errors, idempotency
from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools import long_calls
from odoo.addons.fusion_payment_common.tools.amounts import to_money

from ... import const
from ...client.terminal_errors import CANCELLED
from ...client.terminal_types import LONGEST_WAIT, TerminalPaymentRequest
from ..fusion_operation import TERMINAL_CHARGE, TERMINAL_KINDS
from .kinds import NOBODY_PAID


class PaymentTransaction(models.Model):
    """Charges on a terminal; they are queued, because a customer may take minutes."""

    _inherit = "payment.transaction"

    clover_issues = fields.Char(
        readonly=True,
        copy=False,
        help="What Clover wants somebody to look at: signature, duplicate, offline, partial.",
    )
    clover_issue_texts = fields.Text(string="Clover's Words", readonly=True, copy=False)
    clover_signature_svg = fields.Text(readonly=True, copy=False)
    clover_signature = fields.Html(
        string="Signature", compute="_compute_clover_signature", sanitize=False
    )

    def _compute_clover_signature(self):
        for transaction in self:
            uri = transaction._clover_signature_uri()
            transaction.clover_signature = uri and Markup(
                '<img class="o_clover_signature" alt="%s" src="%s"/>'
            ) % (self.env._("Signature"), uri)

    def _clover_signature_uri(self):
        """Return the signature as a data URI for an image (no scripts run); False if none."""
        svg = self.clover_signature_svg
        if not svg:
            return False
        return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"

    # === BUSINESS METHODS === #

    def _clover_send_to_terminal(self, terminal):
        """Queue this transaction for a terminal; it is sent after the commit.

        A second call for the same transaction returns the same operation.

        :return: the operation (elevated)
        :raise UserError: terminal or document is in use, or nothing is due; nothing is sent
        """
        self.ensure_one()
        self._clover_check_terminal(terminal)
        operations = self.env["fusion.operation"].sudo()
        key = self._clover_idempotency_key(TERMINAL_CHARGE)
        known = operations.search([("idempotency_key", "=", key)])
        if known:
            return known
        self._clover_due_check()(self.env)
        self._clover_drop_quote()
        wait = self._clover_terminal_wait()
        # Elevated: users cannot write leases of terminals.
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
            # Requests to terminals have no currency; Clover uses the merchant's.
            raise UserError(
                self.env._(
                    "The terminals take %(merchant)s, this is in %(currency)s. Nothing was sent.",
                    merchant=merchant_currency,
                    currency=self.currency_id.name,
                )
            )

    def _clover_drop_quote(self):
        """Remove a surcharge quoted for a typed card: on terminals Clover adds its own."""
        if self.fusion_surcharge_origin == "own":
            # Elevated: users may not write the stored quote.
            self.sudo().write(
                {
                    "fusion_surcharge_amount": 0.0,
                    "fusion_surcharge_origin": False,
                    "clover_quoted_card": False,
                }
            )

    def _clover_terminal_wait(self):
        """Return the seconds a terminal waits for the customer, within Clover's limits."""
        # Elevated: system parameters are readable by administrators only.
        wait = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param(const.TERMINAL_WAIT_PARAMETER, const.TERMINAL_WAIT)
        )
        try:
            seconds = int(wait)
        except ValueError:
            seconds = const.TERMINAL_WAIT
        return min(max(seconds, const.TERMINAL_WAIT_LEAST), LONGEST_WAIT)

    def _clover_terminal_intent(self, terminal, key, wait):
        amount = to_money(self.amount, self.currency_id)
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

    def _clover_check_still_due(self, operation):
        """Check on a new snapshot that the payment is still due after waiting in the queue.

        :raise RequestRejectedError: it is no longer due; nothing was sent
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
        """Override to release the terminal and clear its screen once the customer is done.

        The terminal is released even if a Manager must still decide or Clover is still processing.
        """
        super()._fusion_apply(operation, answer)
        is_over = (
            operation.state in CLOSED_STATES
            or operation.state == Outcome.PENDING
            or bool(operation.review_reason)
        )
        if operation.kind not in TERMINAL_KINDS or not is_over:
            return
        # If the lease has expired, the screen may show another payment: leave it alone.
        if self.env["clover.terminal.lease"]._give_back(operation.reference):
            self._clover_clear_screen(operation, answer)

    def _clover_clear_screen(self, operation, answer):
        """Show the thank-you or welcome screen after the commit, to replace the spinner.

        A failure does not affect the payment.
        """
        if not answer.provider_reference and answer.error_code not in (CANCELLED, NOBODY_PAID):
            return
        # Elevated: only the ledger may read the stored request.
        serial = operation.sudo().request_payload["request"]["serial"]
        terminals = operation._clover_client().terminals
        if answer.outcome == Outcome.SUCCEEDED:
            end = self._clover_good_end(operation, terminals, serial)
        else:
            end = partial(quietly, terminals.welcome, serial)

        @self.env.cr.postcommit.add
        def clear():
            long_calls.detach(f"screen of {serial}", end)


def quietly(call, serial):
    """Make a call to a screen. Ignore failures; the next ping of the device reports them."""
    try:
        call(serial)
    except errors.GatewayError:
        return
