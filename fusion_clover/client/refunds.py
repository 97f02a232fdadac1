"""Referenced refunds: "Refund payments and void transactions", docs.clover.com."""

from __future__ import annotations

from typing import Any, Literal

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .charges import MISMATCH, sum_additional_charges
from .gateway_calls import MerchantCalls, path_id
from .reading import Reader
from .types import REFUND_REASONS, Refund, check_amount, check_external_reference


class Refunds:
    """Refunds of a known charge."""

    def __init__(self, calls: MerchantCalls) -> None:
        self._calls = calls

    def create(
        self,
        charge_id: str,
        amount: Money,
        reason: str | None,
        external_reference_id: str | None,
        idempotency_key: str,
    ) -> Refund:
        """Refund ``amount`` of a charge; a full one before settlement becomes a void at Clover.

        The amount is always sent: without it, Clover refunds the original charge, not what is left.

        :param reason: one of ``duplicate``, ``fraudulent``, ``requested_by_customer``, or None.
        :raises RequestRejectedError: the amount is more than what is left, or the charge cannot be
            partly refunded (tip, tax or several lines).
        """
        check_amount(amount)
        check_external_reference(external_reference_id)
        if reason and reason not in REFUND_REASONS:
            raise ConfigurationError("unknown reason for a refund", code="invalid_reason")
        body: dict[str, Any] = {
            "charge": path_id(charge_id, "charge id"),
            "amount": amount.minor,
        }
        optional = {"reason": reason, "external_reference_id": external_reference_id}
        body.update({name: value for name, value in optional.items() if value})
        answer = self._calls.ecommerce(
            "POST", "/v1/refunds", json=body, idempotency_key=idempotency_key
        )
        return read_refund(answer)

    def retrieve(self, refund_id: str) -> Refund:
        """Return the refund in its present state.

        :raises NotFoundError: Clover does not know it.
        """
        return read_refund(
            self._calls.ecommerce("GET", f"/v1/refunds/{path_id(refund_id, 'refund id')}")
        )

    def list_for_charge(self, charge_id: str) -> list[Refund]:
        """Return the refunds of a charge that Clover lists (at most 100); drop all others."""
        params = {"charge": path_id(charge_id, "charge id"), "limit": 100}
        document = self._calls.ecommerce("GET", "/v1/refunds", params=params)
        refunds = [_read(row) for row in Reader(document, "the list").children("data", "elements")]
        return [refund for refund in refunds if refund.charge_id == charge_id]


def refund_outcome(
    refund: Refund, charge_id: str, amount: Money
) -> Outcome | Literal["mismatch"]:
    """Return the outcome that a refund gives to its request; see :func:`charge_outcome`."""
    if refund.status == "failed":
        return Outcome.DECLINED
    if refund.status == "pending":
        return Outcome.PENDING
    if refund.status != "succeeded":
        return Outcome.UNKNOWN
    is_same_currency = refund.currency in (None, amount.currency)
    if (refund.charge_id, refund.amount) != (charge_id, amount.minor) or not is_same_currency:
        return MISMATCH
    return Outcome.SUCCEEDED


def read_refund(document: Any) -> Refund:
    """Read a refund object of Clover.

    :raises MalformedResponseError: a required field is missing or has another type.
    """
    return _read(Reader(document, "the refund"))


def _read(reader: Reader) -> Refund:
    raw_status = reader.required_text("status")
    currency = reader.text("currency")
    return Refund(
        id=reader.required_text("id"),
        amount=reader.required_integer("amount"),
        charge_id=reader.required_text("charge"),
        status=raw_status.lower(),
        raw_status=raw_status,
        currency=currency.upper() if currency else None,
        reason=reader.text("reason"),
        external_reference_id=reader.text("external_reference_id"),
        created_ms=reader.integer("created"),
        additional_charges=sum_additional_charges(reader, "additional_charges"),
    )
