"""The front door: one address for Odoo's two ports, as a reverse proxy gives in production.

A prefork Odoo serves web sockets on a port of its own. Whoever connects is passed on, byte by byte,
to the port that their first request is for.
"""

import asyncio
import threading

_HEAD_LIMIT = 65536


class FrontDoor:
    """Listens on a free loopback port while the block lasts."""

    def __init__(self, http_port: int, websocket_port: int) -> None:
        self._ports = {True: websocket_port, False: http_port}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open_ends: set[asyncio.StreamWriter] = set()
        self.url = ""

    def __enter__(self) -> "FrontDoor":
        self._thread.start()
        opening = asyncio.run_coroutine_threadsafe(self._open(), self._loop)
        self.url = f"http://127.0.0.1:{opening.result(10)}"
        return self

    def __exit__(self, *exc_info: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _open(self) -> int:
        self._server = await asyncio.start_server(
            self._pass_on, "127.0.0.1", 0, limit=_HEAD_LIMIT, backlog=256
        )
        return self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        # To cancel the tasks instead would be logged as an error of each; one that was accepted
        # just now begins only while the others end.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for writer in self._open_ends:
                writer.transport.abort()
            await asyncio.wait(others, timeout=0.1)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {writer}
        self._open_ends |= ends
        try:
            first_line = await reader.readuntil(b"\r\n")
            port = self._ports[b" /websocket" in first_line]
            from_odoo, to_odoo = await asyncio.open_connection("127.0.0.1", port)
            ends.add(to_odoo)
            self._open_ends |= ends
            to_odoo.write(first_line)
            await asyncio.gather(_copy(reader, to_odoo), _copy(from_odoo, writer))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()  # nobody is there: the caller sees the connection end, as with Odoo
        finally:
            self._open_ends -= ends


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_HEAD_LIMIT):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        writer.transport.abort()  # one end broke off: so does the other
    finally:
        writer.close()
