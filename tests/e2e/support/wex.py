"""WEX as the tests know it: the cards that were made, and what their holders do."""

from typing import Any

from .control import TIMEOUT, Control
from .origins import wex_login

COLLECTION = "/api/merchant-logs/v1"


class Wex(Control):
    """Any origin that speaks EnCompass and has the control interface below ``/_sim``."""

    def fault(
        self, name: str, *, method: str = "POST", path: str = COLLECTION, **rule: Any
    ) -> None:
        """Let calls go wrong: those that make cards, unless told otherwise."""
        super().fault(name, method=method, path=path, **rule)

    def issued(self) -> list[dict[str, Any]]:
        """The cards that were made, amounts in cents."""
        return [effect for effect in self.ledger() if effect["kind"] == "card_issue"]

    def number_of(self, wex_id: str) -> str:
        """The number of a card as WEX shows it to the account's program; it may be masked."""
        login = wex_login()
        answer = self.http.get(
            f"{self.origin}{COLLECTION}/{wex_id}",
            auth=(f"{login['organisation']}/{login['username']}", login["password"]),
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        return answer.json()["virtual_card"]["number"]

    def act(self, card: str, action: str, **more: Any) -> None:
        """What a vendor or an approver does with a card (private)."""
        self.private("POST", f"cards/{card}", {"action": action, **more})
