"""Read everything about a merchant that the provider's form shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from odoo.addons.fusion_payment_common.lib.errors import RequestRejectedError

from .client import CloverClient
from .types import Gateway, Merchant, MerchantProperties, PaymentConfigs

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MerchantFacts:
    """Facts about a merchant. None: the app may not read it, which is not an error."""

    merchant: Merchant
    properties: MerchantProperties | None
    gateway: Gateway | None
    configs: PaymentConfigs | None


def read_facts(client: CloverClient) -> MerchantFacts:
    """Read the merchant's facts from Clover.

    :raises GatewayError: Clover cannot be reached, or not even the merchant can be read.
    """
    return MerchantFacts(
        merchant=client.merchants.retrieve(),
        properties=_readable(client.merchants.properties),
        gateway=_readable(client.merchants.gateway),
        configs=_readable(client.merchants.payment_configs),
    )


def _readable(read: Callable[[], T]) -> T | None:
    """Return the result of ``read``, or None if the app may not read it."""
    try:
        return read()
    except RequestRejectedError:
        return None
