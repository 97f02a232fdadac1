"""The devices of the Clover simulator, through a bare HTTP client."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import requests

from tests.simulator_checks.driver import CloverDriver, wait_until

EXTERNAL = "0123456789abcdef0123456789abcdef"


class Terminal:
    """A Flex of the merchant, and calls to it."""

    def __init__(self, clover: CloverDriver) -> None:
        self.clover = clover
        devices = clover.control("GET", "devices")
        self.serial = next(d["serial"] for d in devices if d["product"] == "Flex 4")
        self.station = next(d["serial"] for d in devices if d["product"] == "Station")

    def tell(self, action: str, **fields) -> dict:
        return self.clover.control("POST", f"devices/{self.serial}", {"action": action, **fields})

    def shown(self) -> dict | None:
        return self.clover.control("GET", f"devices/{self.serial}")["on_screen"]

    def call(self, path: str, body=None, *, method="POST", key=None, serial=None, **headers):
        given = {
            "Authorization": f"Bearer {self.clover.access_token}",
            "X-Clover-Device-Id": serial or self.serial,
            "X-POS-Id": "RAID.1",
            "User-Agent": "Checks/1",
            **({"Idempotency-Key": key} if key else {}),
            **headers,
        }
        return requests.request(
            method,
            f"{self.clover.origin}/connect/v1{path}",
            json=({} if body is None else body) if method == "POST" else None,
            headers={name: value for name, value in given.items() if value},
            timeout=20,
        )

    def pay(self, amount=1000, *, key="key-0000000000001", **body):
        fields = {"amount": amount, "externalPaymentId": EXTERNAL, "final": True} | body
        return self.call("/payments", fields, key=key)


@pytest.fixture
def terminal(clover: CloverDriver) -> Terminal:
    return Terminal(clover)


@pytest.fixture
def in_background():
    with ThreadPoolExecutor(4) as pool:
        yield pool.submit


def test_an_approved_payment_is_in_the_ledger_and_on_the_platform(terminal):
    payment = terminal.pay(2050).json()["payment"]
    assert (payment["result"], payment["amount"]) == ("SUCCESS", 2050)
    assert "currency" not in payment["cardTransaction"]
    (effect,) = terminal.clover.ledger()
    assert (effect["kind"], effect["amount"], effect["currency"]) == ("charge", 2050, "CAD")
    rows = terminal.clover.v3("/payments", {"filter": f"externalPaymentId={EXTERNAL}"}).json()
    assert [row["id"] for row in rows["elements"]] == [payment["id"]]
    found = terminal.call(f"/payments/external/{EXTERNAL}", method="GET").json()["payment"]
    assert found["id"] == payment["id"]


def test_a_device_of_another_merchant_is_neither_listed_nor_reached(terminal):
    clover = terminal.clover
    mine = len(clover.control("GET", "devices"))
    clover.control("POST", "devices", {"count": 1, "merchant_id": "ELSEWHERE0001"})
    other = clover.control("GET", "devices")[-1]
    listed = clover.v3("/devices").json()["elements"]
    assert len(listed) == mine
    assert other["serial"] not in {device["serial"] for device in listed}
    answer = terminal.call(
        "/payments",
        {"amount": 1000, "externalPaymentId": EXTERNAL, "final": True},
        key="key-0000000000002",
        serial=other["serial"],
    )
    assert answer.status_code == 400
    assert clover.ledger() == []


def test_a_tip_a_surcharge_and_issues_come_with_the_answer(terminal):
    terminal.clover.configure(surcharge=True)
    terminal.tell("approve", tip_amount=300, issues=["signature", "duplicate", "offline"])
    answer = terminal.pay(1000).json()
    assert answer["payment"]["tipAmount"] == 300
    assert answer["payment"]["additionalCharges"][0]["amount"] == 31
    assert set(answer["issues"]) == {"signature", "duplicate", "offline"}
    assert answer["payment"]["offline"] is True
    assert terminal.clover.ledger()[0]["amount"] == 1331


def test_a_partial_approval_takes_less_and_says_so(terminal):
    terminal.tell("partial", amount=400)
    answer = terminal.pay(1000).json()
    assert answer["payment"]["amount"] == 400
    assert answer["issues"]["partialPayment"]["requestedAmount"] == 1000
    assert terminal.clover.ledger()[0]["amount"] == 400


def test_a_declined_payment_is_a_200_that_moved_nothing(terminal):
    terminal.tell("decline")
    answer = terminal.pay()
    assert (answer.status_code, answer.json()["payment"]["result"]) == (200, "FAIL")
    assert terminal.clover.ledger() == []


@pytest.mark.parametrize("by", ["customer", "caller", "reset"])
def test_a_cancelled_payment_is_a_209_and_stays_one(terminal, in_background, by):
    terminal.tell("silent")
    answer: Future = in_background(terminal.pay)
    wait_until(terminal.shown)
    if by == "customer":
        terminal.tell("cancel")
    else:
        assert terminal.call("/device/cancel" if by == "caller" else "/device/reset").ok
    assert answer.result(10).status_code == 209
    assert answer.result().json()["message"] == "The payment request was canceled."
    terminal.tell("approve")
    assert terminal.pay().status_code == 209
    assert terminal.clover.ledger() == []
    terminal.clover.configure(replay_cancels=False)
    assert terminal.pay(key="key-0000000000002").status_code == 200


def test_the_same_key_has_one_effect_and_another_body_is_refused(terminal):
    first, second = terminal.pay(), terminal.pay()
    assert first.json() == second.json()
    assert len(terminal.clover.ledger()) == 1
    assert terminal.pay(2000).status_code == 409
    assert len(terminal.clover.ledger()) == 1


@pytest.mark.parametrize("status", [409, 503])
def test_a_second_request_meets_a_conflict_while_the_first_is_on_the_screen(
    terminal, in_background, status
):
    terminal.clover.configure(resource_conflict_status=status)
    terminal.tell("silent")
    first = in_background(terminal.pay)
    wait_until(terminal.shown)
    for key in ("key-0000000000001", "key-0000000000002"):
        second = terminal.pay(key=key)
        assert (second.status_code, second.json()["type"]) == (status, "RESOURCE_CONFLICT")
    assert terminal.call("/device/status", method="GET").json() == {
        "status": "WAITING_FOR_CUSTOMER"
    }
    terminal.tell("approve")
    assert first.result(10).status_code == 200
    assert len(terminal.clover.ledger()) == 1


def test_a_caller_who_hangs_up_does_not_end_what_is_on_the_screen(terminal, in_background):
    terminal.tell("silent")
    in_background(
        lambda: requests.post(
            f"{terminal.clover.origin}/connect/v1/payments",
            json={"amount": 1000, "externalPaymentId": EXTERNAL, "final": True},
            headers={
                "Authorization": f"Bearer {terminal.clover.access_token}",
                "X-Clover-Device-Id": terminal.serial,
                "X-POS-Id": "x",
                "Idempotency-Key": "key-0000000000001",
            },
            timeout=0.5,
        )
    ).exception(10)
    assert terminal.shown()["reference"] == EXTERNAL
    assert terminal.pay().status_code == 409
    terminal.tell("approve")
    wait_until(terminal.clover.ledger)
    assert terminal.pay().status_code == 200
    assert len(terminal.clover.ledger()) == 1


def test_a_link_that_is_lost_during_a_payment_leaves_the_outcome_open(terminal, in_background):
    terminal.tell("silent")
    answer = in_background(terminal.pay)
    wait_until(terminal.shown)
    terminal.tell("offline")
    assert answer.result(10).status_code == 504
    assert terminal.call("/device/ping").status_code == 503
    terminal.tell("approve")
    wait_until(terminal.clover.ledger)
    assert terminal.call(f"/payments/external/{EXTERNAL}", method="GET").status_code == 200


@pytest.mark.parametrize(("action", "status"), [("offline", 503), ("asleep", 504), ("busy", 503)])
def test_a_device_that_cannot_be_used_moves_nothing(terminal, action, status):
    terminal.clover.configure(asleep_answer_s=0.05)
    terminal.tell(action)
    assert terminal.pay().status_code == status
    assert terminal.call("/device/ping").status_code == (200 if action == "busy" else status)
    assert terminal.clover.ledger() == []
    terminal.tell("approve")
    assert terminal.pay().status_code == 200


def test_clovers_own_time_limit_ends_the_wait(terminal):
    terminal.tell("silent")
    body = {"amount": 1000, "final": True}
    answer = terminal.call("/payments", body, key="key-0000000000001", **{"X-Clover-Timeout": "1"})
    assert answer.status_code == 504
    assert terminal.shown() is None
    assert terminal.clover.ledger() == []


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"serial": "C035FAKESERIAL01"}, 400, "An invalid device serial number"),
        ({"key": None}, 400, "Idempotency-Key"),
        ({"X-POS-Id": ""}, 400, "X-POS-Id"),
        ({"Authorization": "Bearer sim-merchant-api-token"}, 401, "401"),
    ],
)
def test_headers_are_checked(terminal, change, status, says):
    body = {"amount": 1000, "final": True}
    answer = terminal.call("/payments", body, **{"key": "key-0000000000001", **change})
    assert answer.status_code == status
    assert says in answer.json()["message"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"externalPaymentId": "x" * 33}, "32 characters"),
        ({"externalReferenceId": "x" * 13}, "12 characters"),
        ({"final": False}, "not supported in your region"),
        ({"capture": False}, "not supported in your region"),
        ({"amount": 0}, "amount"),
        ({"amount": "10"}, "amount"),
    ],
)
def test_a_wrong_body_shows_nothing_on_the_device(terminal, change, says):
    answer = terminal.pay(**change)
    assert answer.status_code == 400
    assert says in answer.json()["message"]
    assert terminal.clover.ledger() == []


def test_outside_canada_a_payment_need_not_be_final(terminal):
    terminal.clover.configure(merchant_country="US")
    assert terminal.pay(final=False).status_code == 200


def test_a_station_and_an_app_without_raid_are_refused(terminal):
    body = {"amount": 1000, "final": True}
    key = "key-0000000000001"
    assert terminal.call("/payments", body, key=key, serial=terminal.station).status_code == 501
    terminal.clover.configure(raid_configured=False)
    refused = terminal.pay()
    assert refused.status_code == 401
    assert "Remote Application ID" in refused.json()["message"]


def test_interac_goes_back_on_the_device_only(terminal):
    terminal.tell("approve", card="INTERAC")
    payment = terminal.pay().json()["payment"]
    assert payment["cardTransaction"]["cardType"] == "INTERAC"
    assert terminal.clover.refund(payment["id"], amount=1000).status_code == 400
    path = f"/payments/{payment['id']}/refunds"
    answer = terminal.call(path, {"amount": 400}, key="key-0000000000002")
    assert answer.json()["refund"]["amount"] == 400
    again = terminal.call(path, {"amount": 400}, key="key-0000000000002")
    assert again.json()["id"] == answer.json()["id"]
    too_much = terminal.call(path, {"amount": 700}, key="key-0000000000003")
    assert too_much.status_code == 400
    amounts = [(e["kind"], e["amount"]) for e in terminal.clover.ledger()]
    assert amounts == [("charge", 1000), ("refund", 400)]


def test_a_payment_is_voided_and_a_credit_needs_no_payment(terminal):
    payment = terminal.pay().json()["payment"]
    voided = terminal.call(f"/payments/{payment['id']}/void", {"voidReason": "USER_CANCEL"})
    assert voided.json()["payment"]["result"] == "VOIDED"
    credit = terminal.call("/credits", {"amount": 700}, key="key-0000000000004").json()["credit"]
    assert credit["amount"] == 700
    assert [e["kind"] for e in terminal.clover.ledger()] == ["charge", "refund", "credit"]


def test_receipts_and_screens(terminal):
    payment = terminal.pay().json()["payment"]
    receipt = {"deliveryOption": {"method": "PRINT"}}
    assert terminal.call(f"/payments/{payment['id']}/receipt", receipt).ok
    mail = {"deliveryOption": {"method": "EMAIL"}}
    assert terminal.call(f"/payments/{payment['id']}/receipt", mail).status_code == 400
    assert terminal.call("/device/thank-you").ok
    shown = terminal.clover.control("GET", f"devices/{terminal.serial}")
    assert shown["printed"] == [{"of": payment["id"], "method": "PRINT"}]
    assert shown["screen"] == "thank-you"


def test_where_it_is_switched_on_a_device_stays_busy_until_it_is_thanked(terminal):
    terminal.clover.configure(strict_finish=True)
    terminal.pay()
    assert terminal.pay(key="key-0000000000002").status_code == 503
    assert terminal.call("/device/welcome").ok
    assert terminal.pay(key="key-0000000000002").status_code == 200


def test_twenty_devices_wait_at_once_and_do_not_count_as_calls_at_once(terminal):
    clover = terminal.clover
    devices = clover.control("POST", "devices", {"count": 20})[-20:]
    clover.configure(rate_limits=True, app_rate_limit=500, token_rate_limit=500)
    for device in devices:
        clover.control("POST", f"devices/{device['serial']}", {"action": "silent"})
    statuses: list[int] = []

    def pay(number: int, serial: str) -> None:
        body = {"amount": 1000 + number, "final": True}
        answer = terminal.call("/payments", body, key=f"key-00000000{number:05}", serial=serial)
        statuses.append(answer.status_code)

    threads = [
        threading.Thread(target=pay, args=(number, device["serial"]))
        for number, device in enumerate(devices)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: all(d["on_screen"] for d in clover.control("GET", "devices")[-20:]))
    for device in devices:
        clover.control("POST", f"devices/{device['serial']}", {"action": "approve"})
    for thread in threads:
        thread.join(20)
    assert statuses == [200] * 20
    assert len(clover.ledger()) == 20


def test_the_control_refuses_what_it_does_not_know(terminal):
    for body in ({"action": "dance"}, {"action": "approve", "after_s": -1}, {"act": "approve"}):
        answer = requests.post(
            f"{terminal.clover.origin}/_sim/devices/{terminal.serial}", json=body, timeout=5
        )
        assert answer.status_code == 400
