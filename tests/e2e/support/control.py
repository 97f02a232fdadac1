"""The control interface of a simulator, whoever wrote it.

:meth:`Control.call` is for what every simulator has (``tests/simulators/core/contract.py``),
:meth:`Control.private` for what only ours has for certain: at an origin that the environment names,
a test that needs it is skipped when the origin does not know it. Nothing else speaks to ``/_sim``.
"""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.simulators.core import contract

from .origins import is_foreign

TIMEOUT = 30.0
#: How the reason of each such skip begins; ``dev/test_summary.py`` knows it.
FOREIGN = "foreign origin:"
#: Without these nothing can be proven: to skip what needs them would pass off silence as success.
_INDISPENSABLE = ("ledger", "requests", "faults")
#: How somebody else's simulator may answer what only ours promises: no such route, method, word.
_UNKNOWN = (404, 405, 400, 422, 501)


class Control:
    """Calls below ``/_sim`` of one origin."""

    def __init__(self, origin: str) -> None:
        self.origin = origin.rstrip("/")
        self.is_foreign = is_foreign(origin)
        self.http = requests.Session()
        self.http.trust_env = False
        # Somebody else may have used it before.
        self._earlier = len(self.call("GET", "ledger"))

    def call(self, method: str, name: str, body: Any = None) -> Any:
        """A call of the contract; the test is skipped where a foreign origin answers 404.

        :raises requests.HTTPError: it is refused.
        """
        route = name.partition("?")[0]
        assert contract.has_route(method, route), f"{name} is not in the contract"
        unknown = () if route in _INDISPENSABLE else (requests.codes.not_found,)
        return self._ask(method, name, body, unknown)

    def private(self, method: str, name: str, body: Any = None) -> Any:
        """A call that only our simulator answers for certain; elsewhere the test may be skipped.

        :raises requests.HTTPError: it is refused by a simulator of ours.
        """
        return self._ask(method, name, body, _UNKNOWN)

    def has(self, method: str, name: str, body: Any = None) -> bool:
        """Make a private call; False where a foreign origin does not know it."""
        return not self._is_unknown(self._send(method, name, body), _UNKNOWN)

    def cannot(self, what: str) -> None:
        """Skip the test: the foreign origin has no such thing."""
        assert self.is_foreign, f"our own simulator cannot: {what}"
        pytest.skip(f"{FOREIGN} {what}")

    # --- what happened ---

    def ledger(self) -> list[dict[str, Any]]:
        """Every effect since this object was made, oldest first; amounts in minor units."""
        return self.call("GET", "ledger")[self._earlier :]

    def journal(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """Calls that arrived, oldest first: of one method and one exact path if given.

        Each has ``method``, ``path`` (without a query), ``headers`` and ``body`` (as JSON, if it
        is).
        """
        calls = [_normalised(call) for call in self.call("GET", "requests")]
        return [
            call
            for call in calls
            if (not method or call["method"] == method) and (not path or call["path"] == path)
        ]

    # --- the fault dial ---

    def fault(self, name: str, *, method: str, path: str, **rule: Any) -> None:
        """Let the next matching calls go wrong; see the fault dial's documentation."""
        given = {key: value for key, value in rule.items() if value is not None}
        match = {"method": method, "path": path}
        self.call("POST", "faults", [{"match": match, "fault": name} | given])

    def behave(self) -> None:
        """Take all faults off; withheld calls are answered."""
        self.call("DELETE", "faults")
        self.has("POST", "release")

    def held(self) -> int:
        """How many callers wait for an answer right now."""
        answer = self.call("GET", "held")
        return answer["held"] if isinstance(answer, dict) else len(answer)

    def release(self) -> None:
        """Answer them."""
        self.call("POST", "release")

    def switch(self, **switches: Any) -> None:
        """Change what the simulated vendor is like (private)."""
        self.private("POST", "config", switches)

    def _ask(self, method: str, name: str, body: Any, unknown: tuple[int, ...]) -> Any:
        answer = self._send(method, name, body)
        if self._is_unknown(answer, unknown):
            asked = f"{method} /_sim/{name} {json.dumps(body) if body else ''}".strip()
            self.cannot(f"{asked} is answered {answer.status_code}")
        return answer.json() if answer.content else None

    def _send(self, method: str, name: str, body: Any) -> requests.Response:
        url = f"{self.origin}/_sim/{name}"
        return self.http.request(method, url, json=body, timeout=TIMEOUT)

    def _is_unknown(self, answer: requests.Response, unknown: tuple[int, ...]) -> bool:
        """Whether a foreign origin does not know the call.

        :raises requests.HTTPError: it was refused in another way.
        """
        if self.is_foreign and answer.status_code in unknown:
            return True
        answer.raise_for_status()
        return False


def _normalised(call: dict[str, Any]) -> dict[str, Any]:
    """A journal's entry in one form, whoever wrote it down."""
    body = call.get("body")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            body = {"text": body}
    return {
        **call,
        "method": call["method"].upper(),
        "path": urlsplit(call["path"]).path,
        "headers": {name.lower(): value for name, value in (call.get("headers") or {}).items()},
        "body": body,
    }
