"""The web SDK and the pages inside its iframes (docs page "using-the-clover-hosted-iframe")."""

import html
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_STATIC = Path(__file__).parent / "static"
_SCRIPTS = ("field.js", "controller.js", "texts.js", "frame.css")
_TYPES = {
    "CARD",
    "CARD_NUMBER",
    "CARD_DATE",
    "CARD_CVV",
    "CARD_POSTAL_CODE",
    "CARD_NAME",
    "CARD_STREET_ADDRESS",
    "CARD_PHONE_NUMBER",
    "CARD_EMAIL_ADDRESS",
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
    ),
    "Referrer-Policy": "no-referrer",
}


class HostedFieldRoutes:
    """``/sdk.js`` for the page, ``/_fields`` for what runs inside the iframes.

    Card data is typed into and read by documents of this origin only; the page that embeds them
    gets validation states and, in the end, a token.
    """

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/sdk.js", self.sdk)
        app.router.add_get("/_fields/assets/{name}", self.asset)
        app.router.add_get("/_fields/{type}", self.frame)

    async def sdk(self, request: web.Request) -> web.StreamResponse:
        """The script a page includes; it finds this origin from its own address."""
        return _file("sdk.js")

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """A script or style sheet of the frames."""
        name = request.match_info["name"]
        if name not in _SCRIPTS:
            raise web.HTTPNotFound
        return _file(name)

    async def frame(self, request: web.Request) -> web.Response:
        """The document of one element, or of the controller that tokenises."""
        kind = request.match_info["type"]
        if kind != "CONTROLLER" and kind not in _TYPES:
            raise web.HTTPNotFound
        locale = request.query.get("locale", "en")
        language = "fr-CA" if locale.startswith("fr") else "en"
        script = "controller.js" if kind == "CONTROLLER" else "field.js"
        session = html.escape(request.query.get("session", ""), quote=True)
        page = (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
            f"<title>{kind}</title>"
            '<link rel="stylesheet" href="/_fields/assets/frame.css">'
            '<script src="/_fields/assets/texts.js" defer></script>'
            f'<script src="/_fields/assets/{script}" defer></script></head>'
            f'<body data-type="{kind}" data-session="{session}"></body></html>'
        )
        return web.Response(text=page, content_type="text/html", headers=_HEADERS)


def _file(name: str) -> web.Response:
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    body = (_STATIC / name).read_text(encoding="utf-8")
    return web.Response(text=body, content_type=kind, headers={"Cache-Control": "no-store"})
