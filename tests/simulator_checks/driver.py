"""A bare HTTP driver of the Clover simulator: no product code, no cleverness."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

APP_ID = "SIMCLOVERAPP1"
APP_SECRET = "sim-clover-app-secret"
REDIRECT = "http://127.0.0.1:9/payment/clover/oauth/callback"
VISA = "4242424242424242"
DECLINED_VISA = "4264281511117771"
TIMEOUT_S = 20


class CloverDriver:
    """One connected merchant; every method returns the raw ``requests`` response."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = requests.Session()
        self.merchant_id = ""
        self.access_token = ""
        self.refresh_token = ""
        self.api_key = ""

    def connect(self) -> "CloverDriver":
        """Go through OAuth and fetch the public key."""
        answer = self.authorize_params()
        self.merchant_id = answer["merchant_id"]
        pair = self.exchange(answer["code"]).json()
        self.access_token, self.refresh_token = pair["access_token"], pair["refresh_token"]
        self.api_key = self.get("/pakms/apikey").json()["apiAccessKey"]
        return self

    def authorize(self, path: str = "/oauth/v2/authorize", **query: str) -> requests.Response:
        params = {"client_id": APP_ID, "redirect_uri": REDIRECT, "state": "s"} | query
        return self.http.get(
            self.origin + path, params=params, allow_redirects=False, timeout=TIMEOUT_S
        )

    def authorize_params(self, path: str = "/oauth/v2/authorize", **query: str) -> dict[str, str]:
        location = self.authorize(path, **query).headers["Location"]
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def exchange(self, code: str, secret: str = APP_SECRET, **more: str) -> requests.Response:
        body = {"client_id": APP_ID, "client_secret": secret, "code": code} | more
        return self.post("/oauth/v2/token", body)

    def headers(self, key: str | None = None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.access_token}"}
        return headers | ({"idempotency-key": key} if key else {})

    def get(self, path: str, params: Any = None) -> requests.Response:
        return self.http.get(
            self.origin + path, params=params, headers=self.headers(), timeout=TIMEOUT_S
        )

    def post(self, path: str, body: Any = None, key: str | None = None) -> requests.Response:
        return self.http.post(
            self.origin + path, json=body, headers=self.headers(key), timeout=TIMEOUT_S
        )

    def tokenize(self, number: str = VISA, **fields: str) -> requests.Response:
        card = {"number": number, "exp_month": "12", "exp_year": "2049", "cvv": "123"} | fields
        return self.http.post(
            f"{self.origin}/v1/tokens",
            json={"card": card},
            headers={"apikey": self.api_key},
            timeout=TIMEOUT_S,
        )

    def token(self, number: str = VISA, **fields: str) -> str:
        return self.tokenize(number, **fields).json()["id"]

    def charge_body(self, amount: int = 1000, **fields: Any) -> dict[str, Any]:
        body = {"amount": amount, "currency": "cad"} | fields
        return body if "source" in body else body | {"source": self.token()}

    def charge(self, amount: int = 1000, key: str | None = None, **fields: Any) -> dict[str, Any]:
        response = self.post("/v1/charges", self.charge_body(amount, **fields), key)
        assert response.status_code == 200, response.text
        return response.json()

    def refund(self, charge_id: str, key: str | None = None, **fields: Any) -> requests.Response:
        return self.post("/v1/refunds", {"charge": charge_id} | fields, key)

    def v3(self, path: str = "", params: Any = None) -> requests.Response:
        return self.get(f"/v3/merchants/{self.merchant_id}{path}", params)

    # control interface

    def control(self, method: str, path: str, body: Any = None) -> Any:
        response = requests.request(
            method, f"{self.origin}/_sim/{path}", json=body, timeout=TIMEOUT_S
        )
        assert response.status_code == 200, response.text
        return response.json()

    def configure(self, **switches: Any) -> None:
        self.control("POST", "config", switches)

    def fault(self, name: str, path: str = "/v1/charges", **rule: Any) -> None:
        match = {"method": rule.pop("method", "POST"), "path": path}
        self.control("POST", "faults", [{"match": match, "fault": name, "count": 1, **rule}])

    def ledger(self) -> list[dict[str, Any]]:
        return self.control("GET", "ledger")

    def journal(self, path: str) -> list[dict[str, Any]]:
        return [entry for entry in self.control("GET", "requests") if entry["path"] == path]


def wait_until(condition: Callable[[], Any], attempts: int = 500) -> Any:
    """Ask until the answer is truthy; each question is a round trip, so no fixed wait is needed."""
    for _ in range(attempts):
        answer = condition()
        if answer:
            return answer
    raise AssertionError("the state was never reached")
