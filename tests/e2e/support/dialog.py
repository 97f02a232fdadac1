"""What the Collect Payment dialog asks of Odoo, in its order, without a browser."""

from typing import Any

from .clover import Clover
from .rpc import OdooUser
from .site import Invoice

MODEL = "clover.payment.wizard"


class Dialog:
    """:raises OdooError: the dialog does not open; the message says why."""

    def __init__(self, user: OdooUser, clover: Clover, invoice: Invoice) -> None:
        self._user = user
        self._clover = clover
        action = user.call("account.move", "action_clover_collect_payment", [invoice.id])
        self.id: int = action["res_id"]

    def charge(self, card: str) -> dict[str, str]:
        """Have Clover make a token of the card, fix the amount, charge; return the status.

        :raises OdooError: refused.
        """
        key = self._call("clover_form_config")["api_access_key"]
        source = self._clover.tokenize(key, card)
        self.prepare()
        return self.charge_source(source)

    def prepare(self) -> str:
        """Fix the amount; return the reference of the transaction."""
        return self._call("clover_prepare")

    def charge_source(self, source: Any) -> dict[str, str]:
        """Charge whatever is given as the token; return the status."""
        return self._call("clover_charge", source)

    def _call(self, method: str, *args: Any) -> Any:
        return self._user.call(MODEL, method, [self.id], *args)
