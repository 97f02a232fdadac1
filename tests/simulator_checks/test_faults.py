"""The fault dial on the wire: what the caller sees, and whether the money moved."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from tests.simulator_checks.driver import CloverDriver, wait_until


def attempt(clover, key="k"):
    """A charge on a connection of its own: the response, or the name of what broke."""
    driver = CloverDriver(clover.origin)
    driver.access_token = clover.access_token
    try:
        return driver.post("/v1/charges", clover.charge_body(), key)
    except requests.RequestException as error:
        return error


def last_call(clover):
    return clover.journal("/v1/charges")[-1]


def raw_charge(clover):
    """Send a charge over a bare socket and return all bytes until the end, or the error."""
    url = urlsplit(clover.origin)
    body = b'{"amount":100,"currency":"cad","source":"%s"}' % clover.token().encode()
    head = (
        f"POST /v1/charges HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {clover.access_token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((url.hostname, url.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


@pytest.mark.parametrize(("fault", "moved"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_timeout_ends_without_an_answer(clover, fault, moved):
    clover.fault(fault, delay_s=0.2)
    started = time.monotonic()
    assert raw_charge(clover) == b""
    assert time.monotonic() - started >= 0.2
    assert len(clover.ledger()) == moved
    call = last_call(clover)
    assert (call["fault"], call["status"], call["processed"]) == (fault, None, bool(moved))


@pytest.mark.parametrize(("fault", "moved"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_is_a_tcp_reset(clover, fault, moved):
    clover.fault(fault)
    with pytest.raises(ConnectionResetError):
        raw_charge(clover)
    assert len(clover.ledger()) == moved
    assert last_call(clover)["processed"] is bool(moved)


@pytest.mark.parametrize("status", [500, 503, 429, 403, 404, 409])
@pytest.mark.parametrize(("when", "moved"), [(None, 0), ("before", 0), ("after", 1)])
def test_an_error_status_is_processed_only_when_said(clover, status, when, moved):
    clover.fault(f"http_{status}", when=when)
    response = attempt(clover)
    assert response.status_code == status
    assert response.json()["message"].startswith(str(status))
    assert len(clover.ledger()) == moved


@pytest.mark.parametrize(("when", "moved"), [(None, 0), ("after", 1)])
def test_a_page_comes_instead_of_an_answer(clover, when, moved):
    clover.fault("html_200", when=when)
    response = attempt(clover)
    assert (response.status_code, response.headers["Content-Type"]) == (
        200,
        "text/html; charset=utf-8",
    )
    assert len(clover.ledger()) == moved


def test_429_carries_the_name_of_the_limit_and_a_wait(clover):
    clover.fault("http_429", delay_s=3)
    headers = attempt(clover).headers
    assert (headers["X-RateLimit-tokenLimit"], headers["Retry-After"]) == ("16", "3")


def test_either_is_decided_by_seeded_dice(clover):
    outcomes = []
    for _ in range(2):
        clover.control("POST", "reset", {"seed": 11, "keep": ["oauth"]})
        clover.fault("http_500", when="either", count=12)
        for number in range(12):
            attempt(clover, key=f"k{number}")
        outcomes.append([call["processed"] for call in clover.journal("/v1/charges")])
    assert outcomes[0] == outcomes[1]
    assert set(outcomes[0]) == {True, False}
    assert len(clover.ledger()) == outcomes[1].count(True)


def test_a_truncated_answer_is_cut_in_the_middle_of_a_processed_charge(clover):
    clover.fault("truncate")
    received = raw_charge(clover)
    head, _, body = received.partition(b"\r\n\r\n")
    announced = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert head.startswith(b"HTTP/1.1 200")
    assert len(body) == announced // 2
    assert len(clover.ledger()) == 1


def test_a_slow_answer_comes_late_and_is_right(clover):
    clover.fault("slow", delay_s=0.3)
    response = attempt(clover)
    assert response.status_code == 200
    assert response.elapsed.total_seconds() >= 0.3
    assert len(clover.ledger()) == 1


def test_repeating_with_the_same_key_after_a_lost_answer_finds_the_charge(clover):
    body = clover.charge_body()
    clover.fault("reset_after")
    with pytest.raises(requests.ConnectionError):
        clover.post("/v1/charges", body, key="k")
    assert clover.post("/v1/charges", body, key="k").status_code == 200
    assert len(clover.ledger()) == 1


def test_a_withheld_call_can_be_seen_and_released(clover):
    clover.fault("timeout_after")
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(attempt, clover)
        waiting = wait_until(lambda: clover.control("GET", "held")["requests"])
        assert waiting == [{"method": "POST", "path": "/v1/charges", "fault": "timeout_after"}]
        assert len(clover.ledger()) == 1
        assert clover.control("POST", "release") == {"released": 1}
        assert pending.result().status_code == 200
    assert clover.control("GET", "held")["held"] == 0


def test_a_call_withheld_before_processing_is_processed_when_released(clover):
    clover.fault("timeout_before")
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(attempt, clover)
        wait_until(lambda: clover.control("GET", "held")["held"])
        assert clover.ledger() == []
        clover.control("POST", "release")
        assert pending.result().json()["paid"] is True
    assert len(clover.ledger()) == 1


def test_a_caller_that_hung_up_is_no_longer_held_nor_processed(clover):
    clover.fault("timeout_before")
    driver = CloverDriver(clover.origin)
    with pytest.raises(requests.ReadTimeout):
        driver.http.post(
            f"{clover.origin}/v1/charges",
            json=clover.charge_body(),
            headers=clover.headers(),
            timeout=0.3,
        )
    driver.http.close()
    wait_until(lambda: clover.control("GET", "held")["held"] == 0)
    assert clover.control("POST", "release") == {"released": 0}
    assert clover.ledger() == []


def test_a_reset_of_the_simulator_lets_no_withheld_call_through(clover):
    clover.fault("timeout_before")
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(attempt, clover)
        wait_until(lambda: clover.control("GET", "held")["held"])
        clover.control("POST", "reset")
        assert isinstance(pending.result(), requests.ConnectionError)
    assert clover.ledger() == []


def test_a_rule_is_used_up_after_its_count(clover):
    clover.fault("http_500", count=2)
    assert [attempt(clover, key=str(n)).status_code for n in range(3)] == [500, 500, 200]
    (rule,) = clover.control("GET", "faults")
    assert rule["applied"] == 2


def test_the_first_rule_that_fires_wins(clover):
    clover.fault("http_503")
    clover.fault("http_500")
    assert [attempt(clover, key=str(n)).status_code for n in range(3)] == [503, 500, 200]


def test_rules_are_appended_replaced_and_cleared(clover):
    clover.fault("http_500")
    rule = {"match": {"path": "*"}, "fault": "http_503"}
    clover.control("POST", "faults", [rule])
    assert len(clover.control("GET", "faults")) == 2
    clover.control("POST", "faults?replace=1", [rule])
    assert [r["fault"] for r in clover.control("GET", "faults")] == ["http_503"]
    assert clover.control("DELETE", "faults") == []
    assert attempt(clover).status_code == 200


def test_webhook_faults_leave_calls_alone(clover):
    names = ("duplicate_webhook", "drop_webhook", "reorder_webhook")
    clover.control("POST", "faults", [{"match": {"path": "*"}, "fault": n} for n in names])
    assert attempt(clover).status_code == 200


@pytest.mark.parametrize(
    "rule",
    [
        {"match": {"path": "*"}, "fault": "http_418"},
        {"match": {"path": "*"}},
        {"match": {"host": "*"}, "fault": "slow"},
        {"match": {"path": "^("}, "fault": "slow"},
        {"fault": "slow", "probability": 2},
        {"fault": "slow", "probability": "often"},
        {"fault": "slow", "count": 1.5},
        {"fault": "slow", "delay_s": -1},
        {"fault": "http_500", "when": "later"},
        {"fault": "slow", "colour": "red"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_the_whole_list(clover, rule):
    good = {"match": {"path": "*"}, "fault": "http_500"}
    response = requests.post(f"{clover.origin}/_sim/faults", json=[good, rule], timeout=20)
    assert response.status_code == 400
    assert clover.control("GET", "faults") == []
