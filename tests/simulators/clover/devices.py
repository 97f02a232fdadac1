"""The merchant's payment devices."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from ..core.ids import digits


@dataclass
class Device:
    """A device: ``serial`` is what REST Pay wants, ``id`` what payments refer to."""

    serial: str
    model: str
    device_type_name: str
    product_name: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def as_json(self, merchant_id: str) -> dict[str, Any]:
        """The device in the platform's list."""
        return {
            "id": self.id,
            "name": None,
            "model": self.model,
            "deviceTypeName": self.device_type_name,
            "productName": self.product_name,
            "serial": self.serial,
            "merchant": {"id": merchant_id},
        }


def default_devices() -> list[Device]:
    """A Flex and a Mini, which can run Cloud Pay Display, and a Station, which cannot."""
    return [
        Device(f"C046UG{digits(8)}", "Clover_C406", "FIGTREE", "Flex 4"),
        Device(f"C032UQ{digits(8)}", "Clover_C302", "MAPLECUT", "Mini 3"),
        Device(f"C010UC{digits(8)}", "Clover_C100", "GOLDLEAF", "Station"),
    ]
