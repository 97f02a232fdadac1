"""Starting and stopping: one ready line, clean ends, clear errors."""

import select
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import requests

from tests.simulator_checks.driver import wait_until
from tests.simulators import running
from tests.simulators.process import ROOT

COMMAND = [sys.executable, "-m", "tests.simulators"]


@pytest.fixture
def started():
    with subprocess.Popen(
        [*COMMAND, "downstream", "--port", "0", "--until-stdin-closes"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert select.select([process.stdout], [], [], 20)[0]
        process.origin = process.stdout.readline().split()[-1]
        yield process
        process.kill()


def test_one_line_says_where_it_listens(started):
    assert requests.get(f"{started.origin}/_sim/health", timeout=20).json()["status"] == "ok"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_with_calls_withheld(started, number):
    rule = [{"match": {"path": "/hook"}, "fault": "timeout_before"}]
    requests.post(f"{started.origin}/_sim/faults", json=rule, timeout=20)
    address = urlsplit(started.origin)
    with socket.create_connection((address.hostname, address.port), timeout=20) as caller:
        caller.sendall(b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        wait_until(lambda: requests.get(f"{started.origin}/_sim/held", timeout=20).json()["held"])
        started.send_signal(number)
        assert started.wait(timeout=20) == 0
        assert caller.recv(1) == b""
    assert started.stderr.read() == ""


def test_it_does_not_outlive_its_starter(started):
    started.stdin.close()
    assert started.wait(timeout=20) == 0


def test_a_taken_port_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = subprocess.run(
            [*COMMAND, "clover", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert result.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.stderr


def test_an_unknown_switch_on_the_command_line_is_refused():
    result = subprocess.run(
        [*COMMAND, "clover", "--port", "0", "--switch", "colour=red"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 2
    assert "unknown switch 'colour'" in result.stderr


def test_switches_are_in_force_from_the_start_and_it_is_gone_at_the_end():
    with running("clover", switches={"merchant_currency": "USD"}) as origin:
        config = requests.get(f"{origin}/_sim/config", timeout=20).json()
        assert config["merchant_currency"] == "USD"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{origin}/_sim/health", timeout=20)
