"""Clover as the tests know it: its ledger, its fault dial, and the cardholder's side of it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from .control import TIMEOUT, Control
from .origins import clover_app

CHARGES = "/v1/charges"

#: "Test card numbers", docs.clover.com.
VISA = "4242424242424242"
MASTERCARD = "5204245250003294"
DECLINED = "4264281511117771"
#: With a security code of four digits, which is found again where one of three is not.
AMEX = "378282246310005"
DECLINED_AMEX = "375987654000004"


@dataclass(frozen=True)
class Merchant:
    """What Clover says about the merchant; ``gateway`` is the processor's name."""

    id: str
    name: str
    country: str
    currency: str
    gateway: str


class Clover(Control):
    """Any origin that speaks Clover and has the control interface below ``/_sim``.

    Nothing is ever reset, so that several test sites can share one: everybody looks for their own
    effects by our reference.
    """

    def effects(self, external_reference: str) -> list[dict[str, Any]]:
        """What moved under this reference of ours; amounts in minor units."""
        return [effect for effect in self.ledger() if effect["reference"] == external_reference]

    def charge_calls(self, external_reference: str = "") -> list[dict[str, Any]]:
        """Attempts to charge that arrived, of one reference of ours or all."""
        return [
            call
            for call in self.journal("POST", CHARGES)
            if not external_reference
            or (call["body"] or {}).get("external_reference_id") == external_reference
        ]

    def fault(self, name: str, *, method: str = "POST", path: str = CHARGES, **rule: Any) -> None:
        """Let the next matching calls go wrong: charges, unless told otherwise."""
        super().fault(name, method=method, path=path, **rule)

    def cannot_be_asked(self, **rule: Any) -> None:
        """Let Odoo's questions fail; the card form still loads and charges still arrive."""
        self.fault("http_503", method="GET", path="^/v[13]/", **rule)

    def tokenize(self, public_key: str, number: str) -> str:
        """Turn a card into a source token, as the card form does ("Create a card token")."""
        card = {"number": number, "exp_month": "12", "exp_year": "2049", "cvv": "123"}
        answer = self.http.post(
            f"{self.origin}/v1/tokens",
            json={"card": card},
            headers={"apikey": public_key},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        return answer.json()["id"]

    def merchant(self, redirect: str) -> Merchant:
        """Ask Clover who the merchant is, beside Odoo: by the OAuth flow, without a refresh token.

        :param redirect: where the app's browsers are sent back to.
        """
        app = clover_app()
        asked = {"client_id": app["clover_app_id"], "redirect_uri": redirect, "state": "tests"}
        url = f"{self.origin}/oauth/v2/authorize"
        allowed = self.http.get(
            url, params=asked | {"response_type": "code"}, allow_redirects=False, timeout=TIMEOUT
        )
        assert allowed.is_redirect, f"the authorization page answers {allowed.status_code}"
        back = parse_qs(urlsplit(allowed.headers["Location"]).query)
        proof = {
            "client_id": app["clover_app_id"],
            "client_secret": app["clover_app_secret"],
            "code": back["code"][0],
        }
        url = f"{self.origin}/oauth/v2/token?no_refresh_token=true"
        token = _read(self.http.post(url, json=proof, timeout=TIMEOUT))["access_token"]
        return self._merchant(back["merchant_id"][0], {"Authorization": f"Bearer {token}"})

    def _merchant(self, merchant_id: str, headers: dict[str, str]) -> Merchant:
        def ask(path: str) -> dict[str, Any]:
            url = f"{self.origin}/v3/merchants/{merchant_id}{path}"
            return _read(self.http.get(url, headers=headers, timeout=TIMEOUT))

        itself = ask("?expand=address")
        return Merchant(
            id=merchant_id,
            name=itself["name"],
            country=itself["address"]["country"],
            currency=ask("/properties")["defaultCurrency"],
            gateway=ask("/gateway")["paymentGatewayApi"],
        )


def _read(answer: requests.Response) -> dict[str, Any]:
    answer.raise_for_status()
    return answer.json()
