"""A terminal as the tests know it: its customer, told through the simulator's control."""

from typing import Any

from tests.simulators.core import contract

from .clover import Clover
from .site import Site

PAYMENTS = "/connect/v1/payments"
_THANKS = "/connect/v1/device/thank-you"
#: A call that puts something on a screen.
_SHOWING = ("/payments", "/refunds", "/credits")

#: How often Odoo has called under a key, and whether the answer to the last call is still to come.
_SENT = """
    SELECT count(*) AS calls,
           coalesce(bool_or(attempt.outcome IS NULL AND attempt.number = (
               SELECT max(other.number) FROM fusion_operation_attempt other
                WHERE other.operation_id = attempt.operation_id)), false) AS unanswered
      FROM fusion_operation_attempt attempt
      JOIN fusion_operation operation ON operation.id = attempt.operation_id
     WHERE operation.idempotency_key = %s AND attempt.action IN ('call', 'repeat')
"""


class Terminals:
    """The devices of the merchant, as Odoo knows them from Clover."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.clover: Clover = site.clover
        #: Serial number of the company's default.
        self.default = ""

    def sync(self) -> None:
        """Have the administrator press *Sync Terminals* and choose a default."""
        admin = self._site.admin
        admin.call("payment.provider", "action_clover_sync_terminals", [self._site.provider_id])
        (chosen,) = self._rows(1)
        self.default = chosen["serial"]
        admin.call("clover.terminal", "action_make_default", [chosen["id"]])

    def at_least(self, count: int) -> list[dict[str, Any]]:
        """That many terminals: ``id`` and ``serial``. The merchant gets more where that can be had.

        Skips the test where a foreign origin has too few.
        """
        self.clover.has("POST", "devices", {"count": count})
        self.sync()
        return self._rows(count)

    def add_for(self, merchant_id: str) -> str:
        """Another device, of this merchant; its serial number."""
        asked = {"count": 1, "merchant_id": merchant_id}
        devices = self.clover.private("POST", "devices", asked)
        (serial,) = [one["serial"] for one in devices if one["merchant_id"] == merchant_id]
        return serial

    def tell(self, serial: str, action: str, **fields: Any) -> None:
        """What the customer does, or what is wrong, from now on.

        Skips the test where a foreign origin cannot be told more than the contract says.
        """
        command = {"action": action, **fields}
        ask = self.clover.call if contract.has_command(command) else self.clover.private
        ask("POST", f"devices/{serial}", command)

    def can_be_told(self, serial: str, action: str, **fields: Any) -> bool:
        """Tell it if that is possible; False where a foreign origin cannot be told that."""
        return self.clover.has("POST", f"devices/{serial}", {"action": action, **fields})

    def shows(self, serial: str) -> dict[str, Any] | None:
        """The payment on its screen, if any, with its ``amount``.

        A foreign origin is not asked: something is on the screen once Clover has the call, and
        until Odoo has the answer.
        """
        if not self.clover.is_foreign:
            return self.clover.private("GET", f"devices/{serial}")["on_screen"]
        calls = [call for call in self._calls(serial) if call["path"].endswith(_SHOWING)]
        if not calls:
            return None
        key = calls[-1]["headers"].get("idempotency-key")
        arrived = sum(call["headers"].get("idempotency-key") == key for call in calls)
        (sent,) = self._site.database.rows(_SENT, key)
        is_shown = sent["unanswered"] and arrived >= sent["calls"]
        return calls[-1]["body"] if is_shown else None

    def thanks(self, serial: str) -> int:
        """How often it was told to say thank you."""
        return sum(call["path"] == _THANKS for call in self._calls(serial))

    def printed(self, serial: str) -> list[dict[str, Any]]:
        """The receipts that it has printed (private)."""
        return self.clover.private("GET", f"devices/{serial}")["printed"]

    def _calls(self, serial: str) -> list[dict[str, Any]]:
        return [
            call
            for call in self.clover.journal("POST")
            if call["headers"].get("x-clover-device-id") == serial
        ]

    def _rows(self, count: int) -> list[dict[str, Any]]:
        domain = [["reach", "!=", "local"], ["provider_id", "=", self._site.provider_id]]
        rows = self._site.admin.call(
            "clover.terminal", "search_read", domain, ["serial"], limit=count
        )
        if len(rows) < count:
            self.clover.cannot(f"{count} terminals are needed, the merchant has {len(rows)}")
        return rows
