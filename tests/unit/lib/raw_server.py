"""A server that does exactly what a test says to each connection, down to the byte."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket], None]


@dataclass
class RawServer:
    """``received`` holds what each connection sent, in order of accepting; ``closed`` counts the
    connections that the server has closed."""

    url: str
    received: list[bytes] = field(default_factory=list)
    closed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


def read_request(connection: socket.socket) -> bytes:
    """The head of a request and as much body as it announces; less when the client stops."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """Close with a TCP reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def raw_server(*behaviours: Behaviour) -> Iterator[RawServer]:
    """Serve one connection per behaviour, one after the other, on a free loopback port.

    A behaviour gets the connection before anything was read; :func:`reading` reads first.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)
    server = RawServer(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def serve() -> None:
        for behaviour in behaviours:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                behaviour(_Recording(connection, server.received))
            server.closed.release()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        # Closing alone does not wake a thread that is waiting in accept().
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def reading(*pieces: bytes, then: Callable[[socket.socket], None] | None = None) -> Behaviour:
    """Read one request, send ``pieces``, then close (or do what ``then`` says)."""

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        for piece in pieces:
            connection.sendall(piece)
        if then is not None:
            then(connection)

    return behave


def http(status: int = 200, body: bytes = b"{}", **headers: str) -> bytes:
    """A complete HTTP/1.1 answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Recording:
    """A connection that also writes down what it reads."""

    def __init__(self, connection: socket.socket, received: list[bytes]) -> None:
        self._connection = connection
        self._received = received
        self._index = len(received)
        received.append(b"")

    def recv(self, size: int) -> bytes:
        piece = self._connection.recv(size)
        self._received[self._index] += piece
        return piece

    def __getattr__(self, name: str):
        return getattr(self._connection, name)
