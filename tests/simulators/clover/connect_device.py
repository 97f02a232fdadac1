"""REST Pay Display over HTTP: the device itself (ping, status, screens, cancel, reset)."""

from typing import TYPE_CHECKING

from aiohttp import web

from . import connect_errors as errors
from .connect import BASE, Connection
from .devices import Device, Script
from .fields import json_object

if TYPE_CHECKING:
    from .simulator import CloverSimulator


class ConnectDeviceRoutes:
    """``/connect/v1/device``."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator
        self._connection = Connection(simulator)

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.add_routes(
            [
                web.post(f"{BASE}/device/ping", self.ping),
                web.get(f"{BASE}/device/status", self.status),
                web.post(f"{BASE}/device/cancel", self.cancel),
                web.post(f"{BASE}/device/reset", self.reset),
                web.post(f"{BASE}/device/welcome", self.welcome),
                web.post(f"{BASE}/device/thank-you", self.thank_you),
                web.post(f"{BASE}/device/display", self.display),
                web.post(f"{BASE}/device/receipt-options", self.receipt_options),
                web.post(f"{BASE}/device/printers", self.printers),
            ]
        )

    async def _linked(self, request: web.Request) -> Device:
        """The device, when the cloud has a link to it; a busy one answers."""
        _merchant, device = self._connection.open(request)
        if device.script.action in ("offline", "asleep") or not device.runs_cloud_display:
            await self._sim.terminal_runs.reach(device)
        return device

    async def ping(self, request: web.Request) -> web.Response:
        """Whether the device is connected."""
        await self._linked(request)
        return web.json_response({"connected": True})

    async def status(self, request: web.Request) -> web.Response:
        """What the device does."""
        device = await self._linked(request)
        status = "IDLE"
        if device.activity is not None:
            status = "WAITING_FOR_CUSTOMER"
        elif device.script.action == "busy":
            status = "BUSY"
        return web.json_response({"status": status})

    async def cancel(self, request: web.Request) -> web.Response:
        """End what is on the screen; its call is answered 209."""
        device = await self._linked(request)
        if device.activity is not None:
            device.activity.decide(Script(action="cancel"))
        device.screen, device.needs_finish = "welcome", False
        return web.json_response({})

    async def reset(self, request: web.Request) -> web.Response:
        """As a restart of the display: whatever it shows is cancelled."""
        return await self.cancel(request)

    async def welcome(self, request: web.Request) -> web.Response:
        """The welcome screen."""
        return await self._screen(request, "welcome")

    async def thank_you(self, request: web.Request) -> web.Response:
        """The thank-you screen."""
        return await self._screen(request, "thank-you")

    async def display(self, request: web.Request) -> web.Response:
        """A text on the screen."""
        body = await json_object(request)
        if not isinstance(body.get("text"), str) or not body["text"]:
            raise errors.bad_request("text is missing", "DISPLAY")
        return await self._screen(request, body["text"])

    async def _screen(self, request: web.Request, screen: str) -> web.Response:
        device = await self._linked(request)
        if device.activity is not None:
            raise errors.conflict(self._sim.switches.resource_conflict_status)
        device.screen, device.needs_finish = screen, False
        return web.json_response({})

    async def receipt_options(self, request: web.Request) -> web.Response:
        """The customer chooses as the script says, else the last that is offered."""
        device = await self._linked(request)
        if device.activity is not None:
            raise errors.conflict(self._sim.switches.resource_conflict_status)
        options = (await json_object(request)).get("deliveryOptions")
        if not isinstance(options, list) or not options:
            raise errors.bad_request("deliveryOptions is missing", "RECEIPT_OPTIONS")
        script = device.script
        chosen = next((one for one in options if one.get("method") == script.receipt), options[-1])
        address = {"additionalData": script.address} if script.address else {}
        return web.json_response({"deliveryOptions": {**chosen, **address}})

    async def printers(self, request: web.Request) -> web.Response:
        """The printer inside the device."""
        device = await self._linked(request)
        printer = {"id": f"{device.serial}-printer", "name": "Built-in", "type": "LOCAL"}
        return web.json_response({"printers": [printer]})
