"""Devices of a merchant: the devices list (``/v3``) and REST Pay Display, docs.clover.com."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odoo.addons.fusion_payment_common.lib.transport import Timeout

from .gateway_calls import MerchantCalls, path_id
from .payments import read_payment
from .reading import Reader
from .signature import read_svg
from .terminal_types import (
    RECEIPT_METHODS,
    Device,
    Issues,
    ReceiptChoice,
    TerminalPayment,
    TerminalPaymentRequest,
    TerminalRefund,
    TerminalRefundRequest,
)
from .types import Payment

#: Seconds. Seen, not documented: a healthy device answers within 8; Clover gives up on a sleeping
#: one after 15.
ASK_TIMEOUT = Timeout(connect=5.0, read=25.0)
SCREEN_TIMEOUT = Timeout(connect=5.0, read=10.0)
#: Seconds that Clover may need in addition to the wait for the customer.
WAIT_MARGIN = 20.0
#: ``GET /device/status``: nothing is on the screen; "Verify connectivity", docs.clover.com.
IDLE = "IDLE"
#: Warnings that an answer may contain; "Issues and errors", docs.clover.com.
_ISSUES = ("signature", "duplicate", "offline", "partialPayment")
#: Seconds that a customer may take to choose a receipt.
CHOICE_TIMEOUT = Timeout(connect=5.0, read=70.0)


class Terminals:
    """Mutating calls need the operation's idempotency key; the same key gives the same payment."""

    def __init__(self, calls: MerchantCalls) -> None:
        self._calls = calls

    def devices(self) -> list[Device]:
        """Return every device of the merchant, reachable or not."""
        rows = self._calls.pages("/devices", [])
        return [
            Device(
                id=row.required_text("id"),
                serial=row.required_text("serial"),
                model=row.text("model"),
                product=row.text("productName"),
                type_name=row.text("deviceTypeName"),
                name=row.text("name"),
            )
            for row in rows
        ]

    # --- money ------------------------------------------------------------------------------

    def pay(self, request: TerminalPaymentRequest, idempotency_key: str) -> TerminalPayment:
        """Show the payment and wait for the customer, up to ``request.wait`` seconds.

        An answer does not prove an approval: see ``terminal_outcomes``. The payment is always
        final: one that is not is refused in Canada and would have to be adjusted elsewhere.

        :raises GatewayError: ``outcome`` gives the outcome.
        """
        body: dict[str, Any] = {
            "amount": request.amount.minor,
            "externalPaymentId": request.external_payment_id,
            "final": True,
        }
        if request.external_reference_id:
            body["externalReferenceId"] = request.external_reference_id
        answer = self._wait("/payments", request.serial, request.wait, body, idempotency_key)
        reader = Reader(answer, "the answer")
        return TerminalPayment(read_payment(_plain(reader, "payment")), _issues(reader))

    def find(self, external_payment_id: str, serial: str) -> Payment:
        """Return the payment that was made under our id.

        :raises NotFoundError: there is none (yet).
        """
        path = f"/payments/external/{path_id(external_payment_id, 'external id')}"
        answer = self._calls.terminal("GET", path, serial, timeout=ASK_TIMEOUT)
        return read_payment(_plain(Reader(answer, "the answer"), "payment"))

    def refund(self, request: TerminalRefundRequest, idempotency_key: str) -> TerminalRefund:
        """Refund a payment; the device may ask for the card.

        :raises GatewayError: ``outcome`` gives the outcome.
        """
        path = f"/payments/{path_id(request.payment_id or '', 'payment id')}/refunds"
        body = {"fullRefund": True} if request.whole else {"amount": request.amount.minor}
        answer = self._wait(path, request.serial, request.wait, body, idempotency_key)
        return _refund(Reader(answer, "the answer").child("refund"), request.payment_id)

    def void(self, request: TerminalRefundRequest, idempotency_key: str) -> TerminalRefund:
        """Void a whole payment; Clover refunds it instead when it is too late for a void.

        :raises GatewayError: ``outcome`` gives the outcome.
        """
        payment_id = path_id(request.payment_id or "", "payment id")
        body = {"voidReason": "USER_CANCEL"}
        answer = self._wait(
            f"/payments/{payment_id}/void", request.serial, request.wait, body, idempotency_key
        )
        payment = read_payment(_plain(Reader(answer, "the answer"), "payment"))
        identifier = Reader(answer, "the answer").text("id") or payment.void_payment_id
        return TerminalRefund(
            id=identifier or f"{payment_id}-void",
            amount=request.amount.minor,
            created_ms=payment.modified_ms,
            payment_id=payment_id,
            voided=payment.is_voided,
        )

    def credit(self, request: TerminalRefundRequest, idempotency_key: str) -> TerminalRefund:
        """Give money to the card that the customer presents, without a payment.

        :raises GatewayError: ``outcome`` gives the outcome.
        """
        body = {"amount": request.amount.minor}
        answer = self._wait("/credits", request.serial, request.wait, body, idempotency_key)
        return _refund(Reader(answer, "the answer").child("credit"), None)

    def _wait(self, path: str, serial: str, wait: int, body: dict[str, Any], key: str) -> Any:
        return self._calls.terminal(
            "POST",
            path,
            serial,
            json=body,
            headers={"X-Clover-Timeout": str(wait)},
            idempotency_key=key,
            timeout=Timeout(connect=5.0, read=wait + WAIT_MARGIN),
        )

    # --- the device -------------------------------------------------------------------------

    def ping(self, serial: str) -> bool:
        """Return whether the device answers.

        :raises GatewayError: it does not; with the reason.
        """
        answer = self._calls.terminal(
            "POST", "/device/ping", serial, json={}, timeout=ASK_TIMEOUT, mutating=False
        )
        return Reader(answer, "the answer").flag("connected")

    def status(self, serial: str) -> str:
        """Return the device's status: ``IDLE``, ``BUSY``, ``WAITING_FOR_CUSTOMER``, ...

        :raises GatewayError: it does not answer; with the reason.
        """
        answer = self._calls.terminal("GET", "/device/status", serial, timeout=ASK_TIMEOUT)
        return Reader(answer, "the answer").required_text("status")

    def cancel(self, serial: str) -> None:
        """End what is on the screen; that call then gets 209, or an approval if it was faster."""
        self._screen("/device/cancel", serial, timeout=ASK_TIMEOUT)

    def reset(self, serial: str) -> None:
        """Restart the display. It may void a payment in flight."""
        self._screen("/device/reset", serial, timeout=ASK_TIMEOUT)

    def welcome(self, serial: str) -> None:
        """Show the welcome screen; without it a spinner stays on the screen after a payment."""
        self._screen("/device/welcome", serial)

    def thank_you(self, serial: str) -> None:
        """Show the thank-you screen, which ends a successful payment."""
        self._screen("/device/thank-you", serial)

    def display(self, serial: str, text: str) -> None:
        """Show a text."""
        self._screen("/device/display", serial, {"text": text})

    def receipt_options(self, serial: str) -> ReceiptChoice:
        """Let the customer choose on the screen whether and how to get a receipt.

        "Let customers choose receipt delivery", docs.clover.com, is unclear about the wrapper of
        the answer: both names, one object or a list of one are accepted.

        :raises GatewayError: nobody chose, or the device does not answer.
        """
        options = [{"method": method} for method in RECEIPT_METHODS]
        answer = self._calls.terminal(
            "POST",
            "/device/receipt-options",
            serial,
            json={"deliveryOptions": options},
            timeout=CHOICE_TIMEOUT,
        )
        choices = Reader(answer, "the answer").children("deliveryOptions", "response")
        if not choices:
            return ReceiptChoice("NO_RECEIPT")
        return ReceiptChoice(choices[0].required_text("method"), choices[0].text("additionalData"))

    def receipt(
        self, payment_id: str, serial: str, method: str, address: str | None = None
    ) -> None:
        """Print a payment's receipt on the device, or have Clover send it.

        :param method: ``PRINT``, ``EMAIL`` or ``SMS``.
        :param address: e-mail address or phone number; not for ``PRINT``.
        """
        option = {"method": method, **({"additionalData": address} if address else {})}
        path = f"/payments/{path_id(payment_id, 'payment id')}/receipt"
        self._screen(path, serial, {"deliveryOption": option})

    def _screen(
        self,
        path: str,
        serial: str,
        body: dict[str, Any] | None = None,
        timeout: Timeout = SCREEN_TIMEOUT,
    ) -> None:
        self._calls.terminal("POST", path, serial, json=body or {}, timeout=timeout)


def _plain(reader: Reader, name: str) -> Any:
    value = reader.value(name)
    return {} if value is None else value


def _issues(reader: Reader) -> Issues:
    issues = reader.child("issues")
    # They are only shown: an odd value must not hide that the payment was made.
    named = {name: _mapping(issues.value(name)) for name in _ISSUES}
    texts = [issue.get("description") for issue in named.values()]
    drawing = _mapping(named["signature"].get("signature"))
    return Issues(
        signature=issues.value("signature") is not None,
        duplicate=issues.value("duplicate") is not None,
        offline=issues.value("offline") is not None,
        partial_of=issues.child("partialPayment").integer("requestedAmount"),
        texts=tuple(text for text in texts if isinstance(text, str) and text),
        signature_svg=read_svg(drawing.get("gzip"), drawing.get("format")),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _refund(reader: Reader, payment_id: str | None) -> TerminalRefund:
    return TerminalRefund(
        id=reader.required_text("id"),
        amount=reader.required_integer("amount"),
        created_ms=reader.integer("createdTime"),
        payment_id=payment_id,
        voided=reader.flag("voided"),
    )
