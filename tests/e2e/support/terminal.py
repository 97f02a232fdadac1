"""A terminal as the tests know it: its customer, told through the simulator's control."""

from typing import Any

import requests

from .clover import TIMEOUT, Clover
from .site import Site

PAYMENTS = "/connect/v1/payments"


class Terminals:
    """The devices of the merchant, synchronised into Odoo."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.clover: Clover = site.clover
        self._http = requests.Session()
        self._http.trust_env = False

    def sync(self, *, default: str = "Flex 4") -> None:
        """Have the administrator press *Sync Terminals* and choose a default."""
        admin = self._site.admin
        admin.call("payment.provider", "action_clover_sync_terminals", [self._site.provider_id])
        domain = [["product", "=", default]]
        (found,) = admin.call("clover.terminal", "search", domain, limit=1)
        admin.call("clover.terminal", "action_make_default", [found])

    def serials(self, product: str = "Flex 4") -> list[str]:
        """Serial numbers of the devices of one product, oldest first."""
        return [one["serial"] for one in self.control("GET", "") if one["product"] == product]

    def add(self, count: int) -> None:
        """More Flexes at the merchant."""
        self.control("POST", "", {"count": count})

    def tell(self, serial: str, action: str, **fields: Any) -> None:
        """What the customer does, or what is wrong, from now on."""
        self.control("POST", f"/{serial}", {"action": action, **fields})

    def shows(self, serial: str) -> dict[str, Any] | None:
        """The payment on its screen, if any."""
        return self.control("GET", f"/{serial}")["on_screen"]

    def screen(self, serial: str) -> str:
        """What its screen shows."""
        return self.control("GET", f"/{serial}")["screen"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """The control interface of devices."""
        url = f"{self.clover.origin}/_sim/devices{path}"
        answer = self._http.request(method, url, json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()
