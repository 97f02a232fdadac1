"""A receiver that deduplicates: ``python -m tests.outbox.receiver --port 0``.

Small and fast on purpose, so that figures are about the sender. ``POST`` to any path takes a
delivery; ``GET /stats`` tells what arrived, ``GET /ids`` lists every id with how often it came.
With ``--acknowledge`` (origins of Odoo servers, separated by commas) deliveries to ``/ack`` are
acknowledged at ``/fusion/delivery/ack`` with the token ``--token``, again and again until an
answer of 200 was received.
"""

import argparse
import asyncio
import json
import random
from collections import Counter

import aiohttp

#: Seconds between two tries to acknowledge.
ACK_PAUSE = 0.2
#: Acknowledgements under way at once.
ACKS_AT_ONCE = 8


class Receiver:
    """Counts deliveries by id; the first one of an id is the effect, the others are duplicates."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.seen: Counter[str] = Counter()
        self.attempts: dict[str, list[int]] = {}
        self.arrivals = 0
        self.acknowledged: set[str] = set()
        self.delay = arguments.delay
        self.dice = random.Random(arguments.seed)
        self.origins = [origin for origin in arguments.acknowledge.split(",") if origin]
        self.token = arguments.token
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(ACKS_AT_ONCE)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, any number of requests."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _content_length(head)
                body = await reader.readexactly(length) if length else b""
                method, path = head.split(b" ", 2)[:2]
                content = self.tell(path) if method == b"GET" else await self.take(path, body)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def tell(self, path: bytes) -> bytes:
        """What is known, as JSON."""
        if path == b"/ids":
            return json.dumps(self.attempts).encode()
        return json.dumps(
            {
                "arrivals": self.arrivals,
                "effects": len(self.seen),
                "acknowledged": len(self.acknowledged),
            }
        ).encode()

    async def take(self, path: bytes, body: bytes) -> bytes:
        """Take one delivery; the answer comes after a random part of ``--delay`` seconds."""
        document = json.loads(body)
        delivery_id = document.get("_delivery_id", "")
        self.arrivals += 1
        self.seen[delivery_id] += 1
        self.attempts.setdefault(delivery_id, []).append(document.get("_delivery_attempt", 0))
        if path == b"/ack" and self.seen[delivery_id] == 1:
            task = asyncio.create_task(self.acknowledge(delivery_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self.delay:
            await asyncio.sleep(self.dice.uniform(0, self.delay))
        return b"{}"

    async def acknowledge(self, delivery_id: str) -> None:
        """Tell Odoo that the delivery is here, whichever server lives, until it has understood."""
        body = {"_delivery_id": delivery_id, "token": self.token}
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                origin = self.dice.choice(self.origins)
                async with self._turn:
                    if await _is_taken(session, f"{origin}/fusion/delivery/ack", body):
                        self.acknowledged.add(delivery_id)
                        return
                await asyncio.sleep(ACK_PAUSE)


async def _is_taken(session: aiohttp.ClientSession, url: str, body: dict[str, str]) -> bool:
    """Whether Odoo answered 200; a server that was killed answers nothing."""
    try:
        async with session.post(url, json=body) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


async def main(arguments: argparse.Namespace) -> None:
    """Listen until the process is ended; says where on its first line."""
    server = await asyncio.start_server(
        Receiver(arguments).serve, "127.0.0.1", arguments.port, backlog=2048
    )
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(f"ready on {origin}", flush=True)  # noqa: T201  whoever started it reads this line
    await server.serve_forever()


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--acknowledge", default="")
    parser.add_argument("--token", default="")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    asyncio.run(main(parsed()))
