"""All that is told about a merchant on the provider's form, read in one go."""

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
    """What the app may not read is None; that does not make a connection wrong."""

    merchant: Merchant
    properties: MerchantProperties | None
    gateway: Gateway | None
    configs: PaymentConfigs | None


def read_facts(client: CloverClient) -> MerchantFacts:
    """Ask Clover about the merchant.

    :raises GatewayError: Clover cannot be reached, or not even the merchant can be read.
    """
    return MerchantFacts(
        merchant=client.merchants.retrieve(),
        properties=_readable(client.merchants.properties),
        gateway=_readable(client.merchants.gateway),
        configs=_readable(client.merchants.payment_configs),
    )


def _readable(read: Callable[[], T]) -> T | None:
    """What ``read`` returns, None where the app may not read it."""
    try:
        return read()
    except RequestRejectedError:
        return None
