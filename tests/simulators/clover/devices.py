"""The merchant's payment devices, and the people who stand in front of them."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.ids import digits

#: What a customer may do with the payment on the screen, and what may be wrong with the device.
CUSTOMER = ("approve", "decline", "cancel", "partial", "silent")
DEVICE = ("busy", "offline", "asleep")
ISSUES = ("signature", "duplicate", "offline")
#: Model and type of the products that are known by them.
_MODELS = {
    "Flex 4": ("Clover_C406", "FIGTREE"),
    "Mini 3": ("Clover_C302", "MAPLECUT"),
    "Station": ("Clover_C100", "GOLDLEAF"),
}


@dataclass(frozen=True)
class Script:
    """What happens with the next payments, until told otherwise.

    ``after_s`` seconds after a payment shows; ``tip_amount`` and (partial approval) ``amount`` in
    minor units; ``card`` is a test card's number or ``INTERAC``; ``issues`` are what
    the answer warns of. ``retry``: after a declined card the device offers another try.
    ``receipt`` is what the customer chooses, ``address`` where to.
    """

    action: str = "approve"
    after_s: float = 0.0
    card: str = "4242424242424242"
    tip_amount: int = 0
    amount: int = 0
    issues: tuple[str, ...] = ()
    retry: bool = False
    receipt: str = ""
    address: str = ""


@dataclass
class Activity:
    """What is on the screen: a payment, refund or credit that waits for the customer."""

    kind: str
    amount: int
    since_ms: int
    reference: str | None
    decision: asyncio.Future[Script] = field(repr=False)

    def decide(self, script: Script) -> None:
        """End the wait, unless it has ended."""
        if not self.decision.done():
            self.decision.set_result(script)


@dataclass
class Device:
    """A device: ``serial`` is what REST Pay wants, ``id`` what payments refer to.

    ``merchant_id`` is whose it is; empty: of the merchant that the switches name.
    """

    serial: str
    model: str | None
    device_type_name: str | None
    product_name: str
    merchant_id: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    script: Script = field(default_factory=Script)
    activity: Activity | None = None
    screen: str = "welcome"
    needs_finish: bool = False
    link_lost: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    printed: list[dict[str, Any]] = field(default_factory=list)

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

    @property
    def runs_cloud_display(self) -> bool:
        """Cloud Pay Display runs on Flex, Mini and Compact only."""
        return not {"Flex", "Mini", "Compact"}.isdisjoint(self.product_name.split())

    def control_json(self) -> dict[str, Any]:
        """The device in the control interface."""
        shown = self.activity
        return {
            "serial": self.serial,
            "id": self.id,
            "product": self.product_name,
            "merchant_id": self.merchant_id,
            "action": self.script.action,
            "after_s": self.script.after_s,
            "screen": shown.kind if shown else self.screen,
            "on_screen": shown
            and {
                "kind": shown.kind,
                "amount": shown.amount,
                "reference": shown.reference,
                "since_ms": shown.since_ms,
            },
            "printed": self.printed,
        }

    def follow(self, script: Script) -> None:
        """Behave like that from now on; a payment that is on the screen is dealt with as well."""
        self.script = script
        if script.action in ("offline", "asleep"):
            # Whoever waits for the device hears nothing more; what is on its screen goes on.
            self.link_lost.set()
            self.link_lost = asyncio.Event()
        elif self.activity is not None:
            self.act_on(self.activity)

    def act_on(self, activity: Activity) -> None:
        """Let the customer do what the script says, when its time has come."""
        script = self.script
        if script.action in CUSTOMER and script.action != "silent":
            asyncio.get_running_loop().call_later(script.after_s, self._act, activity, script)

    def _act(self, activity: Activity, script: Script) -> None:
        # A customer who was told otherwise meanwhile does not act on the older script.
        if self.script is script:
            activity.decide(script)


def devices_of(kinds: Mapping[str, str]) -> list[Device]:
    """A new device of each product; the serial numbers begin as the kinds say."""
    return [
        Device(f"{begin}{digits(8)}", *_MODELS.get(product, (None, None)), product)
        for product, begin in kinds.items()
    ]
