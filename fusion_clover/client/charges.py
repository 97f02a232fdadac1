"""Charges: "Create a charge", "Capture a charge", "Get a charge", docs.clover.com."""

from __future__ import annotations

from typing import Any, Literal

from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .gateway_calls import MerchantCalls, path_id
from .reading import Reader
from .types import Charge, ChargeRequest, check_amount

#: A charge succeeded, but differs from the request: a person has to review it.
MISMATCH: Literal["mismatch"] = "mismatch"


class Charges:
    """Mutating calls need the operation's idempotency key; the same key gives the same charge."""

    def __init__(self, calls: MerchantCalls) -> None:
        self._calls = calls

    def create(self, request: ChargeRequest, idempotency_key: str) -> Charge:
        """Charge, or only authorize when ``request.capture`` is False.

        The answer does not prove a success: :func:`charge_outcome` decides that.

        :raises DeclinedError: the issuer declined; ``provider_reference`` is the failed attempt.
        :raises GatewayError: see :class:`ApiClient`; ``outcome`` gives the outcome.
        """
        answer = self._calls.ecommerce(
            "POST",
            "/v1/charges",
            json=_charge_body(request),
            headers={"X-Forwarded-For": request.client_ip or ""},
            idempotency_key=idempotency_key,
        )
        return read_charge(answer)

    def retrieve(self, charge_id: str) -> Charge:
        """Return the charge in its present state, refunds and order included.

        :raises NotFoundError: Clover does not know it.
        """
        return read_charge(
            self._calls.ecommerce("GET", f"/v1/charges/{path_id(charge_id, 'charge id')}")
        )

    def capture(
        self,
        charge_id: str,
        amount: Money | None,
        idempotency_key: str,
        *,
        client_ip: str | None = None,
    ) -> Charge:
        """Capture the authorized amount, or ``amount`` of it.

        :param client_ip: the shopper's address.
        :raises RequestRejectedError: code ``charge_already_captured`` the second time.
        """
        body: dict[str, Any] = {}
        if amount is not None:
            check_amount(amount)
            body["amount"] = amount.minor
        answer = self._calls.ecommerce(
            "POST",
            f"/v1/charges/{path_id(charge_id, 'charge id')}/capture",
            json=body,
            headers={"X-Forwarded-For": client_ip or ""},
            idempotency_key=idempotency_key,
        )
        return read_charge(answer)


def charge_outcome(
    charge: Charge, request: ChargeRequest
) -> Outcome | Literal["mismatch"]:
    """Return the outcome that a charge gives to its request.

    It succeeded only if its status says so, it is paid, and amount, tip and currency match the
    request. A charge that should have been captured and was not is a mismatch too. An unknown
    status means an unknown outcome.
    """
    if charge.status == "failed":
        return Outcome.DECLINED
    if charge.status == "pending":
        return Outcome.PENDING
    if charge.status != "succeeded" or not charge.paid:
        return Outcome.UNKNOWN
    asked = (request.amount.minor, request.amount.currency, request.tip.minor if request.tip else 0)
    if asked != (charge.amount, charge.currency, charge.tip_amount):
        return MISMATCH
    if request.capture and not charge.captured:
        return MISMATCH
    return Outcome.SUCCEEDED


def read_charge(document: Any) -> Charge:
    """Read a charge object of Clover.

    :raises MalformedResponseError: a required field is missing or has another type.
    """
    reader = Reader(document, "the charge")
    card = reader.child("source") if not isinstance(reader.value("source"), str) else None
    paid = reader.flag("paid")
    raw_status = reader.required_text("status")
    return Charge(
        id=reader.required_text("id"),
        amount=reader.required_integer("amount"),
        currency=reader.required_text("currency").upper(),
        status=raw_status.lower(),
        raw_status=raw_status,
        paid=paid,
        captured=reader.flag("captured", default=paid),
        auth_code=reader.text("auth_code", "authCode"),
        ref_num=reader.text("ref_num", "refNum"),
        order_id=_order_id(reader),
        external_reference_id=reader.text("external_reference_id"),
        created_ms=reader.integer("created"),
        amount_refunded=reader.integer("amount_refunded", default=0) or 0,
        refunded=reader.flag("refunded"),
        additional_charges=sum_additional_charges(reader, "additional_charges"),
        tip_amount=reader.integer("tip_amount", default=0) or 0,
        tax_amount=reader.integer("tax_amount", default=0) or 0,
        failure_code=reader.text("failure_code"),
        **_card_values(card, reader),
    )


def sum_additional_charges(reader: Reader, *names: str) -> int:
    """Return the minor units that Clover added; they come as an array, or with ``elements``."""
    return sum(item.required_integer("amount") for item in reader.children(*names))


def _card_values(card: Reader | None, reader: Reader) -> dict[str, str | None]:
    if card is None:
        return {"source_id": reader.text("source")}
    return {
        "source_id": card.text("id"),
        "brand": card.text("brand"),
        "first6": card.text("first6"),
        "last4": card.text("last4"),
        "exp_month": card.text("exp_month"),
        "exp_year": card.text("exp_year"),
    }


def _order_id(reader: Reader) -> str | None:
    """Return the order's id. Clover sends an id or an object; a new charge has none."""
    if isinstance(reader.value("order"), str):
        return reader.text("order")
    return reader.child("order").text("id")


def _charge_body(request: ChargeRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "amount": request.amount.minor,
        "currency": request.amount.currency.lower(),
        "source": request.source,
        "capture": request.capture,
        "ecomind": request.ecomind,
    }
    optional = {
        "external_reference_id": request.external_reference_id,
        "description": request.description,
        "receipt_email": request.receipt_email,
        "tip_amount": request.tip.minor if request.tip else None,
    }
    body.update({name: value for name, value in optional.items() if value})
    if request.stored_credentials is not None:
        body["stored_credentials"] = request.stored_credentials.to_dict()
    return body
