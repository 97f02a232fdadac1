"""Many requests at once, from one thread: light, so that figures are about the server."""

import asyncio
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Flood:
    """What came of it: how many of each status, how long each took and all together, seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers in a second."""
        return round(sum(self.statuses.values()) / self.seconds, 1)

    def add(self, other: "Flood") -> None:
        """Count another one's answers and time in."""
        self.statuses.update(other.statuses)
        self.latencies += other.latencies
        self.seconds += other.seconds

    def summary(self) -> dict[str, object]:
        """For the report."""
        return {
            "per_second": self.per_second,
            "p50_ms": round(statistics.median(self.latencies) * 1000, 1),
            "answers": dict(self.statuses),
        }


def get(path: str) -> bytes:
    """A request for a page."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A request with a body; underscores in header names stand for hyphens."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *lines,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def flood(port: int, requests: Iterable[bytes], *, at_once: int = 8) -> Flood:
    """Send all requests, so many at once, each on a connection of its own."""
    return asyncio.run(_flood(port, iter(requests), at_once))


def beside(
    port: int, other: bytes, requests: Iterable[bytes], *, at_once: int = 2
) -> tuple[Flood, Flood]:
    """Send ``other`` before each request: both meet the same machine in the same state.

    :param at_once: no more than the server has workers; while requests wait for each other, both
        kinds take the same time.
    :return: what came of the others, and of the requests; ``seconds`` is each one's share.
    """
    pairs = [one for request in requests for one in ((0, other), (1, request))]
    return asyncio.run(_side_by_side(port, iter(pairs), at_once))


async def _side_by_side(
    port: int, tagged: Iterator[tuple[int, bytes]], at_once: int
) -> tuple[Flood, Flood]:
    results = (Flood(), Flood())

    async def work() -> None:
        for kind, request in tagged:
            began = time.perf_counter()
            results[kind].statuses[await _send(port, request)] += 1
            results[kind].latencies.append(time.perf_counter() - began)

    await asyncio.gather(*(work() for _worker in range(at_once)))
    for result in results:
        result.seconds = sum(result.latencies) / at_once
    return results


async def _flood(port: int, requests: Iterable[bytes], at_once: int) -> Flood:
    result = Flood()
    started = time.perf_counter()

    async def work() -> None:
        for request in requests:
            began = time.perf_counter()
            status = await _send(port, request)
            result.statuses[status] += 1
            result.latencies.append(time.perf_counter() - began)

    await asyncio.gather(*(work() for _worker in range(at_once)))
    result.seconds = time.perf_counter() - started
    return result


async def _send(port: int, request: bytes) -> int:
    """Return the status, 0 when nobody answers.

    Closes the connection with the last byte of the answer, as HTTP clients and proxies do. Who
    waits for the server to close it keeps its worker busy: that waits 10 ms for more to read.
    """
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return 0
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await (reader.readexactly(int(length[1])) if length else reader.read())
    except (OSError, asyncio.IncompleteReadError):
        return 0
    finally:
        writer.close()
    return int(head.split(b" ", 2)[1])
