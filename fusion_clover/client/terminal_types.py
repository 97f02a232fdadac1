"""Requests to terminals and their answers, as frozen dataclasses.

Amounts are integers of minor units unless they are :class:`Money`; "Make a sale", "Refund a charge"
and "Issue a credit", docs.clover.com.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.stored import Stored

from .types import Payment, check_amount, check_external_reference

#: Most seconds that Clover lets a device wait for the customer: ``X-Clover-Timeout``,
#: "Make a sale", docs.clover.com.
LONGEST_WAIT = 300
#: What a customer may choose; "Let customers choose receipt delivery", docs.clover.com.
RECEIPT_METHODS = ("NO_RECEIPT", "PRINT", "EMAIL", "SMS")
#: Products on which Cloud Pay Display does not run (they need the local network), and those on
#: which it does; "REST Pay Display overview", docs.clover.com.
LOCAL_ONLY = re.compile(r"\b(station|duo)\b", re.IGNORECASE)
CLOUD = re.compile(r"\b(flex|mini|compact)\b", re.IGNORECASE)
#: ``externalPaymentId``: at most 32 characters; "Make a sale", docs.clover.com.
_EXTERNAL_PAYMENT_ID = re.compile(r"[0-9A-Za-z]{1,32}")


@dataclass(frozen=True, slots=True)
class Device(Stored):
    """A device of the merchant. Calls are addressed to ``serial``; payments name ``id``."""

    id: str
    serial: str
    model: str | None = None
    product: str | None = None
    type_name: str | None = None
    name: str | None = None

    @property
    def reach(self) -> str:
        """Return ``cloud``, ``local`` (Station and Duo: local network only) or ``unknown``.

        Classified by product, then model, then type; an unknown device is not refused.
        """
        for text in (self.product, self.model, self.type_name):
            if text and LOCAL_ONLY.search(text):
                return "local"
            if text and CLOUD.search(text):
                return "cloud"
        return "unknown"


@dataclass(frozen=True, slots=True)
class TerminalPaymentRequest(Stored):
    """A payment to be shown on a device.

    :param amount: tax included, without tip.
    :param external_payment_id: at most 32 letters and digits; identifies the payment.
    :param external_reference_id: at most 12; shown in Clover's dashboard.
    :param wait: seconds the device may wait for the customer, 1 to 300.
    :raises ConfigurationError: on anything Clover would reject.
    """

    amount: Money
    serial: str
    external_payment_id: str
    external_reference_id: str | None = None
    wait: int = 180

    def __post_init__(self) -> None:
        check_amount(self.amount)
        check_external_reference(self.external_reference_id)
        check_wait(self.wait)
        if not _EXTERNAL_PAYMENT_ID.fullmatch(self.external_payment_id):
            raise ConfigurationError(
                "an external payment id has at most 32 letters and digits",
                code="invalid_external_payment_id",
            )


@dataclass(frozen=True, slots=True)
class TerminalRefundRequest(Stored):
    """A refund or credit with the card at the device.

    :param payment_id: the payment to refund; None for a credit without a payment.
    :param whole: all that was paid, which Clover may turn into a void.
    :param void: void the whole payment.
    :param device_ref: id of the device, by which Clover's records name it.
    :param known_refund_ids: refunds of the payment that existed before.
    """

    amount: Money
    serial: str
    payment_id: str | None = None
    whole: bool = False
    void: bool = False
    wait: int = 180
    device_ref: str | None = None
    known_refund_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_amount(self.amount)
        check_wait(self.wait)


@dataclass(frozen=True, slots=True)
class Issues(Stored):
    """Clover's warnings about a payment that was made nevertheless.

    :param partial_of: minor units that were requested, when less was approved.
    :param texts: Clover's texts about them.
    :param signature_svg: the drawing to compare with the card.
    """

    signature: bool = False
    duplicate: bool = False
    offline: bool = False
    partial_of: int | None = None
    texts: tuple[str, ...] = ()
    signature_svg: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the warnings that apply, in the order in which they are shown."""
        flags = ("signature", "duplicate", "offline")
        found = tuple(name for name in flags if getattr(self, name))
        return (*found, "partial") if self.partial_of is not None else found


@dataclass(frozen=True, slots=True)
class TerminalPayment(Stored):
    """A payment as a terminal reports it. It names no currency; only the platform does."""

    payment: Payment
    issues: Issues


@dataclass(frozen=True, slots=True)
class TerminalRefund(Stored):
    """A refund or credit as a terminal reports it."""

    id: str
    amount: int
    created_ms: int | None = None
    payment_id: str | None = None
    voided: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptChoice(Stored):
    """How the customer wants the receipt, and the address if it is sent."""

    method: str
    address: str | None = None


def check_wait(wait: int) -> None:
    """Refuse a wait that Clover would reject.

    :raises ConfigurationError: unless it is from 1 to 300 seconds.
    """
    if not 1 <= wait <= LONGEST_WAIT:
        raise ConfigurationError("a terminal waits 1 to 300 seconds", code="invalid_wait")
