"""OAuth ("use-oauth", "refresh-access-tokens", "legacy-token-migration-flow")."""

import html
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from .errors import CloverError, bare
from .fields import json_object
from .grants import Code, challenge_of

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_BAD_CODE = "Failed to validate authentication code"
_BAD_REFRESH = "Invalid refresh token"


class OAuthRoutes:
    """Authorise, token, refresh, recovery, the legacy token and its migration."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.add_routes(
            [
                web.get("/oauth/v2/authorize", self.authorize),
                web.get("/oauth/authorize", self.authorize),
                web.get("/appmarket/apps/{client_id}", self.app_market),
                web.post("/oauth/v2/token", self.token),
                web.post("/oauth/v2/refresh", self.refresh),
                web.post("/oauth/v2/recovery", self.recovery),
                web.get("/oauth/token", self.legacy_token),
                web.post("/oauth/token", self.legacy_token),
                web.post("/oauth/token/migrate_v2", self.migrate),
                web.post("/_sim/oauth/revoke", self.revoke),
            ]
        )

    async def authorize(self, request: web.Request) -> web.Response:
        """Send the browser back with a code; ``?prompt=1`` shows a page to approve first."""
        query, switches = request.query, self._sim.switches
        client_id = query.get("client_id", "")
        redirect = query.get("redirect_uri") or switches.site_url
        problem = self._authorize_problem(client_id, redirect, query.get("response_type", "code"))
        if problem:
            return _page("Cannot authorise", f"<p>{html.escape(problem)}</p>", status=400)
        if not switches.app_installed:
            return _redirect(f"/appmarket/apps/{client_id}")
        if query.get("prompt") == "1":
            return self._approval_page(request)
        merchant = self._sim.merchant(query.get("merchant_id") or switches.merchant_id)
        code = self._sim.grants.issue_code(
            client_id,
            merchant.id,
            switches.code_lifetime_s,
            legacy=request.path == "/oauth/authorize",
            challenge=query.get("code_challenge"),
        )
        answer = {"merchant_id": merchant.id, "employee_id": merchant.employee_id}
        answer |= {"client_id": client_id, "code": code.value}
        if "state" in query:
            answer["state"] = query["state"]
        separator = "&" if urlsplit(redirect).query else "?"
        return _redirect(f"{redirect}{separator}{urlencode(answer)}")

    def _authorize_problem(self, client_id: str, redirect: str, response_type: str) -> str:
        if not self._app_known(client_id):
            return "Unknown client_id"
        if response_type != "code":
            return "Unsupported response_type"
        target, site = urlsplit(redirect), urlsplit(self._sim.switches.site_url)
        if target.scheme not in ("http", "https") or not target.hostname:
            return "Missing or invalid redirect_uri"
        if site.hostname and site.hostname != target.hostname:
            return "redirect_uri does not match the site URL of the app"
        return ""

    def _app_known(self, client_id: str) -> bool:
        return bool(client_id) and (
            client_id in self._sim.switches.apps or self._sim.switches.open_registration
        )

    def _approval_page(self, request: web.Request) -> web.Response:
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(k, True)}" value="{html.escape(v, True)}">'
            for k, v in request.query.items()
            if k != "prompt"
        )
        client_id = html.escape(request.query["client_id"])
        return _page(
            "Approve access",
            f"<p>Allow application <b>{client_id}</b> to act for "
            f"<b>{html.escape(self._sim.switches.merchant_name)}</b>?</p>"
            f'<form method="get" action="{request.path}">{hidden}'
            '<button type="submit">Approve</button></form>',
        )

    async def app_market(self, request: web.Request) -> web.Response:
        """Where a merchant without the app ends up."""
        client_id = html.escape(request.match_info["client_id"])
        return _page("App Market", f"<p>Application <b>{client_id}</b> is not installed.</p>")

    async def token(self, request: web.Request) -> web.Response:
        """Exchange a code for a pair of tokens."""
        body = await _body(request, "client_id", "code")
        code = self._sim.grants.redeem_code(body["code"], body["client_id"], legacy=False)
        if code is None or not self._proven(code, body):
            raise bare(401, _BAD_CODE)
        with_refresh = request.query.get("no_refresh_token", "").lower() != "true"
        return web.json_response(self._pair(code.client_id, code.merchant_id, with_refresh))

    def _proven(self, code: Code, body: dict[str, Any]) -> bool:
        if code.challenge:
            return challenge_of(str(body.get("code_verifier", ""))) == code.challenge
        return self._secret_right(code.client_id, body.get("client_secret"))

    def _secret_right(self, client_id: str, secret: Any) -> bool:
        if not isinstance(secret, str) or not secret:
            return False
        expected = self._sim.switches.apps.get(client_id)
        if expected is None:
            return self._sim.switches.open_registration
        return secrets.compare_digest(secret.encode(), expected.encode())

    async def refresh(self, request: web.Request) -> web.Response:
        """Exchange a refresh token, which is then used up, for a new pair."""
        body = await _body(request, "client_id", "refresh_token")
        grants, window = self._sim.grants, self._sim.switches.recovery_window_s
        used = grants.use_refresh(body["refresh_token"], body["client_id"])
        if used is None:
            recoverable = grants.recoverable(body["refresh_token"], body["client_id"], window)
            headers = {"X_Clover_Recovery_Available": "true"} if recoverable else {}
            raise bare(401, _BAD_REFRESH, **headers)
        pair = self._pair(used.client_id, used.merchant_id)
        used.successor = pair["refresh_token"]
        return web.json_response(pair)

    async def recovery(self, request: web.Request) -> web.Response:
        """Replace a lost pair, once, by the refresh token used just before it."""
        body = await _body(request, "client_id", "client_secret", "recovery_token")
        if not self._secret_right(body["client_id"], body["client_secret"]):
            raise bare(401, "Invalid client credentials")
        grants, window = self._sim.grants, self._sim.switches.recovery_window_s
        previous = grants.recoverable(body["recovery_token"], body["client_id"], window)
        if previous is None:
            raise bare(401, "Invalid recovery token")
        grants.refresh[previous.successor or ""].state = "revoked"
        pair = self._pair(previous.client_id, previous.merchant_id)
        previous.recovered, previous.successor = True, pair["refresh_token"]
        return web.json_response(pair)

    async def legacy_token(self, request: web.Request) -> web.Response:
        """Exchange a v1 code for a token that never expires."""
        fields = dict(request.query)
        if request.method == "POST":
            fields |= {k: str(v) for k, v in (await request.post()).items()}
        client_id = fields.get("client_id", "")
        code = self._sim.grants.redeem_code(fields.get("code", ""), client_id, legacy=True)
        if code is None or not self._secret_right(client_id, fields.get("client_secret")):
            raise bare(401, _BAD_CODE)
        access = self._sim.grants.issue_access(client_id, code.merchant_id, None)
        return web.json_response({"access_token": access.value})

    async def migrate(self, request: web.Request) -> web.Response:
        """Turn a legacy token into a code for the v2 token endpoint."""
        body = await _body(request, "merchant_uuid", "app_uuid", "auth_token")
        token = self._sim.grants.bearer(body["auth_token"])
        expected = (body["app_uuid"], body["merchant_uuid"])
        if token is None or token.expires is not None:
            raise bare(401)
        if (token.client_id, token.merchant_id) != expected:
            raise bare(401)
        code = self._sim.grants.issue_code(
            token.client_id,
            token.merchant_id,
            self._sim.switches.code_lifetime_s,
            challenge=body.get("code_challenge"),
        )
        return web.json_response(
            {"authorization_code": code.value, "expiration": int(code.expires)}
        )

    async def revoke(self, request: web.Request) -> web.Response:
        """Control: body ``{"access": bool, "refresh": bool}`` takes tokens back."""
        body = await json_object(request)
        self._sim.grants.revoke(
            access=body.get("access", True) is True, refresh=body.get("refresh", False) is True
        )
        return web.json_response({"status": "ok"})

    def _pair(self, client_id: str, merchant_id: str, with_refresh: bool = True) -> dict[str, Any]:
        switches, grants = self._sim.switches, self._sim.grants
        access = grants.issue_access(client_id, merchant_id, switches.access_token_lifetime_s)
        pair = {
            "access_token": access.value,
            "access_token_expiration": int(access.expires or 0),
        }
        if with_refresh:
            refresh = grants.issue_refresh(
                client_id,
                merchant_id,
                switches.refresh_token_lifetime_s,
                most=switches.max_refresh_tokens,
            )
            pair["refresh_token"] = refresh.value
            pair["refresh_token_expiration"] = int(refresh.expires)
        return pair


async def _body(request: web.Request, *required: str) -> dict[str, Any]:
    """A JSON body with non-empty texts under ``required``; anything not JSON is 415."""
    if request.content_type != "application/json":
        raise bare(415)
    try:
        body = await json_object(request)
    except CloverError as error:
        raise bare(400, "Invalid JSON format") from error
    for name in required:
        if not isinstance(body.get(name), str) or not body[name]:
            raise bare(400, f"{name} is required")
    return body


def _redirect(location: str) -> web.Response:
    return web.Response(status=302, headers={"Location": location})


def _page(title: str, content: str, status: int = 200) -> web.Response:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title></head><body><h1>{title}</h1>{content}</body></html>"
    )
    return web.Response(text=text, content_type="text/html", status=status)
