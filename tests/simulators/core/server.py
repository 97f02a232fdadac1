"""Serve a simulator until it is told to stop."""

import asyncio
import signal
import sys
from collections.abc import Callable

from aiohttp import web

from .simulator import Simulator

_GRACE_S = 1.0


async def serve(
    simulator: Simulator,
    host: str,
    port: int,
    *,
    ready: Callable[[str], None],
    until_stdin_closes: bool = False,
) -> None:
    """Listen on ``host:port`` (0: any free port), call ``ready`` with the origin, wait for the end.

    The end is SIGTERM, SIGINT or, when asked for, the end of standard input; withheld calls are
    then closed without an answer.

    :raises OSError: the port cannot be had.
    """
    runner = web.AppRunner(
        simulator.application(), access_log=None, shutdown_timeout=_GRACE_S, keepalive_timeout=75
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        await site.start()
        bound_port = runner.addresses[0][1]
        ready(f"http://{host}:{bound_port}")
        await _end(until_stdin_closes)
        simulator.held.drop()
    finally:
        await runner.cleanup()


async def _end(until_stdin_closes: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:
        loop.add_reader(sys.stdin.fileno(), _watch_stdin, loop, stop)
    await stop.wait()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    if not sys.stdin.buffer.read1(4096):
        loop.remove_reader(sys.stdin.fileno())
        stop.set()
