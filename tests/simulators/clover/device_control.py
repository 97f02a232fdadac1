"""Control of the devices: what their customers do, and what is wrong with them."""

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..core.ids import digits
from .devices import CUSTOMER, DEVICE, ISSUES, Device, Script

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_FIELDS = {
    "action", "after_s", "card", "tip_amount", "amount", "issues", "retry", "receipt", "address"
}  # fmt: skip


class DeviceControlRoutes:
    """``/_sim/devices``."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.add_routes(
            [
                web.get("/_sim/devices", self.list_devices),
                web.post("/_sim/devices", self.add_devices),
                web.get("/_sim/devices/{serial}", self.show),
                web.post("/_sim/devices/{serial}", self.control),
                web.delete("/_sim/devices/{serial}", self.remove),
            ]
        )

    async def list_devices(self, request: web.Request) -> web.Response:
        """All devices with what is on their screens."""
        return web.json_response([device.control_json() for device in self._sim.state.devices])

    async def add_devices(self, request: web.Request) -> web.Response:
        """``{"count": n}`` more Flexes, ``merchant_id``: whose; answers all devices."""
        body = await _object(request)
        count = body.get("count", 1)
        if type(count) is not int or not 0 < count <= 200:
            raise _refusal("count is a number from 1 to 200")
        merchant_id = body.get("merchant_id", "")
        if not isinstance(merchant_id, str):
            raise _refusal("merchant_id is a text")
        self._sim.state.devices += [
            Device(f"C046UG{digits(8)}", "Clover_C406", "FIGTREE", "Flex 4", merchant_id)
            for _ in range(count)
        ]
        return await self.list_devices(request)

    async def show(self, request: web.Request) -> web.Response:
        """One device."""
        return web.json_response(self._device(request).control_json())

    async def remove(self, request: web.Request) -> web.Response:
        """The merchant gives the device away."""
        self._sim.state.devices.remove(self._device(request))
        return web.json_response({})

    async def control(self, request: web.Request) -> web.Response:
        """``{"action": ..., "after_s": ...}`` and the other fields of a script."""
        device = self._device(request)
        device.follow(_script(await _object(request)))
        return web.json_response(device.control_json())

    def _device(self, request: web.Request) -> Device:
        for device in self._sim.state.devices:
            if device.serial == request.match_info["serial"]:
                return device
        raise web.HTTPNotFound(
            text='{"message": "no such device"}', content_type="application/json"
        )


def _script(body: dict[str, Any]) -> Script:
    if set(body) - _FIELDS:
        raise _refusal(f"a device is told {sorted(_FIELDS)}, not {sorted(set(body) - _FIELDS)}")
    if body.get("action") not in CUSTOMER + DEVICE:
        raise _refusal(f"action is one of {CUSTOMER + DEVICE}")
    after_s = body.get("after_s", 0)
    if isinstance(after_s, bool) or not isinstance(after_s, (int, float)) or after_s < 0:
        raise _refusal("after_s is a number of seconds")
    issues = tuple(body.get("issues", ()))
    if set(issues) - set(ISSUES):
        raise _refusal(f"issues are out of {ISSUES}")
    return Script(**{**body, "after_s": float(after_s), "issues": issues})


def _refusal(message: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(
        text=json.dumps({"message": message}), content_type="application/json"
    )


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise _refusal("body is not JSON") from error
    if not isinstance(body, dict):
        raise _refusal("body is not a JSON object")
    return body
