"""Credits given by devices, read only: "Get all credits", docs.clover.com."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from odoo.addons.fusion_payment_common.lib.errors import NotFoundError

from .gateway_calls import MerchantCalls, path_id
from .reading import Reader

#: Most milliseconds by which a device's clock, which filters this list, may be wrong
#: (``clientCreatedTime``; "Get all credits", docs.clover.com).
DEVICE_CLOCK_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Credit:
    """Money given to a card without a payment. ``amount`` in minor units."""

    id: str
    amount: int
    created_ms: int | None = None
    device_ref: str | None = None
    voided: bool = False


class Credits:
    """Clover's booked credits."""

    def __init__(self, calls: MerchantCalls) -> None:
        self._calls = calls

    def retrieve(self, credit_id: str) -> Credit:
        """Return one credit.

        :raises NotFoundError: Clover does not know it.
        """
        document = self._calls.platform(f"/credits/{path_id(credit_id, 'credit id')}")
        return _read(Reader(document, "the credit"))

    def are_shown(self) -> bool:
        """Return whether Clover shows the merchant's credits at all."""
        try:
            self._calls.platform("/credits", params={"limit": 1})
        except NotFoundError:
            return False
        return True

    def list_made(self, amount: int, since_ms: int) -> Iterator[Credit]:
        """Yield every credit of this amount made since then, and those without a known time.

        :param amount: minor units.
        :param since_ms: unix milliseconds.
        """
        filters = (f"amount={int(amount)}", f"clientCreatedTime>={since_ms - DEVICE_CLOCK_MS}")
        for row in self._calls.pages("/credits", [("filter", one) for one in filters]):
            credit = _read(row)
            is_late_enough = credit.created_ms is None or credit.created_ms >= since_ms
            # Check again in case a server ignores the filters: the credit might not be ours.
            if credit.amount == amount and is_late_enough:
                yield credit


def _read(reader: Reader) -> Credit:
    device = reader.child("device")
    return Credit(
        id=reader.required_text("id"),
        amount=reader.required_integer("amount"),
        created_ms=reader.integer("createdTime"),
        device_ref=device.text("id") or reader.child("deviceRef").text("id"),
        voided=reader.flag("voided"),
    )
