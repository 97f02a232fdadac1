"""Platform payments, read only: the payments reference of docs.clover.com (``/v3``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from odoo.addons.fusion_payment_common.lib.errors import NotFoundError

from .charges import sum_additional_charges
from .gateway_calls import LONG_PAGE, PAGE_SIZE, MerchantCalls, path_id
from .reading import Reader
from .types import Payment, PaymentRefund, PlatformRefund, check_external_reference

#: Parts of a payment that Clover sends only on request; "Expanding fields", docs.clover.com.
EXPAND = (
    "refunds",
    "additionalCharges",
    "cardTransaction",
    "tender",
    "order",
    "externalReferenceId",
)


class Payments:
    """Payments as Clover booked them, whatever an earlier answer said."""

    def __init__(self, calls: MerchantCalls) -> None:
        self._calls = calls

    def retrieve(self, payment_id: str, expand: Collection[str] = EXPAND) -> Payment:
        """Return one payment; the id of a charge is the id of its payment.

        Each refund shows which part of Clover's additions was returned with it; that is read
        separately, if there are any.

        :raises NotFoundError: Clover does not know it.
        """
        document = self._calls.platform(
            f"/payments/{path_id(payment_id, 'payment id')}", params={"expand": ",".join(expand)}
        )
        payment = read_payment(document)
        if not payment.additional_charges:
            return payment
        return replace(payment, refunds=tuple(map(self._with_charges, payment.refunds)))

    def _with_charges(self, refund: PaymentRefund) -> PaymentRefund:
        if refund.additional_charges or not refund.is_done:
            return refund
        document = self._calls.platform(
            f"/refunds/{path_id(refund.id, 'refund id')}",
            params={"expand": "additionalCharges"},
        )
        charges = sum_additional_charges(Reader(document, "the refund"), "additionalCharges")
        return replace(refund, additional_charges=charges)

    def of_order(self, order_id: str) -> list[Payment]:
        """Return the payments of an order, read as by :meth:`retrieve`; none for an unknown order.

        An order lists its payments without their details.
        """
        try:
            document = self._calls.platform(
                f"/orders/{path_id(order_id, 'order id')}", params={"expand": "payments"}
            )
        except NotFoundError:
            return []
        rows = Reader(document, "the order").children("payments")
        return [self.retrieve(row.required_text("id")) for row in rows if row.text("id")]

    def find_by_external_reference(self, reference: str, since_ms: int) -> list[Payment]:
        """Return every payment made since ``since_ms`` (unix ms) with our reference, failed or not.

        Only rows that carry the reference count: if a server ignores the filter, other payments are
        not taken for ours.
        """
        check_external_reference(reference)
        rows = self._filtered([f"externalReferenceId={reference}"], since_ms)
        return [row for row in rows if row.external_reference_id == reference]

    def find_by_external_payment_id(self, external_id: str, since_ms: int) -> list[Payment]:
        """Return every payment made since ``since_ms`` (unix ms) with a terminal payment's id."""
        condition = f"externalPaymentId={path_id(external_id, 'external id')}"
        rows = self._filtered([condition], since_ms)
        return [row for row in rows if row.external_payment_id == external_id]

    def list_created(self, since_ms: int, until_ms: int | None = None) -> Iterator[Payment]:
        """Yield every payment created from ``since_ms`` to before ``until_ms`` (unix ms).

        Filters on time reach back 90 days at Clover.
        """
        until = [f"createdTime<{until_ms}"] if until_ms is not None else []
        yield from self._filtered(until, since_ms, page_size=LONG_PAGE)

    def list_changed(self, since_ms: int, made_since_ms: int) -> Iterator[Payment]:
        """Yield every payment created from ``made_since_ms`` to before ``since_ms`` (unix ms) that
        was changed since then: voided, captured, given a tip, refunded.

        There is no end time: a payment that changed again would leave the list, another one would
        move to a page that was already read, and be missed.
        """
        filters = [f"modifiedTime>={int(since_ms)}", f"createdTime<{int(since_ms)}"]
        yield from self._filtered(filters, made_since_ms, page_size=LONG_PAGE)

    def retrieve_refund(self, refund_id: str) -> PlatformRefund:
        """Return one refund, wherever it was made; a void is not a refund.

        :raises NotFoundError: Clover does not know it.
        """
        document = self._calls.platform(f"/refunds/{path_id(refund_id, 'refund id')}")
        return _read_platform_refund(Reader(document, "the refund"))

    def list_refunds(self, since_ms: int, until_ms: int) -> Iterator[PlatformRefund]:
        """Yield every refund made from ``since_ms`` to before ``until_ms`` (unix ms); no voids."""
        params: list[tuple[str, Any]] = [
            ("filter", f"createdTime>={int(since_ms)}"),
            ("filter", f"createdTime<{int(until_ms)}"),
            ("expand", "additionalCharges"),
        ]
        for row in self._calls.pages("/refunds", params, page_size=LONG_PAGE):
            yield _read_platform_refund(row)

    def _filtered(
        self, filters: list[str], since_ms: int, page_size: int = PAGE_SIZE
    ) -> Iterator[Payment]:
        conditions = [*filters, f"createdTime>={int(since_ms)}"]
        params: list[tuple[str, Any]] = [("filter", condition) for condition in conditions]
        params.append(("expand", ",".join(EXPAND)))
        for row in self._calls.pages("/payments", params, page_size=page_size):
            yield _read(row)


def read_payment(document: Any) -> Payment:
    """Read a payment object of the platform interface.

    :raises MalformedResponseError: a required field is missing or has another type.
    """
    return _read(Reader(document, "the payment"))


def _read(reader: Reader) -> Payment:
    return Payment(
        id=reader.required_text("id"),
        amount=reader.required_integer("amount"),
        result=reader.text("result", default="") or "",
        tip_amount=reader.integer("tipAmount", default=0) or 0,
        tax_amount=reader.integer("taxAmount", default=0) or 0,
        additional_charges=sum_additional_charges(reader, "additionalCharges"),
        created_ms=reader.integer("createdTime"),
        modified_ms=reader.integer("modifiedTime"),
        order_id=reader.child("order").text("id"),
        device_id=_device_id(reader),
        tender_key=reader.child("tender").text("labelKey"),
        tender_label=reader.child("tender").text("label"),
        employee_id=reader.child("employee").text("id"),
        external_payment_id=reader.text("externalPaymentId"),
        external_reference_id=reader.text("externalReferenceId"),
        offline=reader.flag("offline"),
        void_reason=reader.text("voidReason"),
        void_payment_id=reader.child("voidPaymentRef").text("id"),
        note=reader.text("note"),
        refunds=tuple(_read_refund(row) for row in reader.children("refunds")),
        **_card_values(reader.child("cardTransaction")),
    )


def _read_platform_refund(reader: Reader) -> PlatformRefund:
    return PlatformRefund(
        id=reader.required_text("id"),
        payment_id=reader.child("payment").required_text("id"),
        amount=reader.required_integer("amount"),
        additional_charges=sum_additional_charges(reader, "additionalCharges"),
        created_ms=reader.required_integer("createdTime"),
        status=reader.text("status", default="") or "",
        is_voided=reader.flag("voided"),
        device_id=_device_id(reader),
        employee_id=reader.child("employee").text("id"),
    )


def _device_id(reader: Reader) -> str | None:
    """Return the device; Ecommerce payments name one of zeros, which means none."""
    device_id = reader.child("device").text("id")
    return device_id if device_id and device_id.strip("0-") else None


def _card_values(card: Reader) -> dict[str, str | None]:
    currency = card.text("currency")
    chip = card.child("extra")
    return {
        "currency": currency.upper() if currency else None,
        "card_type": card.text("cardType"),
        "entry_type": card.text("entryType"),
        "first6": card.text("first6"),
        "last4": card.text("last4"),
        "auth_code": card.text("authCode"),
        "application_id": chip.text("applicationIdentifier"),
        "application_label": chip.text("applicationLabel"),
        "cvm_result": chip.text("cvmResult"),
        "reference_id": card.text("referenceId"),
        "transaction_no": card.text("transactionNo"),
        "cardholder_name": card.text("cardholderName"),
        "transaction_type": card.text("type"),
        "transaction_state": card.text("state"),
    }


def _read_refund(row: Reader) -> PaymentRefund:
    return PaymentRefund(
        id=row.required_text("id"),
        amount=row.required_integer("amount"),
        created_ms=row.integer("createdTime"),
        status=row.text("status", default="") or "",
        is_voided=row.flag("voided"),
        additional_charges=sum_additional_charges(row, "additionalCharges"),
    )
