"""Clover as the tests know it: its ledger, its fault dial, and the cardholder's side of it."""

from typing import Any

import requests

TIMEOUT = 30.0
CHARGES = "/v1/charges"

#: "Test card numbers", docs.clover.com.
VISA = "4242424242424242"
MASTERCARD = "5204245250003294"
DECLINED = "4264281511117771"
#: With a security code of four digits, which is found again where one of three is not.
AMEX = "378282246310005"
DECLINED_AMEX = "375987654000004"


class Clover:
    """Any origin that speaks Clover and has the control interface below ``/_sim``.

    Nothing is ever reset, so that several test sites can share one: everybody looks for their own
    effects by our reference.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._http = requests.Session()
        self._http.trust_env = False

    def effects(self, external_reference: str) -> list[dict[str, Any]]:
        """What moved under this reference of ours; amounts in minor units."""
        ledger = self._control("GET", "ledger")
        return [effect for effect in ledger if effect["reference"] == external_reference]

    def ledger(self) -> list[dict[str, Any]]:
        """Every effect, oldest first."""
        return self._control("GET", "ledger")

    def charge_calls(self, external_reference: str = "") -> list[dict[str, Any]]:
        """Attempts to charge that arrived, of one reference of ours or all."""
        calls = self._control("GET", f"requests?method=POST&path={CHARGES}")
        return [
            call
            for call in calls
            if not external_reference
            or (call["body"] or {}).get("external_reference_id") == external_reference
        ]

    def journal(self) -> list[dict[str, Any]]:
        """Every call that arrived, redacted."""
        return self._control("GET", "requests")

    def fault(self, name: str, *, method: str = "POST", path: str = CHARGES, **rule: Any) -> None:
        """Let the next matching calls go wrong; see the fault dial's documentation."""
        given = {key: value for key, value in rule.items() if value is not None}
        match = {"method": method, "path": path}
        self._control("POST", "faults", [{"match": match, "fault": name} | given])

    def cannot_be_asked(self, **rule: Any) -> None:
        """Let Odoo's questions fail; the card form still loads and charges still arrive."""
        self.fault("http_503", method="GET", path="^/v[13]/", **rule)

    def behave(self) -> None:
        """Take all faults off; withheld calls are answered."""
        self._control("DELETE", "faults")
        self.release()

    def switch(self, **switches: Any) -> None:
        """Change what the simulated merchant, or Clover itself, is like."""
        self._control("POST", "config", switches)

    def held(self) -> int:
        """How many callers wait for an answer right now."""
        return self._control("GET", "held")["held"]

    def release(self) -> int:
        """Answer them; returns how many were still there."""
        return self._control("POST", "release")["released"]

    def tokenize(self, public_key: str, number: str) -> str:
        """Turn a card into a source token, as the card form does ("Create a card token")."""
        card = {"number": number, "exp_month": "12", "exp_year": "2049", "cvv": "123"}
        answer = self._http.post(
            f"{self.origin}/v1/tokens",
            json={"card": card},
            headers={"apikey": public_key},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        return answer.json()["id"]

    def refund_in_dashboard(self, charge_id: str) -> bool:
        """Give a charge back as the merchant does there; False where nobody can be had for it."""
        answer = self._http.post(
            f"{self.origin}/_sim/dashboard/refund", json={"payment": charge_id}, timeout=TIMEOUT
        )
        if answer.status_code == requests.codes.not_found:
            return False
        answer.raise_for_status()
        return True

    def _control(self, method: str, name: str, body: Any = None) -> Any:
        answer = self._http.request(
            method, f"{self.origin}/_sim/{name}", json=body, timeout=TIMEOUT
        )
        answer.raise_for_status()
        return answer.json()
