"""Carry a fault out on a connection: withhold, reset, cut short, delay or answer with an error."""

import asyncio
import socket
import struct
from typing import Any, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from .faults import Fault, FaultDial
from .held import HeldRequests
from .journal import CONTROL_PREFIX

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger: on, zero seconds -> TCP RST

#: What something between the caller and the provider says instead.
_PAGE = "<!DOCTYPE html><html><body><h1>Please try again later</h1></body></html>"


class ErrorAnswers(Protocol):
    """How a simulator words the errors that the dial makes it give."""

    def __call__(self, status: int) -> web.Response: ...


async def processing_point(request: web.Request) -> None:
    """Spend the time of a ``slow`` fault here, while the call is being worked on."""
    delay_s = request.get("processing_delay_s", 0.0)
    if delay_s:
        request["processing_delay_s"] = 0.0
        await asyncio.sleep(delay_s)


class Misbehaviour:
    """Middleware that asks the dial about each call and does what it says."""

    def __init__(self, dial: FaultDial, held: HeldRequests, errors: ErrorAnswers) -> None:
        self._dial = dial
        self._held = held
        self._errors = errors

    def middleware(self) -> Any:
        """The aiohttp middleware."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(CONTROL_PREFIX):
                return await handler(request)
            fault = self._dial.pick(request.method, request.path)
            if fault is None:
                return await _process(request, handler)
            request["journal"].fault = fault.name
            return await self._suffer(fault, request, handler)

        return middleware

    async def _suffer(
        self, fault: Fault, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        if fault.name == "slow":
            return await _slow(fault, request, handler)
        response = await _process(request, handler) if fault.processed_first else None
        if fault.name.startswith("timeout_"):
            return await self._withhold(fault, request, handler, response)
        if fault.name.startswith("reset_"):
            return _reset(request)
        if fault.name == "truncate":
            return await _truncate(request, response)
        if fault.name == "html_200":
            return web.Response(text=_PAGE, content_type="text/html")
        answer = self._errors(int(fault.name.removeprefix("http_")))
        if fault.delay_s and answer.status in (429, 503):
            answer.headers["Retry-After"] = str(max(1, round(fault.delay_s)))
        return answer

    async def _withhold(
        self,
        fault: Fault,
        request: web.Request,
        handler: Handler,
        response: web.StreamResponse | None,
    ) -> web.StreamResponse:
        if await self._held.hold(request, fault.name, fault.delay_s):
            return response if response is not None else await _process(request, handler)
        return _hang_up(request)


async def _process(request: web.Request, handler: Handler) -> web.StreamResponse:
    request["journal"].processed = True
    return await handler(request)


async def _slow(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    if fault.processed_first:
        response = await _process(request, handler)
        await asyncio.sleep(fault.delay_s)
        return response
    request["processing_delay_s"] = fault.delay_s
    response = await _process(request, handler)
    await processing_point(request)  # for handlers that have no such point of their own
    return response


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    request["unanswered"] = True
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _reset(request: web.Request) -> web.StreamResponse:
    """Make the peer see a TCP reset."""
    request["unanswered"] = True
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        request.transport.abort()
    return web.Response()


async def _truncate(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Announce the whole body, send half of it, close."""
    body = response.body if isinstance(response, web.Response) else None
    if not isinstance(body, bytes) or len(body) < 2:
        return _hang_up(request)
    cut = web.StreamResponse(status=response.status, headers={"Content-Type": "application/json"})
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    request["unanswered"] = True
    if request.transport is not None:
        request.transport.close()
    return cut
