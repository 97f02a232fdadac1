"""Requests to Clover and its answers, as frozen dataclasses.

Amounts are integers of minor units unless they are :class:`Money`; times end in ``_ms``
(milliseconds) or ``_at`` (seconds), both since 1970 in UTC. Words that Clover may add (a status, a
brand, a result) are kept as received: an unknown one is accepted and means "not successful".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.redaction import contains_pan
from odoo.addons.fusion_payment_common.lib.stored import Stored

#: "Create a charge", docs.clover.com: at most 12 letters and digits, spaces inside allowed.
_EXTERNAL_REFERENCE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ]{0,10}[A-Za-z0-9])?")
#: "Ecommerce API error codes", docs.clover.com: ``amount_too_large`` above 999,999.99.
MAX_CHARGE_MINOR = 99_999_999
#: Amounts are in cents: "Create a charge", docs.clover.com, which does not mention currencies with
#: no or three decimals.
CURRENCY_DIGITS = 2
#: Who typed the card: ``ecomind``, "Create a charge", docs.clover.com.
ECOMINDS = ("ecom", "moto", "retail")
#: Words for a refund that is done, "Get all refunds", docs.clover.com; without a word, Clover lists
#: only refunds that are done.
_REFUND_DONE = ("", "SUCCESS")
_REFUND_FAILED = ("FAIL", "VOIDED")
#: ``reason`` of "Create a refund", docs.clover.com.
REFUND_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def check_external_reference(reference: str | None) -> None:
    """Refuse a reference that Clover would reject.

    :raises ConfigurationError: unless it is absent or fits Clover's 12 characters.
    """
    if reference and not _EXTERNAL_REFERENCE.fullmatch(reference):
        raise ConfigurationError(
            "an external reference has at most 12 letters and digits",
            code="invalid_external_reference",
        )


def check_amount(amount: Money) -> None:
    """Refuse an amount that Clover would reject or read differently from us.

    :raises ConfigurationError: unless it is positive, has two decimals and is within the limit.
    """
    if amount.digits != CURRENCY_DIGITS:
        raise ConfigurationError(
            f"Clover cannot be used with {amount.currency}: it has no two decimals",
            code="unsupported_currency",
        )
    if not 0 < amount.minor <= MAX_CHARGE_MINOR:
        raise ConfigurationError("the amount is out of range", code="invalid_amount")


@dataclass(frozen=True, slots=True)
class StoredCredentials(Stored):
    """Why a saved card is used; "Card on file", docs.clover.com.

    :param sequence: ``FIRST`` or ``SUBSEQUENT``.
    :param initiator: ``MERCHANT`` or ``CARDHOLDER``.
    """

    sequence: str
    initiator: str
    is_scheduled: bool = False


@dataclass(frozen=True, slots=True)
class ChargeRequest(Stored):
    """A charge to be made.

    :param amount: includes tax, not the tip.
    :param source: a ``clv_`` token or a customer id; never a card number.
    :param external_reference_id: at most 12 letters and digits; identifies the payment.
    :param capture: False to authorize only.
    :param ecomind: ``ecom`` (the shopper typed the card) or ``moto`` (staff did).
    :param client_ip: the shopper's address; Clover documents it as required.
    :param tip: added on top of ``amount``.
    :param own_surcharge: minor units of ``amount`` that are our own surcharge; Clover must then
        not add one.
    :param quoted_first6: the first digits of the card for which that surcharge was quoted.
    :raises ConfigurationError: on anything Clover would reject.
    """

    amount: Money
    source: str
    external_reference_id: str | None = None
    description: str | None = None
    capture: bool = True
    ecomind: str = "ecom"
    receipt_email: str | None = None
    client_ip: str | None = None
    tip: Money | None = None
    stored_credentials: StoredCredentials | None = None
    own_surcharge: int = 0
    quoted_first6: str | None = None

    def __post_init__(self) -> None:
        check_amount(self.amount)
        check_external_reference(self.external_reference_id)
        if not self.source or contains_pan(self.source):
            raise ConfigurationError("the source is not a token", code="invalid_source")
        if contains_pan(self.description or ""):
            raise ConfigurationError("the description holds a card number", code="card_number")
        if self.ecomind not in ECOMINDS:
            raise ConfigurationError("unknown kind of entry", code="invalid_ecomind")
        if self.tip is not None and (
            self.tip.currency != self.amount.currency or self.tip.minor < 0
        ):
            raise ConfigurationError("the tip does not fit the amount", code="invalid_tip_amount")


@dataclass(frozen=True, slots=True)
class Charge(Stored):
    """A charge as Clover reports it. ``id`` is also the id of the platform payment.

    :param status: Clover's word in lower case (``succeeded``, ``pending``, ``failed``, ...);
        ``raw_status`` is the word as received.
    :param currency: ISO code in upper case.
    :param additional_charges: sum of what Clover added, e.g. its surcharge.
    :param source_id: the token or card handle that was charged.
    """

    id: str
    amount: int
    currency: str
    status: str
    paid: bool = False
    captured: bool = False
    auth_code: str | None = None
    ref_num: str | None = None
    brand: str | None = None
    first6: str | None = None
    last4: str | None = None
    exp_month: str | None = None
    exp_year: str | None = None
    order_id: str | None = None
    external_reference_id: str | None = None
    created_ms: int | None = None
    amount_refunded: int = 0
    refunded: bool = False
    additional_charges: int = 0
    tip_amount: int = 0
    tax_amount: int = 0
    failure_code: str | None = None
    raw_status: str = ""
    source_id: str | None = None

    @property
    def total(self) -> int:
        """Return the total taken from the card: amount, tip and Clover's additions."""
        return self.amount + self.tip_amount + self.additional_charges


@dataclass(frozen=True, slots=True)
class Refund(Stored):
    """A referenced refund. ``additional_charges`` is the surcharge refunded with ``amount``."""

    id: str
    amount: int
    charge_id: str
    status: str
    currency: str | None = None
    reason: str | None = None
    external_reference_id: str | None = None
    created_ms: int | None = None
    additional_charges: int = 0
    raw_status: str = ""


@dataclass(frozen=True, slots=True)
class PaymentRefund(Stored):
    """A refund as listed in a platform payment; ``additional_charges`` was refunded with it."""

    id: str
    amount: int
    created_ms: int | None = None
    status: str = ""
    is_voided: bool = False
    additional_charges: int = 0

    @property
    def is_done(self) -> bool:
        """Return False when nothing was refunded, or the outcome is not known yet."""
        return not self.is_voided and self.status in _REFUND_DONE

    @property
    def is_failed(self) -> bool:
        """Return True when nothing was refunded and nothing will be."""
        return self.is_voided or self.status in _REFUND_FAILED


@dataclass(frozen=True, slots=True)
class PlatformRefund(Stored):
    """A refund in the platform's list; ``additional_charges`` was refunded with ``amount``."""

    id: str
    payment_id: str
    amount: int
    created_ms: int
    additional_charges: int = 0
    status: str = ""
    is_voided: bool = False
    device_id: str | None = None
    employee_id: str | None = None

    @property
    def is_done(self) -> bool:
        """Return False when nothing was refunded, or the outcome is not known yet: "Refund" of the
        payments reference, docs.clover.com."""
        return not self.is_voided and self.status in _REFUND_DONE


@dataclass(frozen=True, slots=True)
class Payment(Stored):
    """A payment of the platform interface (``/v3``).

    :param result: ``SUCCESS``, ``FAIL``, ``VOIDED``, ...; see "Rules of reading" of the payments
        reference on docs.clover.com.
    """

    id: str
    amount: int
    result: str
    tip_amount: int = 0
    tax_amount: int = 0
    additional_charges: int = 0
    currency: str | None = None
    created_ms: int | None = None
    modified_ms: int | None = None
    order_id: str | None = None
    device_id: str | None = None
    tender_key: str | None = None
    external_payment_id: str | None = None
    external_reference_id: str | None = None
    offline: bool = False
    card_type: str | None = None
    entry_type: str | None = None
    first6: str | None = None
    last4: str | None = None
    auth_code: str | None = None
    application_id: str | None = None
    application_label: str | None = None
    cvm_result: str | None = None
    reference_id: str | None = None
    transaction_no: str | None = None
    transaction_type: str | None = None
    transaction_state: str | None = None
    void_reason: str | None = None
    void_payment_id: str | None = None
    cardholder_name: str | None = None
    note: str | None = None
    employee_id: str | None = None
    tender_label: str | None = None
    refunds: tuple[PaymentRefund, ...] = ()

    @property
    def charged(self) -> int:
        """Return what the merchant charged, tip included; Clover's additions come on top of it."""
        return self.amount + self.tip_amount

    @property
    def total(self) -> int:
        """Return the total taken from the card."""
        return self.amount + self.tip_amount + self.additional_charges

    @property
    def is_approved(self) -> bool:
        """Return True when the issuer approved and the payment was not voided."""
        return self.result in ("SUCCESS", "AUTH", "AUTH_COMPLETED")

    @property
    def is_pending(self) -> bool:
        """Return True while Clover itself does not know the outcome yet."""
        return self.result in ("INITIATED", "PENDING", "OFFLINE_RETRYING", "VOIDING")

    @property
    def is_failed(self) -> bool:
        """Return True when nothing was taken."""
        return self.result == "FAIL"

    @property
    def is_voided(self) -> bool:
        """Return True when the whole payment was voided before settlement."""
        return self.result == "VOIDED"

    @property
    def returned(self) -> int:
        """Return the refunded amount: all of a voided payment, else the sum of its done refunds."""
        if self.is_voided:
            return self.amount + self.tip_amount
        return sum(refund.amount for refund in self.refunds if refund.is_done)


@dataclass(frozen=True, slots=True)
class Merchant(Stored):
    """``currency`` is the merchant's default; ``country`` is ISO 3166 alpha-2."""

    id: str
    name: str
    currency: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class MerchantProperties(Stored):
    """The settings of a merchant that matter for payments."""

    default_currency: str | None
    locale: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Gateway(Stored):
    """The merchant's processor. ``closing_time`` is when its batch closes, as Clover writes it."""

    account_name: str | None = None
    payment_gateway_api: str | None = None
    closing_time: str | None = None
    supports_multi_pay_token: bool = False
    supports_tip_adjust: bool = False
    supports_tipping: bool = False
    supports_naked_credit: bool = False

    @property
    def is_real_processor(self) -> bool:
        """Return False for ``blackhole``, which approves without moving money."""
        return self.payment_gateway_api != "blackhole"


@dataclass(frozen=True, slots=True)
class PaymentConfigs(Stored):
    """Clover's own surcharge program; ``surcharge_rate`` is a fraction as text (``'0.024'``)."""

    surcharge_supported: bool = False
    surcharge_rate: str | None = None


@dataclass(frozen=True, slots=True)
class Customer(Stored):
    """A customer of the Ecommerce interface; ``source_ids`` are saved cards."""

    id: str
    email: str | None = None
    name: str | None = None
    source_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenPair:
    """OAuth tokens; they never show in a repr. Expiries in unix seconds, 0 = does not expire.

    The refresh token is empty for a legacy token, which cannot be renewed.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires_at: int
    refresh_expires_at: int


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public key with which card fields talk to Clover; not a secret."""

    api_access_key: str
    active: bool
