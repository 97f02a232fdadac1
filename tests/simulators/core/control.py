"""The control interface below ``/_sim``: read what happened, decide what shall go wrong."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .faults import FaultError
from .switches import SwitchError

if TYPE_CHECKING:
    from .simulator import Simulator


class Control:
    """Routes that every simulator has."""

    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.add_routes(
            [
                web.get("/_sim/health", self.health),
                web.get("/_sim/ledger", self.ledger),
                web.get("/_sim/requests", self.requests),
                web.get("/_sim/faults", self.list_faults),
                web.post("/_sim/faults", self.add_faults),
                web.delete("/_sim/faults", self.clear_faults),
                web.post("/_sim/reset", self.reset),
                web.get("/_sim/config", self.show_config),
                web.post("/_sim/config", self.configure),
                web.post("/_sim/clock", self.clock),
                web.get("/_sim/held", self.list_held),
                web.post("/_sim/release", self.release),
            ]
        )

    async def health(self, request: web.Request) -> web.Response:
        """200 as soon as calls are served."""
        return web.json_response({"status": "ok", "simulator": self._simulator.name})

    async def ledger(self, request: web.Request) -> web.Response:
        """All effects, oldest first."""
        return web.json_response(self._simulator.ledger.as_json())

    async def requests(self, request: web.Request) -> web.Response:
        """All calls, oldest first; ``?method=`` and ``?path=`` narrow the list."""
        query = request.query
        return web.json_response(
            self._simulator.journal.as_json(query.get("method"), query.get("path"))
        )

    async def list_faults(self, request: web.Request) -> web.Response:
        """The rules in force with how often each was applied."""
        return web.json_response([rule.as_json() for rule in self._simulator.dial.rules])

    async def add_faults(self, request: web.Request) -> web.Response:
        """Append rules; ``?replace=1`` puts them in the place of all others."""
        replace = request.query.get("replace") in ("1", "true")
        try:
            self._simulator.dial.add(await _json(request), replace=replace)
        except FaultError as error:
            raise _bad_request(str(error)) from error
        return await self.list_faults(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Take all rules off."""
        self._simulator.dial.clear()
        return web.json_response([])

    async def reset(self, request: web.Request) -> web.Response:
        """Back to the beginning. Body (optional): ``seed``, ``keep`` (list), and switches."""
        body = await _object(request)
        seed, keep = body.pop("seed", 0), body.pop("keep", [])
        if type(seed) is not int or not isinstance(keep, list):
            raise _bad_request("seed is a number, keep a list of names")
        try:
            self._simulator.reset(body, seed=seed, keep=frozenset(keep))
        except SwitchError as error:
            raise _bad_request(str(error)) from error
        return await self.show_config(request)

    async def show_config(self, request: web.Request) -> web.Response:
        """The switches as they are."""
        return web.json_response(asdict(self._simulator.switches))

    async def configure(self, request: web.Request) -> web.Response:
        """Set the switches named in the body, leave the others."""
        try:
            self._simulator.configure(await _object(request))
        except SwitchError as error:
            raise _bad_request(str(error)) from error
        return await self.show_config(request)

    async def clock(self, request: web.Request) -> web.Response:
        """Move simulated time: body ``{"advance_s": seconds}``."""
        seconds = (await _object(request)).get("advance_s")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 0:
            raise _bad_request("advance_s is a number of seconds")
        self._simulator.clock.advance(seconds)
        return web.json_response({"now": self._simulator.clock.iso()})

    async def list_held(self, request: web.Request) -> web.Response:
        """Calls whose answer is withheld right now."""
        return web.json_response(self._simulator.held.as_json())

    async def release(self, request: web.Request) -> web.Response:
        """Let all withheld calls be answered normally."""
        return web.json_response({"released": self._simulator.held.release()})


def _bad_request(message: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(
        text=json.dumps({"message": message}), content_type="application/json"
    )


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise _bad_request(f"body is not JSON: {error}") from error


async def _object(request: web.Request) -> dict[str, Any]:
    body = await _json(request)
    if not isinstance(body, dict):
        raise _bad_request("body is not a JSON object")
    return body
