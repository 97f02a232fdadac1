"""A person who is logged in to Odoo and works through it as the web client does."""

from typing import Any

import requests

#: Seconds; longer than any charge may take.
TIMEOUT = 90.0


class OdooError(Exception):
    """Odoo refused: its sentence, and the class it raised."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class OdooUser:
    """:raises OdooError: Odoo does not let them in."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self.url = url
        self.login = login
        self.http = requests.Session()
        self.http.trust_env = False
        # The server may be killed between two calls: a kept connection would be a dead one.
        self.http.headers["Connection"] = "close"
        credentials = {"db": database, "login": login, "password": password}
        info = self._post("/web/session/authenticate", credentials)
        self.uid: int = info["uid"]
        # Portal users are told of no companies.
        self.company_id: int = info.get("user_companies", {}).get("current_company", 0)

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a public method.

        :raises OdooError: with Odoo's sentence.
        """
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def read(self, model: str, record_id: int, *names: str) -> dict[str, Any]:
        """The named fields of one record."""
        return self.call(model, "read", [record_id], list(names))[0]

    def ref(self, xml_id: str) -> int:
        """The database id of an external id."""
        module, _, name = xml_id.partition(".")
        domain = [["module", "=", module], ["name", "=", name]]
        (found,) = self.call("ir.model.data", "search_read", domain, ["res_id"])
        return found["res_id"]

    @property
    def session_cookie(self) -> str:
        """What makes a browser this person's."""
        return self.http.cookies["session_id"]

    def _post(self, path: str, params: dict[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.http.post(self.url + path, json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        content = answer.json()
        if "error" in content:
            data = content["error"].get("data", {})
            raise OdooError(data.get("message") or str(content["error"]), data.get("name", ""))
        return content.get("result")
