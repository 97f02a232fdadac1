import logging
from functools import partial

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction, own_environment

from ..client import proxy_wire
from ..client.amounts import read_amount
from ..client.issuing import carry_out_issue, unsealed
from ..client.types import CardRequest, InvoiceLine, VirtualCard
from .wex_card_request import NO_CARD_STATES

_logger = logging.getLogger(__name__)



class WexCardRequest(models.Model):
    """Cards that another system asks for, as it asked the old proxy: it waits for the answer."""

    _inherit = "wex.card.request"

    proxy_fields = fields.Json(
        readonly=True, copy=False, help="What the other system sent, for its answers."
    )
    bill_number = fields.Char(readonly=True, help="Of a bill that need not be in Odoo.")
    bill_date = fields.Date(readonly=True)

    @api.model
    def _wex_answer_proxy(self, account, asked):
        """Issue the card that is asked for, once, and say what became of it.

        The request is committed together with its operation before WEX is called, so that nothing
        is lost with this process. The same request again calls nobody as long as there is a card
        or may be one; a request that surely made none is tried again, under another reference.

        :param account: a ``wex.account`` that is not disabled (elevated)
        :param asked: a :class:`~odoo.addons.fusion_wex.client.proxy_wire.ProxyRequest`
        :return: ``(status, body)`` of the old proxy
        """
        try:
            request_id, begun = self._wex_proxy_begin_committed(account, asked)
        except UserError as error:
            return proxy_wire.INVALID, {"error": "Invalid input", "message": str(error)}
        ledger = self.env["fusion.operation"]
        if begun:
            call, operation = begun
            ledger._carry_out(operation, *call)
        else:
            self._wex_proxy_hurry(request_id)
        with own_environment(self.env) as env:
            request = env[self._name].browse(request_id).with_company(account.company_id)
            return request._wex_proxy_answer(asked)

    # === BEGIN === #

    @api.model
    def _wex_proxy_begin_committed(self, account, asked):
        def begin(env):
            model = env[self._name].with_company(account.company_id)
            return model._wex_proxy_begin(account.with_env(model.env), asked)

        try:
            return in_own_transaction(self.env, begin)
        except psycopg2.errors.UniqueViolation:
            # Another transaction inserted the same request meanwhile: it is there now.
            return in_own_transaction(self.env, begin)

    @api.model
    def _wex_proxy_begin(self, account, asked):
        """Find or make the request; return its id, and the call with what was begun for it."""
        model = self.with_context(tracking_disable=True, mail_create_nolog=True)
        request = model.search(
            [("account_id", "=", account.id), ("external_ref", "=", asked.key)]
        )
        if request:
            self.env.cr.execute(
                "SELECT id FROM wex_card_request WHERE id = %s FOR UPDATE", [request.id]
            )
            request.invalidate_recordset()
            if request.state not in NO_CARD_STATES:
                return request.id, None
            request.write(model._wex_proxy_values(account, asked))
        else:
            request = model.create(model._wex_proxy_values(account, asked))
        exchanges = []
        try:
            intent = request._wex_intent()
            issuer = account._wex_client(exchanges.append)
        except GatewayError as error:
            raise UserError(str(error)) from error
        begun = self.env["fusion.operation"]._begin(intent)
        operation = self.env["fusion.operation"].browse(begun.operation_id)
        request._wex_note_begun(
            operation, intent, "issuing", self.env._("WEX is asked for the card.")
        )
        card_request = CardRequest.from_dict(intent.payload["request"])
        call = partial(carry_out_issue, issuer, card_request, account._wex_seal())
        return request.id, ((call, exchanges), begun)

    @api.model
    def _wex_proxy_values(self, account, asked):
        return {
            "account_id": account.id,
            "external_ref": asked.key,
            "proxy_fields": dict(asked.sent),
            "amount": float(asked.amount),
            "vendor_name": asked.text("hauler_name"),
            "payment_name": asked.text("payment_id"),
            "employee_name": asked.text("employee") or False,
            "memo": asked.text("invoice_number"),
            "bill_number": asked.text("invoice_number"),
            "bill_date": asked.invoice_date or self._wex_bill_date(account, asked),
            "approved_by_id": False,
            "message": False,
        }

    @api.model
    def _wex_bill_date(self, account, asked):
        """Return the date of the one bill of this number and vendor in Odoo, or False."""
        number = asked.text("invoice_number").strip()
        bills = number and self.env["account.move"].search(
            [
                ("company_id", "=", account.company_id.id),
                ("move_type", "=", "in_invoice"),
                ("state", "=", "posted"),
                ("ref", "=", number),
                ("partner_id.name", "=ilike", asked.text("hauler_name").strip()),
            ],
            limit=2,
        )
        return bills.invoice_date if bills and len(bills) == 1 else False

    def _wex_invoices(self):
        """Override to name the bill that another system pays, with the bill's own date."""
        if self.line_ids or not self.bill_number:
            return super()._wex_invoices()
        return (
            InvoiceLine(
                number=self.bill_number,
                invoice_date=self.bill_date or fields.Date.context_today(self),
                amount=read_amount(self.amount),
            ),
        )

    # === ANSWER === #

    @api.model
    def _wex_proxy_hurry(self, request_id):
        """Somebody waits: ask WEX now if that is due, and book what is known."""
        with own_environment(self.env) as env:
            operation = env[self._name].browse(request_id).operation_id
            reference, is_open = operation.reference, operation.state not in CLOSED_STATES
        if is_open and reference:
            self.env["fusion.operation"]._complete_due(reference=reference)

    def _wex_proxy_answer(self, asked):
        """Return what the caller is told, from what the ledger has stored."""
        operation = self.operation_id
        if not asked.is_same(self.proxy_fields or {}, read_amount(self.amount)):
            text = self.env._("This _id was used for another request; nothing was sent.")
            return proxy_wire.CONFLICT, proxy_wire.error_body(
                asked.sent, proxy_wire.CONFLICT, text
            )
        if operation.review_reason or operation.state not in CLOSED_STATES:
            return proxy_wire.NO_ANSWER, proxy_wire.no_answer_body(
                asked.sent,
                self.env._(
                    "It is not known yet whether the card was made. Send the same _id again: no "
                    "second card is made."
                ),
            )
        if operation.state != Outcome.SUCCEEDED:
            body = self._wex_error_body()
            return body[proxy_wire.STATUS_FIELD], body
        return self._wex_proxy_card(operation)

    def _wex_proxy_card(self, operation):
        """Return the answer for a card that exists, whether or not it is booked already."""
        facts = VirtualCard.from_dict(operation.response_summary["card"])
        body = proxy_wire.issued_body(
            self._wex_sent(), read_amount(self.amount), (facts.expiry_month, facts.expiry_year)
        )
        if not self.account_id.delivery_endpoint_id.wex_sends_card_data:
            return proxy_wire.OK, body
        try:
            secret = self._wex_proxy_secret(operation, facts)
        except GatewayError as error:
            _logger.warning("Card %s cannot be shown: %s", self.name, error)
            return proxy_wire.NO_ANSWER, proxy_wire.no_answer_body(
                self._wex_sent(), self.env._("The card was made; its number cannot be read now.")
            )
        return proxy_wire.OK, proxy_wire.with_card(body, secret)

    def _wex_proxy_secret(self, operation, facts):
        sealed = operation.response_summary.get("sealed")
        if sealed:
            return unsealed(self.env["fusion.vault"]._decrypt(sealed))
        if self.card_id:
            return self.card_id._wex_secret()
        return self.account_id._wex_client().reveal(facts.id)
