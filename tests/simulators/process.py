"""Start a simulator in a process of its own, as tests and the demo do."""

import json
import select
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(
    name: str,
    *,
    switches: Mapping[str, Any] | None = None,
    seed: int = 0,
    port: int = 0,
    stranger: bool = False,
    timeout_s: float = 30.0,
) -> Iterator[str]:
    """Run the simulator ``name`` while the block lasts and yield its origin.

    It listens on a free loopback port (or on ``port``), starts with ``switches`` set, is healthy
    when the block begins and gone when it ends. It also stops by itself when this process dies.

    :param stranger: as somebody else's; see the README.
    :param timeout_s: seconds to wait for it to become healthy.
    :raises RuntimeError: it stopped or did not become healthy in time.
    """
    command = [sys.executable, "-m", "tests.simulators", name, "--port", str(port)]
    command += ["--seed", str(seed), "--until-stdin-closes"]
    for key, value in (switches or {}).items():
        command += ["--switch", f"{key}={json.dumps(value)}"]
    if stranger:
        command.append("--stranger")
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + timeout_s
        origin = _announced_origin(process, deadline)
        _wait_until_healthy(origin, process, deadline)
        yield origin
    finally:
        _stop(process)


def _announced_origin(process: subprocess.Popen[str], deadline: float) -> str:
    readable, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
    line = process.stdout.readline() if readable else ""
    if " ready on " not in line:
        raise RuntimeError(f"simulator did not start (exit code {process.poll()}): {line!r}")
    return line.rsplit(" ", 1)[1].strip()


def _wait_until_healthy(origin: str, process: subprocess.Popen[str], deadline: float) -> None:
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{origin}/_sim/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.02)  # not listening yet: ask again shortly
    raise RuntimeError(f"simulator at {origin} did not become healthy")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdin.close()
    process.stdout.close()
