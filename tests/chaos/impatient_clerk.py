"""A clerk who tries again whatever happens: the worst caller that the suite has to stand."""

import time

import requests

from tests.e2e.support.clover import Clover
from tests.e2e.support.rpc import OdooError, OdooUser
from tests.e2e.support.site import Invoice

WIZARD = "clover.payment.wizard"
#: Seconds between two tries; the server may be down.
PAUSE = 0.3


class ImpatientClerk:
    """Opens the dialog again and charges again after every error, refusal and broken connection.

    ``tries``, ``refusals`` and ``broken`` count what happened.
    """

    def __init__(self, user: OdooUser, clover: Clover) -> None:
        self._user = user
        self._clover = clover
        self.tries = 0
        self.refusals = 0
        self.broken = 0

    def collect(self, invoice: Invoice, card: str, *, give_up_after: float) -> str:
        """Go on until the invoice is paid or the card was declined.

        :param give_up_after: seconds.
        :return: ``paid``, ``declined`` or ``gave up``
        """
        deadline = time.monotonic() + give_up_after
        while time.monotonic() < deadline:
            try:
                if self._is_paid(invoice):
                    return "paid"
                status = self._charge(invoice, card)
            except OdooError:
                self.refusals += 1
            except (requests.RequestException, ValueError):
                self.broken += 1
            else:
                if status["state"] == "approved":
                    return "paid"
                if status["state"] == "declined" and "declined" in status["message"]:
                    return "declined"
            time.sleep(PAUSE)
        return "gave up"

    def _is_paid(self, invoice: Invoice) -> bool:
        move = self._user.read("account.move", invoice.id, "payment_state")
        return move["payment_state"] == "paid"

    def _charge(self, invoice: Invoice, card: str) -> dict:
        action = self._user.call("account.move", "action_clover_collect_payment", [invoice.id])
        dialog = [action["res_id"]]
        config = self._user.call(WIZARD, "clover_form_config", dialog)
        source = self._clover.tokenize(config["api_access_key"], card)
        self._user.call(WIZARD, "clover_prepare", dialog)
        self.tries += 1
        return self._user.call(WIZARD, "clover_charge", dialog, source)
