"""How the demo talks to Odoo (as a user's browser does) and to the payment gateway."""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

#: Seconds for one call; a charge waits for the issuer, so it gets more than the gateway does.
TIMEOUT = 90.0


class RemoteError(Exception):
    """The other side refused, or answered in a way that the demo cannot go on from."""


class Page(NamedTuple):
    """An answer: status, the address it redirects to (or None), and its content."""

    status: int
    location: str | None
    content: bytes


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        """Leave it to the caller: where a redirect leads is what the demo looks at."""


class Browser:
    """Keeps cookies and follows nothing by itself; speaks without a proxy to this machine."""

    def __init__(self, origin: str) -> None:
        handlers = [urllib.request.HTTPCookieProcessor(CookieJar()), _NoRedirect()]
        if _is_loopback(urlsplit(origin).hostname or ""):
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, url: str) -> Page:
        """Open an address.

        :raises RemoteError: nobody answers there.
        """
        return self._open(urllib.request.Request(url))

    def post(self, url: str, body: Any, headers: dict[str, str] | None = None) -> Page:
        """Send JSON to an address.

        :raises RemoteError: nobody answers there.
        """
        headers = {"Content-Type": "application/json", **(headers or {})}
        return self._open(urllib.request.Request(url, json.dumps(body).encode(), headers))

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return Page(answer.status, None, answer.read())
        except urllib.error.HTTPError as answer:
            with answer:
                return Page(answer.code, answer.headers.get("Location"), answer.read())
        except OSError as error:
            raise RemoteError(f"no answer from {_place(request.full_url)}: {error}") from error


class OdooUser:
    """One person who is logged in to Odoo.

    :raises RemoteError: Odoo does not let them in.
    """

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self.url = url.rstrip("/")
        self.login = login
        self._browser = Browser(url)
        session = self._rpc(
            "/web/session/authenticate",
            {"db": database, "login": login, "password": password},
        )
        if not session.get("uid"):
            raise RemoteError(f"Odoo does not let {login} in")
        self.company_id: int = session["user_companies"]["current_company"]

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a public method as the web client does.

        :raises RemoteError: with Odoo's sentence.
        """
        return self._rpc(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def read(self, model: str, record_id: int, *names: str) -> dict[str, Any]:
        """The named fields of one record."""
        return self.call(model, "read", [record_id], list(names))[0]

    def visit(self, url: str) -> None:
        """Open a page of Odoo's in this person's browser, redirects included.

        :raises RemoteError: it is not a page of this Odoo, or it shows an error.
        """
        for _hop in range(10):
            if not url.startswith(f"{self.url}/"):
                raise RemoteError(f"sent to {_place(url)} instead of back to Odoo at {self.url}")
            page = self._browser.get(url)
            if not page.location:
                break
            url = urljoin(url, page.location)
        if page.status != 200:
            raise RemoteError(f"Odoo answers {page.status} at {_place(url)}")

    def _rpc(self, path: str, params: dict[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        page = self._browser.post(f"{self.url}{path}", body)
        if page.status != 200:
            raise RemoteError(f"Odoo answers {page.status} at {path}")
        content = json.loads(page.content)
        if "error" in content:
            data = content["error"].get("data", {})
            raise RemoteError(data.get("message") or content["error"]["message"])
        return content.get("result")


class Simulated:
    """The control interface of any simulator.

    :param origin: the simulator's.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin.rstrip("/")
        self._browser = Browser(origin)

    def ledger(self) -> list[dict[str, Any]]:
        """Every effect, oldest first; amounts in minor units."""
        page = self._browser.get(f"{self.origin}/_sim/ledger")
        if page.status != 200:
            raise RemoteError(f"{self.origin}/_sim/ledger answers {page.status}")
        return json.loads(page.content)


class Clover(Simulated):
    """The merchant's and the cardholder's side of Clover, at one origin, and its control interface.

    :param origin: the simulator's.
    """

    def authorize(self, url: str) -> str:
        """Allow the app to act for the merchant; return the address the browser is sent to.

        :param url: the authorization page ("use-oauth", docs.clover.com).
        :raises RemoteError: it shows a page instead of going on.
        """
        page = self._browser.get(url)
        if not page.location:
            raise RemoteError(f"Clover's authorization page answers {page.status}")
        return urljoin(url, page.location)

    def tokenize(self, public_key: str, number: str) -> str:
        """Turn a test card into a source token, as the card form does in the browser.

        "Create a card token", docs.clover.com; no card number is ever sent to Odoo.

        :raises RemoteError: the card was not accepted.
        """
        card = {
            "number": number,
            "exp_month": "12",
            "exp_year": "2030",
            "cvv": "123",
            "first6": number[:6],
            "last4": number[-4:],
        }
        page = self._browser.post(
            f"{self.origin}/v1/tokens", {"card": card}, headers={"apikey": public_key}
        )
        if page.status != 200:
            raise RemoteError(f"Clover answers {page.status} to a test card")
        return json.loads(page.content)["id"]


def post_json(url: str, body: Any, headers: dict[str, str] | None = None) -> int:
    """Send JSON as another program would; return the status.

    :raises RemoteError: nobody answers there.
    """
    return Browser(url).post(url, body, headers).status


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _place(url: str) -> str:
    """An address without its query, which may carry secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
