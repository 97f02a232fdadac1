"""A bare HTTP driver of the WEX simulator for tests: no product code, no cleverness."""

from typing import Any

import requests

from .logs import BASE
from .switches import DEFAULT_PASSWORD, DEFAULT_USER

_TIMEOUT_S = 20


class WexDriver:
    """One user; methods named after verbs return the raw ``requests`` response."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.auth: tuple[str, str] | None = (DEFAULT_USER, DEFAULT_PASSWORD)

    def send(self, method: str, path: str = "", **options: Any) -> requests.Response:
        """A call below the collection."""
        return requests.request(
            method, f"{self.origin}{BASE}{path}", auth=self.auth, timeout=_TIMEOUT_S, **options
        )

    def create(self, amount: Any = 150, reference: str = "PAY-001", **more: Any):
        """A create as the old proxy sent it, with ``more`` fields; None takes one out."""
        body = {
            "merchant_code": "*",
            "total_amount": amount,
            "user_defined_fields": ["Acme Hauling LLC", reference],
            "invoices": [
                {
                    "invoice_number": "INV12345",
                    "invoice_date": "2025-08-19T00:00:00Z",
                    "total_amount": amount,
                }
            ],
        } | more
        body = {name: value for name, value in body.items() if value is not None}
        return self.send("POST", json=body)

    def made(self, amount: Any = 150, reference: str = "PAY-001", **more: Any) -> dict[str, Any]:
        """The body of a create that succeeded."""
        response = self.create(amount, reference, **more)
        assert response.status_code == 200, response.text
        return response.json()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the control interface that must succeed."""
        response = requests.request(
            method, f"{self.origin}/_sim/{path}", json=body, timeout=_TIMEOUT_S
        )
        assert response.status_code == 200, response.text
        return response.json()

    def act(self, card: str, action: str, **more: Any) -> Any:
        """What a vendor or an approver does; returns the result."""
        return self.control("POST", f"cards/{card}", {"action": action, **more})["result"]

    def fault(self, name: str, *, method: str = "POST", path: str = BASE, **rule: Any) -> None:
        """Let the next matching call go wrong."""
        match = {"method": method, "path": path}
        self.control("POST", "faults", [{"match": match, "fault": name, "count": 1, **rule}])

    def moved(self) -> list[tuple[str, int]]:
        """``(kind, amount)`` of everything that really happened."""
        return [(effect["kind"], effect["amount"]) for effect in self.control("GET", "ledger")]

    def calls(self, method: str) -> list[dict[str, Any]]:
        """The journal's calls of one method."""
        return self.control("GET", f"requests?method={method}")
