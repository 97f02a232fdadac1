"""Webhooks that the simulator sends, and what a merchant does in the dashboard."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from tests.simulator_checks.driver import wait_until
from tests.simulators import running

CODE = "11111111-2222-3333-4444-555555555555"
PATH = "/hooks/clover"


class Receiver:
    """A program that takes messages and remembers them."""

    def __init__(self, origin):
        self.origin = origin
        self.url = f"{origin}{PATH}"

    def got(self, count):
        """The bodies, once there are so many."""

        def found():
            entries = requests.get(f"{self.origin}/_sim/requests", timeout=10).json()
            return [entry for entry in entries if entry["path"] == PATH]

        return wait_until(lambda: len(found()) >= count and found())


@pytest.fixture
def receiver(clover):
    """A receiver to which Clover's messages go."""
    with running("downstream") as origin:
        found = Receiver(origin)
        clover.configure(webhook_url=found.url, webhook_auth_code=CODE)
        yield found


class Listener:
    """Takes messages to the letter, which the receiver above does not keep."""

    def __init__(self):
        self.messages = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.messages.append((self.headers["Clover-Signature"], body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                """Nothing on the screen."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_problem):
        self._server.shutdown()
        self._server.server_close()


def objects(entries):
    """(object id, type) of every event, in the order of arrival."""
    return [
        (event["objectId"], event["type"])
        for entry in entries
        for events in entry["body"]["merchants"].values()
        for event in events
    ]


def test_a_charge_and_its_refund_are_told(clover, receiver):
    charge = clover.charge()
    receiver.got(1)
    clover.refund(charge["id"], amount=100)
    entries = receiver.got(2)
    order = clover.get(f"/v1/charges/{charge['id']}").json()["order"]
    order = order if isinstance(order, str) else order["id"]
    assert objects(entries) == [
        (f"P:{charge['id']}", "CREATE"),
        (f"O:{order}", "CREATE"),
        (f"P:{charge['id']}", "UPDATE"),
        (f"O:{order}", "UPDATE"),
    ]
    assert list(entries[0]["body"]["merchants"]) == [clover.merchant_id]


def test_both_spellings_of_ids(clover, receiver):
    clover.configure(webhook_long_ids=True)
    charge = clover.charge()
    assert objects(receiver.got(1))[0][0] == f"P:{clover.merchant_id}/{charge['id']}"


def test_messages_are_duplicated_dropped_and_reordered(clover, receiver):
    clover.fault("duplicate_webhook", PATH)
    first = clover.charge()["id"]
    receiver.got(2)
    clover.fault("drop_webhook", PATH)
    clover.charge()
    clover.fault("reorder_webhook", PATH)
    late = clover.charge()["id"]
    early = clover.charge()["id"]
    entries = receiver.got(4)
    told = [name for name, _type in objects(entries) if name.startswith("P:")]
    assert told == [f"P:{first}", f"P:{first}", f"P:{early}", f"P:{late}"]
    statuses = [message["status"] for message in clover.control("GET", "webhooks")]
    assert statuses == [200, 200, None, 200, 200]


def test_a_message_nobody_overtakes_is_sent_all_the_same(clover, receiver):
    clover.configure(webhook_reorder_s=0.05)
    clover.fault("reorder_webhook", PATH)
    charge = clover.charge()
    assert objects(receiver.got(1))[0] == (f"P:{charge['id']}", "CREATE")


def test_messages_on_demand(clover, receiver):
    sent = clover.control("POST", "webhook", {"object_id": "A:APP", "type": "DELETE", "times": 2})
    assert sent["statuses"] == [200, 200]
    sent = clover.control("POST", "webhook", {"verification_code": "abcd-1234"})
    assert sent["body"] == {"verificationCode": "abcd-1234"}
    entries = receiver.got(3)
    assert objects(entries[:2]) == [("A:APP", "DELETE")] * 2
    assert "x-clover-auth" not in {name.lower() for name in entries[2]["headers"]}


def test_hosted_checkout_messages_are_signed(clover):
    charge = clover.charge()
    with Listener() as listener:
        clover.control("POST", "webhook", {"checkout": charge["id"], "url": listener.url})
    proof, body = listener.messages[0]
    stamp, signature = (part.split("=")[1] for part in proof.split(","))
    expected = hmac.new(
        b"sim-checkout-signing-secret", f"{stamp}.".encode() + body, hashlib.sha256
    ).hexdigest()
    assert signature == expected
    assert json.loads(body)["id"] == charge["id"]


def test_the_dashboard_pays_and_refunds_without_a_key(clover):
    paid = clover.control("POST", "dashboard/payment", {"amount": 1234, "cardholder": "Ann Lee"})
    payment = clover.v3(f"/payments/{paid['id']}", {"expand": "cardTransaction"}).json()
    assert payment["amount"] == 1234
    assert payment["cardTransaction"]["cardholderName"] == "Ann Lee"
    back = clover.control("POST", "dashboard/refund", {"payment": paid["id"], "amount": 234})
    effects = [(one["kind"], one["amount"], one["idempotency_key"]) for one in clover.ledger()]
    assert effects == [("charge", 1234, None), ("refund", 234, None)]
    assert back["voided"] is False
    order = clover.v3(f"/orders/{paid['order']}", {"expand": "payments"}).json()
    assert [one["id"] for one in order["payments"]["elements"]] == [paid["id"]]
