"""What is asked of the provider and what it answers; amounts in minor units, or :class:`Money`."""

from __future__ import annotations

from dataclasses import dataclass

from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.stored import Stored


@dataclass(frozen=True, slots=True)
class ChargeRequest(Stored):
    """A charge of a card. Kept with the operation, so that it can be sent again unchanged.

    :param source: token of the provider's card form, never a card number.
    :param reference: ours; a charge whose answer was lost is found by it.
    """

    amount: Money
    source: str
    reference: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge as the provider has it. ``status`` is kept as it came: unknown words are no success.

    "The charge object", docs.example.com: ``succeeded``, ``pending``, ``failed``.
    """

    id: str
    amount: int
    currency: str
    status: str
