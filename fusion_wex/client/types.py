"""Requests to an issuer of virtual cards and its answers; no vendor's field names.

Amounts are Decimals in currency units with two places. Times are aware and in UTC.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NoReturn

from odoo.addons.fusion_payment_common.lib.cards import mask
from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.stored import Stored

from .amounts import check_amount, check_places

_PAN = re.compile(r"[0-9]{12,19}")
_CODE = re.compile(r"[0-9]{3,4}")
_CURRENCY = re.compile(r"[A-Z]{3}")
#: Characters that every transport, log and search field keeps unchanged.
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/#\-]{0,63}")


class CardStatus(StrEnum):
    """Status of a card at its issuer."""

    AWAITING_APPROVAL = "awaiting_approval"
    OPEN = "open"
    SETTLED = "settled"
    CLOSED = "closed"
    EXPIRED = "expired"
    ERROR = "error"
    UNKNOWN = "unknown"

    @property
    def is_usable(self) -> bool:
        """Return True while a vendor could charge the card."""
        return self is CardStatus.OPEN


class CardSecret:
    """Number and code of a card. Every printed form shows only its last four digits.

    It cannot be pickled, copied or turned into JSON; only two named methods give access.

    :param number: the whole card number, 12 to 19 digits.
    :param security_code: 3 or 4 digits; None if the issuer does not show it (any more).
    :param expiry_month: 1 to 12.
    :param expiry_year: four digits.
    :raises ValueError: on anything else; the message does not contain the value.
    """

    __slots__ = ("__code", "__number", "expiry_month", "expiry_year")

    def __init__(
        self, number: str, security_code: str | None, expiry_month: int, expiry_year: int
    ) -> None:
        if not isinstance(number, str) or not _PAN.fullmatch(number):
            raise ValueError("a card number has 12 to 19 digits")
        is_code = security_code is None or (
            isinstance(security_code, str) and _CODE.fullmatch(security_code)
        )
        if not is_code:
            raise ValueError("a security code has 3 or 4 digits")
        if not (1 <= expiry_month <= 12 and 2000 <= expiry_year <= 9999):
            raise ValueError("the expiry is no month of a year")
        self.__number = number
        self.__code = security_code
        self.expiry_month = expiry_month
        self.expiry_year = expiry_year

    @property
    def last4(self) -> str:
        """Return the last four digits, which may be shown."""
        return self.__number[-4:]

    def reveal_number(self) -> str:
        """Return the number. Only for the vault, a recorded reveal or a delivery in old format."""
        return self.__number

    def reveal_security_code(self) -> str | None:
        """Return the security code, under the same rule; None if it is not known."""
        return self.__code

    def __repr__(self) -> str:
        return f"<CardSecret {mask(self.last4)}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    # Defining __eq__ without __hash__ also makes it unhashable: it cannot be a key or in a set.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CardSecret):
            return NotImplemented
        same = hmac.compare_digest(self.__number, other.__number)
        same &= hmac.compare_digest(self.__code or "", other.__code or "")
        mine = (self.expiry_month, self.expiry_year)
        return same and mine == (other.expiry_month, other.expiry_year)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("card data is neither pickled nor copied")


@dataclass(frozen=True, slots=True)
class InvoiceLine(Stored):
    """A bill that a card pays, fully or partly.

    :param invoice_date: the bill's own date, not the day it is paid.
    :param amount: what this card pays of it; negative for a credit note.
    :raises ConfigurationError: without a number, or with fractions of a cent.
    """

    number: str
    invoice_date: date
    amount: Decimal
    description: str | None = None

    def __post_init__(self) -> None:
        if not self.number.strip():
            raise ConfigurationError("a bill has no number", code="invalid_invoice")
        check_places(self.amount, "the amount of a bill")


@dataclass(frozen=True, slots=True)
class CardRequest(Stored):
    """A card to be issued.

    :param reference: our name of this one issue; never reused, not even for a reissue. It is used
        to look up an unknown outcome.
    :param amount: the total that the vendor may charge.
    :param merchant_code: the vendor's key at the issuer; None: the account's.
    :param payment_name: the payment's name for people.
    :param valid_from: first day on which the card works, None for at once.
    :param valid_until: last day on which the card works.
    :param max_uses: authorisations allowed, None for any number.
    :param exact_amount: only the whole amount may be authorised.
    :param delivery_email: where the issuer itself sends the card, None for nowhere.
    :raises ConfigurationError: on anything no issuer could accept.
    """

    reference: str
    amount: Decimal
    currency: str
    vendor_name: str
    invoices: tuple[InvoiceLine, ...] = ()
    merchant_code: str | None = None
    payment_name: str | None = None
    memo: str | None = None
    employee: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    max_uses: int | None = None
    exact_amount: bool = False
    delivery_email: str | None = None

    def __post_init__(self) -> None:
        if not _REFERENCE.fullmatch(self.reference):
            raise ConfigurationError(
                "the reference is empty, too long or has unusual characters",
                code="invalid_reference",
            )
        if not _CURRENCY.fullmatch(self.currency):
            raise ConfigurationError("the currency is no ISO code", code="invalid_currency")
        if not self.vendor_name.strip():
            raise ConfigurationError("the vendor has no name", code="invalid_vendor")
        check_amount(self.amount)
        if self.invoices and sum(line.amount for line in self.invoices) != self.amount:
            raise ConfigurationError(
                "the bills do not add up to the amount of the card", code="invoices_differ"
            )
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ConfigurationError("the card ends before it begins", code="invalid_validity")
        if self.max_uses is not None and self.max_uses < 1:
            raise ConfigurationError("a card is used at least once", code="invalid_uses")

    @property
    def controls(self) -> frozenset[str]:
        """Return the names of the controls this request needs; none may be left out silently."""
        wanted = {
            "valid_from": self.valid_from is not None,
            "valid_until": self.valid_until is not None,
            "max_uses": self.max_uses is not None,
            "exact_amount": self.exact_amount,
            "delivery_email": self.delivery_email is not None,
        }
        return frozenset(name for name, is_wanted in wanted.items() if is_wanted)


@dataclass(frozen=True, slots=True)
class VirtualCard(Stored):
    """A card as its issuer reports it, without secrets.

    :param id: the issuer's id of the payment; empty if the issuer has not reported it yet.
    :param reference: our reference as the issuer has it.
    :param raw_status: the issuer's own word.
    :param amount: the requested amount, :param credit_limit: what the card can be charged.
    :param last4: None while there is no card (approval) or if the issuer hides it.
    :param is_simulated: True for a card that exists only in test mode.
    """

    id: str
    status: CardStatus
    raw_status: str = ""
    reference: str | None = None
    amount: Decimal | None = None
    credit_limit: Decimal | None = None
    currency: str | None = None
    merchant_code: str | None = None
    last4: str | None = None
    expiry_month: int | None = None
    expiry_year: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    created_at: datetime | None = None
    is_simulated: bool = False

    @property
    def limit(self) -> Decimal | None:
        """Return what can be charged: the limit, or the amount if no limit is reported."""
        return self.credit_limit if self.credit_limit is not None else self.amount


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """The answer to a create: the card, and its number if the issuer sent it.

    ``secret`` is None when the issuer does not show it (it mails the vendor), or when this card was
    found by a look-up after a lost answer.
    """

    card: VirtualCard
    secret: CardSecret | None


@dataclass(frozen=True, slots=True)
class Authorization(Stored):
    """A vendor's attempt to charge a card; it has not paid anything.

    :param amount: positive; for a reversal, the amount released.
    :param result: ``approved``, ``declined`` or ``reversed``; ``unknown`` for another word.
    :param response: the issuer's own word.
    """

    id: str
    card_id: str
    amount: Decimal
    result: str
    response: str = ""
    authorized_at: datetime | None = None
    currency: str | None = None
    approval_code: str | None = None
    decline_code: str | None = None
    decline_reason: str | None = None
    merchant_name: str | None = None
    merchant_category: str | None = None


@dataclass(frozen=True, slots=True)
class PostedTransaction(Stored):
    """Money that was paid or returned.

    :param amount: positive when the vendor was paid, negative when it returned money.
    """

    id: str
    card_id: str
    amount: Decimal
    transaction_date: date | None = None
    posting_date: date | None = None
    currency: str | None = None
    kind: str | None = None
    merchant_name: str | None = None

    @property
    def is_credit(self) -> bool:
        """Return True when the vendor returned money."""
        return self.amount < 0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an issuer, as it is configured, supports.

    :param controls: names as in :attr:`CardRequest.controls`.
    :param reveals_later: number and code can be read again after the create.
    :param resends: it can send a card to the vendor again.
    :param absence_after_s: seconds after a create from which "not found" proves that it never
        took effect.
    """

    controls: frozenset[str]
    reveals_later: bool
    resends: bool
    absence_after_s: int
