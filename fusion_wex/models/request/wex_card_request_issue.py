import uuid
from datetime import UTC
from functools import partial

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import errors, idempotency
from odoo.addons.fusion_payment_common.lib.ledger import Answer, Intent
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ... import const
from ...client.amounts import read_amount
from ...client.issuing import carry_out_issue, find_issue, read_issue, repeat_issue
from ...client.types import CardRequest, InvoiceLine
from ..card.wex_virtual_card import OPEN_STATES
from .wex_card_request import UNDER_WAY_STATES

#: Longest memo that is sent, in characters.
_MEMO_LENGTH = 120


class WexCardRequest(models.Model):
    """Issues the card through the ledger: one request, one key, one reference, one card."""

    _inherit = "wex.card.request"

    def _wex_check_issuable(self):
        """Refuse what cannot be issued, before anything is sent.

        :raise UserError: says what is wrong
        """
        self.ensure_one()
        if self.account_id.state == "disabled":
            raise UserError(
                self.env._("The WEX account %s is disabled.", self.account_id.display_name)
            )
        for line in self.line_ids:
            line.move_id._wex_check_payable(line.amount, besides=self)
        total = sum(self.line_ids.mapped("amount"))
        if self.line_ids and self.currency_id.compare_amounts(self.amount, total):
            raise UserError(self.env._("%s is not over the sum of its bills.", self.name))
        try:
            self._wex_card_request(reference=self.name)
        except errors.GatewayError as error:
            raise UserError(
                self.env._("%(name)s cannot be issued: %(error)s.", name=self.name, error=error)
            ) from error

    def _wex_check_still_payable(self):
        """Check the bills again, now that they are held: they may have been paid since.

        :raise RequestRejectedError: one was paid meanwhile
        """
        try:
            for line in self.line_ids:
                line.move_id._wex_check_payable(line.amount, besides=self)
        except UserError as error:
            raise errors.RequestRejectedError(str(error), code="not_payable") from error

    def _wex_enqueue(self):
        """Queue the issue; a worker asks WEX once this transaction is committed."""
        self.ensure_one()
        intent = self._wex_intent()
        operation = self.env["fusion.operation"]._enqueue(intent)
        message = self.env._("Is about to be sent to WEX.")
        self._wex_record_begin(operation, intent, "queued", message)

    def _wex_intent(self):
        """Return the intent to issue the card, under a new key and a new reference."""
        self.ensure_one()
        key = str(uuid.uuid4())
        # Not the name alone: every database begins with the same numbers.
        reference = f"{self.name}-{idempotency.short_reference(key)}"
        card_request = self._wex_card_request(reference=reference)
        amount = Money.from_major(
            card_request.amount, card_request.currency, self.currency_id.decimal_places
        )
        return Intent(
            kind="card_issue",
            provider_code=const.PROVIDER_CODE,
            handler=self._name,
            idempotency_key=key,
            reference=reference,
            external_reference=reference,
            parameters={
                "kind": "card_issue",
                "reference": reference,
                "amount": amount.minor,
                "currency": amount.currency,
            },
            payload={"request_id": self.id, "request": card_request.to_dict()},
            company_id=self.company_id.id,
            amount=card_request.amount,
            currency_id=self.currency_id.id,
            documents=(
                (self._name, self.id),
                *(("account.move", move_id) for move_id in sorted(self.move_ids.ids)),
            ),
            send_within=const.SEND_WITHIN,
            summary={"card": self.name, "vendor": self.vendor_name, "amount": amount.format()},
        )

    def _wex_record_begin(self, operation, intent, state, message):
        """Record the operation and the reference of the issue."""
        operation.write({"res_model": self._name, "res_id": self.id})
        # Elevated: nobody edits a submitted request by hand.
        self.sudo().write(
            {
                "state": state,
                "reference": intent.reference,
                "operation_id": operation.id,
                "message": message,
            }
        )

    def _wex_card_request(self, reference):
        """Return the request for WEX.

        :raise ConfigurationError: no issuer could accept it
        """
        self.ensure_one()
        return CardRequest(
            reference=reference,
            amount=read_amount(self.amount),
            currency=self.currency_id.name,
            vendor_name=self.vendor_name or "",
            invoices=self._wex_invoices(),
            merchant_code=self.partner_id.wex_merchant_code or None,
            payment_name=self.payment_name or self.name,
            memo=(self.memo or "")[:_MEMO_LENGTH] or None,
            employee=self.employee_name or None,
            valid_until=self.valid_until or None,
            max_uses=self.max_uses or None,
            exact_amount=self.is_exact_amount,
            delivery_email=self.delivery_email or None,
        )

    def _wex_invoices(self):
        """Return the bills as WEX is told them, each with its own number and date.

        Without lines it may be a bill of another system, which is known by its number alone.
        """
        if not self.line_ids and self.bill_number:
            return (
                InvoiceLine(
                    number=self.bill_number,
                    invoice_date=self.bill_date or fields.Date.context_today(self),
                    amount=read_amount(self.amount),
                ),
            )
        return tuple(
            InvoiceLine(
                number=line.move_id.ref or line.move_id.name,
                invoice_date=line.move_id.invoice_date or line.move_id.date,
                amount=read_amount(line.amount),
            )
            for line in self.line_ids
        )

    # === OPERATION HANDLER === #

    def _fusion_prepare_call(self, operation, observer):
        """Override of `fusion_payment_common` to issue the card at WEX.

        :raise RequestRejectedError: a bill was paid since the card was asked for; nothing is sent
        """
        request, card_request = self._wex_request_of(operation)
        is_repeat = "repeat" in operation.attempt_ids.mapped("action")
        try:
            request._wex_check_still_payable()
        except errors.RequestRejectedError as error:
            if not is_repeat:
                raise
            return partial(_not_repeated, error)
        issuer = request.account_id._wex_client(observer)
        seal = request.account_id._wex_seal()
        # No tracking messages: the ledger records every step, and batches are large.
        request.with_context(tracking_disable=True).write(
            {"state": "issuing", "message": self.env._("WEX is asked for the card.")}
        )
        create = repeat_issue if is_repeat else carry_out_issue
        return lambda: create(issuer, card_request, seal)

    def _fusion_prepare_lookup(self, operation, observer):
        """Override of `fusion_payment_common` to look for the card by our reference."""
        request, card_request = self._wex_request_of(operation)
        account = request.account_id
        issuer = account._wex_client(observer)
        seal = account._wex_seal()
        sent_at = max(
            operation.attempt_ids.filtered(
                lambda attempt: attempt.action in ("call", "repeat")
            ).mapped("started_at")
            or [operation.started_at]
        ).replace(tzinfo=UTC)
        facts = {
            "sent_at": sent_at,
            "now": fields.Datetime.now().replace(tzinfo=UTC),
            "witness": account._wex_witness(),
            "is_search_trusted": account.is_search_trusted or account._wex_is_simulated(),
            "known_id": operation.provider_reference or None,
            # Under review, only a person decides that there is none.
            "was_accepted": not operation.review_reason
            and Outcome.PENDING in operation.attempt_ids.mapped("outcome"),
        }
        return lambda: find_issue(issuer, card_request, seal, **facts)

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Override of `fusion_payment_common` to read the card that a Manager names."""
        request, card_request = self._wex_request_of(operation)
        issuer = request.account_id._wex_client(observer)
        seal = request.account_id._wex_seal()
        return lambda: read_issue(issuer, issuer.retrieve(provider_reference), card_request, seal)

    def _wex_request_of(self, operation):
        """Return the request of an operation, and the request that was sent to WEX."""
        # Elevated: the payload is kept for the ledger alone.
        payload = operation.sudo().request_payload
        return self.browse(payload["request_id"]), CardRequest.from_dict(payload["request"])

    def _wex_amount_under_way(self, move):
        """Return what cards pay of ``move`` that is not in the books yet, in its currency."""
        # Elevated: requests that the user may not see count as well.
        lines = self.env["wex.card.request.line"].sudo().search(
            [
                ("move_id", "=", move.id),
                ("request_id", "not in", self.ids),
                "|",
                "|",
                ("request_id.state", "in", UNDER_WAY_STATES),
                ("request_id.is_waiting", "=", True),
                "&",
                ("request_id.card_id.payment_id", "=", False),
                ("request_id.card_id.state", "in", (*OPEN_STATES, "cleared")),
            ]
        )
        return sum(lines.mapped("amount"))


def _not_repeated(error):
    """Answer for a create that is not repeated, because its bills were paid; nothing is sent."""
    return Answer(
        outcome=Outcome.UNKNOWN,
        error_code=error.code,
        review=f"{error} The first request to WEX was not answered, and it was not sent again.",
    )
