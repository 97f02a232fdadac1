"""The simulator seen by a client we did not write: Clover's Ecommerce SDK for Node."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "sdk"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed_sdk() -> Path:
    """The folder with the SDK installed from its lock file (once)."""
    assert shutil.which("node"), "node is needed (make bootstrap installs it)"
    command = [str(ROOT / "dev/node-packages.sh"), str(FOLDER)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return FOLDER


@pytest.fixture
def seen(installed_sdk, clover):
    """What the SDK got from a day in the shop."""
    done = subprocess.run(
        ["node", "exercise.js", clover.origin, clover.access_token],
        cwd=installed_sdk,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_clovers_own_sdk_charges_captures_refunds_saves_and_orders(seen, clover):
    assert seen["token"]["card"]["last4"] == "4242"
    charge = seen["charge"]
    assert (charge["amount"], charge["status"], charge["paid"]) == (1358, "succeeded", True)
    assert seen["retrieved"]["id"] == charge["id"]
    assert len(seen["retrieved"]["order"]) == 13
    assert (seen["captured"]["captured"], seen["captured"]["amount"]) == (True, 900)
    refund = seen["refund"]
    assert (refund["amount"], refund["charge"]) == (300, charge["id"])
    assert seen["retrievedRefund"] == refund
    assert seen["customer"]["sources"]["object"] == "list"
    assert seen["onFile"]["source"]["brand"] == "MC"
    assert (seen["paidOrder"]["status"], seen["paidOrder"]["amount_paid"]) == ("paid", 500)
    assert seen["returnedOrder"]["status"] == "returned"
    moved = [(effect["kind"], effect["amount"]) for effect in clover.ledger()]
    assert moved == [
        ("charge", 1358),
        ("authorize", 0),
        ("capture", 900),
        ("refund", 300),
        ("charge", 500),
        ("charge", 500),
        ("refund", 500),
    ]


def test_clovers_own_sdk_reads_our_refusals_as_clovers(seen):
    assert seen["badField"]["type"] == "CloverInvalidRequestError"
    assert seen["badField"]["code"] == "invalid_charge_amount"
    assert seen["longReference"]["type"] == "CloverInvalidRequestError"
    assert seen["overRefund"]["type"] == "CloverInvalidRequestError"
    assert seen["unauthorised"]["type"] == "CloverAuthenticationError"
    assert seen["unauthorised"]["status"] == 401
    # Live declines carry no type, which this SDK does not understand: it hands the body on.
    assert seen["declined"]["type"] == "CloverAPIError"
    assert seen["declined"]["code"] == "card_declined"
