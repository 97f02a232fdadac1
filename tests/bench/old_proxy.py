"""The hot path of the proxy that the suite replaces, to be measured beside it in the same run.

What its own description says and no more: one process with threads; each request is checked, sent
to WEX on a connection of its own, answered, and handed to a thread that delivers it until it is
acknowledged. It keeps nothing: that is what it was fast with. It logs, as it did.

    python -m tests.bench.old_proxy --wex URL --user NAME --password WORD --webhook URL --token WORD
"""

import argparse
import json
import logging
import threading
import uuid
from datetime import UTC, datetime

import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

_logger = logging.getLogger("old_proxy")
_ACK_TIMEOUT = 10
_ATTEMPTS = 5


class OldProxy:
    """``POST /proxy``; the rest of it is not measured."""

    def __init__(self, wex: str, login: tuple[str, str], webhook: str, token: str) -> None:
        self.wex = wex
        self.login = login
        self.webhook = webhook
        self.token = token

    @Request.application
    def __call__(self, request: Request) -> Response:
        if request.headers.get("X-Proxy-Auth-Token") != self.token:
            return _json({"error": "Unauthorized"}, 401)
        data = json.loads(request.get_data())
        amount = float(data["x_studio_vendor_payment_amount_requested"])
        _logger.debug("Received %s", {**data, "x_studio_proxy_auth_token": "***"})
        answer = requests.post(
            self.wex, json=self._asked(data, amount), auth=self.login,
            timeout=30,
        )  # fmt: skip
        card = answer.json()
        _logger.debug("WEX answered %s", answer.status_code)
        if answer.status_code >= 400 or "virtual_card" not in card:
            body = {"_id": data["_id"], "status": answer.status_code, "error": str(card)}
            return _json(body, answer.status_code)
        body = {
            "_model": "x_requests",
            "_id": data["_id"],
            "status": 200,
            "card_number": card["virtual_card"]["number"],
            "security_code": card["virtual_card"]["security_code"],
            "payment_id": data["x_name"],
            "amount": f"{amount:.2f}",
            "hauler_name": data["x_studio_vendor_name"],
            "employee": data["x_studio_employee_name"],
            "invoice_number": data["x_studio_hauler_invoice_or_remittance_advice_memo"],
        }
        threading.Thread(target=self._deliver, args=[body], daemon=True).start()
        return _json(body, 200)

    def _asked(self, data, amount):
        number = data["x_studio_hauler_invoice_or_remittance_advice_memo"]
        return {
            "merchant_code": "*",
            "total_amount": amount,
            "user_defined_fields": [data["x_studio_vendor_name"], f"{data['_id']}-{uuid.uuid4()}"],
            "invoices": [
                {
                    "invoice_number": number,
                    "invoice_date": f"{datetime.now(UTC):%Y-%m-%d}T00:00:00Z",
                    "total_amount": amount,
                }
            ],
        }

    def _deliver(self, body):
        acknowledged = threading.Event()
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                sent = {**body, "_delivery_id": str(uuid.uuid4()), "_delivery_attempt": attempt}
                requests.post(self.webhook, json=sent, timeout=10)
            except requests.RequestException as error:
                _logger.debug("Delivery %s failed: %s", attempt, type(error).__name__)
            if acknowledged.wait(_ACK_TIMEOUT + 2**attempt):
                return


def _json(body, status):
    return Response(json.dumps(body), status, content_type="application/json")


def main() -> None:
    """Serve until killed; the first line on standard output names the address."""
    parser = argparse.ArgumentParser()
    for name in ("--wex", "--user", "--password", "--webhook", "--token"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(levelname)s %(message)s")
    login = (options.user, options.password)
    proxy = OldProxy(options.wex, login, options.webhook, options.token)
    server = make_server("127.0.0.1", 0, proxy, threaded=True)
    print(f"ready on http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
