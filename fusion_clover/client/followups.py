"""What can be asked of a charge that exists: give it back, or capture what it holds."""

from __future__ import annotations

from dataclasses import dataclass

from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.stored import Stored

from .types import check_amount, check_external_reference


@dataclass(frozen=True, slots=True)
class RefundRequest(Stored):
    """A refund to be made; a void is a refund of all that was authorized.

    :param amount: what goes back to the card; a surcharge goes back with it at Clover.
    :param whole: whether that is everything that was charged, which Clover may carry out as a void.
    :param external_reference_id: at most 12 letters and digits; the refund is recognized by it.
    :param known_refund_ids: refunds of the charge that existed before this one was begun.
    :raises ConfigurationError: on anything Clover would refuse.
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
    :raises ConfigurationError: on an amount Clover would refuse.
    """

    charge_id: str
    amount: Money
    client_ip: str | None = None

    def __post_init__(self) -> None:
        check_amount(self.amount)
