"""Say whether a TCP port of this machine can be listened on, and which one can.

``python -m dev.ports PORT`` prints the first free port from PORT on; exit status 0 when that is
PORT itself, 1 when it is taken.
"""

import contextlib
import socket
import sys


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a server could listen on the port now."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # as servers do: a connection that is only waiting to be forgotten does not count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def next_free(port: int) -> int:
    """Return the first free port from ``port`` on; raises LookupError when there is none."""
    for candidate in range(port, min(port + 1000, 65536)):
        if is_free(candidate):
            return candidate
    raise LookupError(f"no free port from {port} on")


def main(argv: list[str]) -> int:
    """Print the first free port from the given one on."""
    wanted = int(argv[0])
    found = next_free(wanted)
    print(found)
    return int(found != wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
