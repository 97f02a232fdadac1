"""The wire format of the proxy that the suite replaces: callers' requests and the answers.

Names, answers and status codes follow the proxy's own description. Amounts arrive as JSON numbers
or texts; they are read as decimals and rounded half-up to two places, so a caller's floating-point
``11.120000000000001`` means 11.12.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.money import MoneyError

from .amounts import MAX_AMOUNT, read_amount
from .types import CardSecret

#: Where a token may be, and the fields that identify an acknowledged payment.
TOKEN_HEADER = "X-Proxy-Auth-Token"
TOKEN_FIELD = "x_studio_proxy_auth_token"
DELIVERY_FIELD = "_delivery_id"
STATUS_FIELD = "status"
#: Fields that a delivery contains only if the receiver is switched to the old format.
NUMBER_FIELD, CODE_FIELD = "card_number", "security_code"
MONTH_FIELD, YEAR_FIELD = "expiration_month", "expiration_year"

OK = 200
INVALID = 400
UNAUTHORIZED = 401
UNKNOWN = 404
CONFLICT = 409
NO_ANSWER = 502

_MODEL = "x_requests"
_ID_FIELDS = ("_id", "id")
_PAYMENT, _VENDOR = "x_name", "x_studio_vendor_name"
_AMOUNT = "x_studio_vendor_payment_amount_requested"
_INVOICE = "x_studio_hauler_invoice_or_remittance_advice_memo"
_EMPLOYEE = "x_studio_employee_name"
#: Not part of the old proxy's format, which had no date: the bill's own date, ISO.
_INVOICE_DATE = "x_studio_invoice_date"


class WireError(ValueError):
    """An unusable body; ``error`` and the text go into the answer."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error

    def answer(self) -> dict[str, str]:
        """Return the old proxy's answer to it, for status 400."""
        return {"error": self.error, "message": str(self)}


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """A card requested by a caller of the old proxy.

    :param key: identifies the caller's request: its ``_id``, or the payment if it has none.
    :param sent: ``_id``, ``payment_id``, ``hauler_name``, ``employee`` and ``invoice_number`` as
        they were sent; the answer repeats them unchanged.
    :param amount: currency units, two places.
    """

    key: str
    amount: Decimal
    sent: Mapping[str, Any]
    invoice_date: date | None = None

    def text(self, name: str) -> str:
        """Return one of ``sent`` as text."""
        value = self.sent.get(name)
        return "" if value is None else str(value)

    def is_same(self, sent: Mapping[str, Any], amount: Decimal) -> bool:
        """Return whether it requests the same payment as another request."""
        names = ("payment_id", "hauler_name", "invoice_number")
        return amount == self.amount and all(self.sent[one] == sent.get(one) for one in names)


def read_document(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body; its numbers are exact.

    :raises WireError: there is none.
    """
    try:
        document = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise WireError("Invalid JSON", str(error)[:200]) from None
    if not isinstance(document, dict):
        raise WireError("Invalid JSON", "the body is not an object")
    return document


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def read_request(document: Mapping[str, Any]) -> ProxyRequest:
    """Return the request in a body.

    :raises WireError: a field is missing or cannot be read.
    """
    for name in (_PAYMENT, _VENDOR, _AMOUNT, _INVOICE):
        if name not in document:
            # Exactly the old proxy's text.
            raise WireError("Invalid input", repr(name))
    identity = next((document[name] for name in _ID_FIELDS if document.get(name)), None)
    sent = {
        "_id": identity,
        "payment_id": document[_PAYMENT],
        "hauler_name": document[_VENDOR],
        "employee": document.get(_EMPLOYEE),
        "invoice_number": document[_INVOICE],
    }
    for name, value in sent.items():
        sent[name] = _scalar(name, value)
    if not str(sent["payment_id"] or "").strip() or not str(sent["hauler_name"] or "").strip():
        raise WireError("Invalid input", f"{_PAYMENT} and {_VENDOR} must not be empty")
    key = str(identity) if identity is not None else f"{_PAYMENT}:{sent['payment_id']}"
    return ProxyRequest(
        key=key,
        amount=_amount(document[_AMOUNT]),
        sent=sent,
        invoice_date=_date(document.get(_INVOICE_DATE)),
    )


def _scalar(name: str, value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if value is not None and not isinstance(value, str | int):
        raise WireError("Invalid input", f"{name} is neither text nor number")
    if isinstance(value, str) and ("\x00" in value or len(value) > 500):
        raise WireError("Invalid input", f"{name} is too long or has a NUL")
    return value


def _amount(value: Any) -> Decimal:
    try:
        amount = read_amount(value)
    except MoneyError as error:
        raise WireError("Invalid input", str(error)) from None
    if not 0 < amount <= MAX_AMOUNT:
        raise WireError("Invalid input", "the amount is out of range")
    return amount


def _date(value: Any) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise WireError("Invalid input", f"{_INVOICE_DATE} is no date") from None


def token_in(document: Mapping[str, Any]) -> str:
    """Return the token in a body, or an empty text."""
    token = document.get(TOKEN_FIELD)
    return token if isinstance(token, str) else ""


def acknowledged_payment(document: Mapping[str, Any]) -> Any:
    """Return the payment that is acknowledged, as it was sent.

    :raises WireError: the body does not name it.
    """
    payment = document.get("payment_id") or document.get(_PAYMENT)
    if not payment or not isinstance(payment, str | int):
        raise WireError("Missing payment_id", "")
    return payment


def issued_body(
    sent: Mapping[str, Any], amount: Decimal, expiry: tuple[int | None, int | None]
) -> dict[str, Any]:
    """Return the body that reports a card, without its number.

    :param sent: as of :class:`ProxyRequest`.
    :param expiry: month and year; None if the issuer has not reported them.
    """
    month, year = expiry
    return {
        "_model": _MODEL,
        "_id": sent.get("_id"),
        STATUS_FIELD: OK,
        MONTH_FIELD: f"{month:02d}" if month else None,
        YEAR_FIELD: f"{year:04d}" if year else None,
        "payment_id": sent.get("payment_id"),
        "amount": f"{amount:.2f}",
        "hauler_name": sent.get("hauler_name"),
        "employee": sent.get("employee"),
        "invoice_number": sent.get("invoice_number"),
    }


def with_card(body: Mapping[str, Any], secret: CardSecret) -> dict[str, Any]:
    """Return the body in the old format: with number and code. Never store it."""
    return {
        **body,
        NUMBER_FIELD: secret.reveal_number(),
        MONTH_FIELD: f"{secret.expiry_month:02d}",
        YEAR_FIELD: f"{secret.expiry_year:04d}",
        CODE_FIELD: secret.reveal_security_code(),
    }


def error_body(sent: Mapping[str, Any], status: int, error: str) -> dict[str, Any]:
    """Return the body that reports a request without a card."""
    return {"_model": _MODEL, "_id": sent.get("_id"), STATUS_FIELD: status, "error": error}


def refusal_body(
    sent: Mapping[str, Any], answer: Answer, http_status: int | None
) -> dict[str, Any]:
    """Return the body that reports a request rejected by WEX, in WEX's own words if it gave any.

    :param http_status: of WEX's answer, None if WEX was not called.
    """
    error = answer.data.get("detail") or answer.error_message or answer.error_code or ""
    return error_body(sent, error_status(http_status), error)


def no_answer_body(sent: Mapping[str, Any], message: str) -> dict[str, Any]:
    """Return the body that reports a request with unknown outcome."""
    return {**error_body(sent, NO_ANSWER, "Wex API request failed"), "message": message}


def error_status(http_status: int | None) -> int:
    """Return the status for a request rejected by WEX: WEX's own if it is an error status."""
    return http_status if http_status and 400 <= http_status <= 599 else INVALID


@dataclass(frozen=True, slots=True)
class ReceivedCard:
    """A delivery as another Odoo receives it; secrets are separate from what may be stored.

    :param body: without number and code.
    :param secret: None if the sender does not send them.
    """

    delivery_id: str
    body: Mapping[str, Any]
    secret: CardSecret | None

    @property
    def is_issued(self) -> bool:
        """Return whether there is a card; otherwise the delivery reports an error."""
        return self.body.get(STATUS_FIELD) == OK and "error" not in self.body


def read_delivery(body: bytes) -> ReceivedCard:
    """Read a delivery of another Odoo or the old proxy.

    :raises ValueError: it is not a delivery; the text contains nothing of the body.
    """
    document = read_document(body)
    delivery_id = document.get(DELIVERY_FIELD)
    if not isinstance(delivery_id, str) or not delivery_id:
        raise WireError("Invalid input", f"{DELIVERY_FIELD} is missing")
    number = document.pop(NUMBER_FIELD, None)
    code = document.pop(CODE_FIELD, None)
    secret = None
    if number:
        try:
            month, year = int(document[MONTH_FIELD]), int(document[YEAR_FIELD])
            secret = CardSecret(str(number), str(code) if code else None, month, year)
        except (KeyError, TypeError, ValueError):
            raise WireError("Invalid input", "the card is unreadable") from None
    return ReceivedCard(delivery_id, document, secret)
