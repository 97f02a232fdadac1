"""The receiver of deliveries: each delivery id counts once."""

from collections.abc import Iterator

import pytest
import requests

from tests.simulator_checks.driver import CloverDriver
from tests.simulators import running


@pytest.fixture(scope="module")
def downstream_origin() -> Iterator[str]:
    """The origin of a running receiver."""
    with running("downstream") as origin:
        yield origin


@pytest.fixture
def receiver(downstream_origin):
    driver = CloverDriver(downstream_origin)
    driver.control("POST", "reset")
    return driver


def delivery(**fields):
    body = {"_id": "REQ1", "_delivery_id": "d-1", "_delivery_attempt": 1}
    return body | {"payment_id": "PAY-001", "amount": "150.00"} | fields


def test_a_repeated_delivery_is_acknowledged_and_counted_once(receiver):
    first = receiver.post("/hook/odoo", delivery())
    second = receiver.post("/hook/odoo", delivery(_delivery_attempt=2))
    assert (first.status_code, first.json()["duplicate"]) == (200, False)
    assert (second.status_code, second.json()["duplicate"]) == (200, True)
    (effect,) = receiver.ledger()
    assert (effect["id"], effect["kind"], effect["amount"]) == ("d-1", "delivery", 15000)
    assert (effect["reference"], effect["source_id"]) == ("PAY-001", "REQ1")
    assert len(receiver.control("GET", "requests")) == 2


def test_a_refused_delivery_is_not_accepted(receiver):
    receiver.configure(answer_status=503)
    assert receiver.post("/hook", delivery()).status_code == 503
    assert receiver.ledger() == []
    receiver.configure(answer_status=200)
    assert receiver.post("/hook", delivery(_delivery_attempt=2)).status_code == 200
    assert [e["detail"]["attempt"] for e in receiver.ledger()] == [2]


def test_the_fault_dial_works_here_too(receiver):
    receiver.fault("reset_after", path="/hook")
    with pytest.raises(requests.ConnectionError):
        receiver.post("/hook", delivery())
    assert len(receiver.ledger()) == 1


def test_a_body_that_is_no_object_is_refused(receiver):
    assert receiver.post("/hook", [1]).status_code == 400
    assert receiver.ledger() == []


def test_card_data_in_a_delivery_is_not_kept(receiver):
    receiver.post("/hook", delivery(card_number="4111111111111111", security_code="123"))
    (call,) = receiver.control("GET", "requests")
    assert call["body"]["card_number"] == "***1111"
    assert call["body"]["security_code"] == "***"
