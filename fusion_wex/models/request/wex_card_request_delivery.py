from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.lib.redaction import contains_pan, redact

from ...client import proxy_wire
from ...client.amounts import read_amount

#: States that are delivered to the account's endpoint, with the type of the event.
_EVENTS = {"issued": "card.issued", "declined": "card.declined", "failed": "card.failed"}


class WexCardRequest(models.Model):
    """Delivers each result once to the account's endpoint, without card data at rest."""

    _inherit = "wex.card.request"

    is_acknowledged_early = fields.Boolean(
        readonly=True,
        copy=False,
        help="The receiver had the card from the answer to /proxy before a delivery told it.",
    )

    def _wex_queue_delivery(self):
        """Queue the delivery of the result, in the transaction that books it.

        A card is told until it is acknowledged; an error has nobody to acknowledge it, so that an
        answer is enough.
        """
        self.ensure_one()
        if self.state not in _EVENTS:
            return
        is_issued = self.state == "issued"
        endpoint = self.account_id.delivery_endpoint_id
        if not endpoint:
            if self.is_acknowledged_early:
                self._wex_set_acknowledged()
            return
        body = self._wex_issued_body() if is_issued else self._wex_error_body()
        delivery = self.env["fusion.delivery"]._enqueue(
            endpoint,
            _EVENTS[self.state],
            # The card exists: a caller's text that looks like a card number must not undo it.
            redact(body) if contains_pan(body) else body,
            dedup_key=f"wex:{self.reference}:{self.state}",
            record=self,
            is_answer_enough=not is_issued,
        )
        if is_issued and self.is_acknowledged_early:
            delivery._acknowledge()

    # === ACKNOWLEDGEMENT === #

    @api.model
    def _wex_of_payment(self, account, payment_id):
        """Return the requests of an account that another system knows by this name."""
        return self.search(
            [
                ("account_id", "=", account.id),
                "|",
                ("payment_name", "=", str(payment_id)),
                "&",
                ("payment_name", "=", False),
                ("name", "=", str(payment_id)),
            ],
            order="id",
        )

    def _wex_without_delivery(self, deliveries):
        """Return the requests with a card for which there is no delivery in ``deliveries``.

        They are not booked yet, or the account has no endpoint.
        """
        delivered = set(deliveries.mapped("res_id"))
        return self.filtered(
            lambda request: request.operation_id.state == Outcome.SUCCEEDED
            and request.id not in delivered
        )

    def _wex_acknowledge_early(self):
        """Record that the receiver has a card before its delivery was sent."""
        for request in self:
            # The lock orders us before or after the booking, so that it sees the flag.
            self.env.cr.execute(
                "SELECT id FROM wex_card_request WHERE id = %s FOR UPDATE", [request.id]
            )
            request.is_acknowledged_early = True
            request._wex_set_acknowledged()

    def _wex_set_acknowledged(self):
        if self.state == "issued":
            self.state = "acknowledged"
        self.card_id._wex_note_opened()
        self.card_id._wex_after_delivery()

    def _wex_wire_names(self):
        """Return the fields that the answer repeats: as the caller sent them, else from Odoo."""
        self.ensure_one()
        if self.proxy_fields:
            return self.proxy_fields
        bills = self.line_ids.move_id
        return {
            "_id": self.external_ref or self.name,
            "payment_id": self.payment_name or self.name,
            "hauler_name": self.vendor_name or "",
            "employee": self.employee_name or None,
            "invoice_number": self.bill_number
            or ", ".join(bill.ref or bill.name for bill in bills)
            or self.memo
            or "",
        }

    def _wex_issued_body(self):
        """Return what may be stored of a result: everything but number and code."""
        month, _slash, year = (self.card_id.expiry or "").partition("/")
        expiry = (int(month), int(year)) if year else (None, None)
        return proxy_wire.issued_body(self._wex_wire_names(), read_amount(self.amount), expiry)

    def _wex_error_body(self):
        operation = self.operation_id
        last = operation.attempt_ids.sorted("number")[-1:]
        answer = operation._answer()
        if answer.outcome == Outcome.NOT_SENT:
            return proxy_wire.no_answer_body(
                self._wex_wire_names(), answer.error_message or answer.error_code or ""
            )
        return proxy_wire.refusal_body(self._wex_wire_names(), answer, last.http_status)

    def _fusion_delivery_body(self, delivery):
        """Override of `fusion_payment_common` to add number and code in the old format.

        They come from the vault, right before they are sent, or from WEX, which is asked in the
        thread that sends. They are stored nowhere.
        """
        body = super()._fusion_delivery_body(delivery)
        is_card = delivery.event_type == _EVENTS["issued"]
        if not is_card or not delivery.endpoint_id.wex_sends_card_data:
            return body
        read_secret = self.card_id._wex_secret_reader()
        return lambda: proxy_wire.with_card(body, read_secret())

    def _fusion_delivery_settled(self, delivery):
        """Override of `fusion_payment_common` to note that the receiver has the card."""
        super()._fusion_delivery_settled(delivery)
        is_card = delivery.event_type == _EVENTS["issued"]
        if not is_card or delivery.state not in ("delivered", "acknowledged"):
            return
        self._wex_set_acknowledged()
