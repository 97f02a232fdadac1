"""A customer with the link of an invoice, and a browser reduced to what it sends."""

from typing import Any

import requests

from .site import Invoice, Site

#: Seconds; longer than any charge may take.
TIMEOUT = 90.0


class HttpCustomer:
    """One browser: its tabs share the session.

    :param provider_id: of the provider that is paid through; ``method_id``: of the way to pay.
    """

    def __init__(self, site: Site, invoice: Invoice, provider_id: int, method_id: int) -> None:
        self._url = site.url
        self._invoice = invoice
        self._provider = {"provider_id": provider_id, "payment_method_id": method_id}
        self.link: str = site.admin.call("account.move", "get_portal_url", [invoice.id])
        self._http = requests.Session()
        self._http.trust_env = False

    def close(self) -> None:
        """Close the browser."""
        self._http.close()

    def look(self) -> str:
        """Load the invoice's page; returns its HTML."""
        answer = self._http.get(self._url + self.link, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.text

    def press_pay(self) -> dict[str, Any]:
        """Press *Pay*: a transaction is made; returns what the page goes on with."""
        return self.post(
            f"/invoice/transaction/{self._invoice.id}",
            {
                **self._provider,
                "token_id": None,
                "amount": self._invoice.cents / 100,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": self.link,
                "access_token": self.link.partition("access_token=")[2].partition("&")[0],
            },
        )

    def send_card(self, values: dict[str, Any], source: str) -> dict[str, Any]:
        """Send the card's token for the transaction; returns ``{"state", "message"}``."""
        sent = {"reference": values["reference"], "access_token": values["access_token"]}
        return self.post("/payment/clover/process_card", sent | {"source": source})

    def ask_status(self) -> dict[str, Any]:
        """What the status page asks again and again."""
        return self.post("/payment/status/poll", {})

    def post(self, path: str, params: dict[str, Any]) -> Any:
        """Call a JSON route.

        :raises ValueError: Odoo refused, with its answer.
        """
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        content = self._http.post(self._url + path, json=body, timeout=TIMEOUT).json()
        if "error" in content:
            raise ValueError(str(content["error"].get("data", {}).get("message")))
        return content.get("result")
