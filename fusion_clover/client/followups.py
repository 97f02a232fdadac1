"""Requests about an existing charge: refund it, or capture its authorization."""

from __future__ import annotations

from dataclasses import dataclass

from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.stored import Stored

from .types import check_amount, check_external_reference


@dataclass(frozen=True, slots=True)
class RefundRequest(Stored):
    """A refund to be made; a void is a refund of all that was authorized.

    :param amount: amount returned to the card; Clover refunds a surcharge with it.
    :param whole: whether that is everything that was charged, which Clover may turn into a void.
    :param external_reference_id: at most 12 letters and digits; identifies the refund.
    :param known_refund_ids: refunds of the charge that existed before this one was started.
    :raises ConfigurationError: on anything Clover would reject.
    """

    charge_id: str
    amount: Money
    whole: bool
    external_reference_id: str | None = None
    reason: str | None = None
    known_refund_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_amount(self.amount)
        check_external_reference(self.external_reference_id)


@dataclass(frozen=True, slots=True)
class CaptureRequest(Stored):
    """A capture to be made: all that was authorized, or ``amount`` of it.

    :param client_ip: the shopper's address; Clover documents it as required.
    :raises ConfigurationError: on an amount Clover would reject.
    """

    charge_id: str
    amount: Money
    client_ip: str | None = None

    def __post_init__(self) -> None:
        check_amount(self.amount)
