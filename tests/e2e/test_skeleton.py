"""The skeleton of docs/add-a-provider.md is installed as it is, and charges through the ledger."""

import configparser
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.conftest import PREFIX
from tests.e2e.support.database import Database
from tests.e2e.support.settings import ROOT, Settings
from tests.e2e.support.shell import Go, OdooShell

SKELETON = ROOT / "docs/skeleton"
COMPLAINT = re.compile(r" (WARNING|ERROR|CRITICAL) ")

SCRIPT = """
provider = env["payment.provider"].search(
    [("code", "=", "example"), ("company_id", "=", env.company.id)]
)
provider.write({{"example_api_key": "secret-of-a-test", "state": "test"}})
env["ir.config_parameter"].set_param("fusion_example.sandbox_origin", {origin!r})
def invoice(amount):
    move = env["account.move"].create({{
        "move_type": "out_invoice",
        "partner_id": env["res.partner"].create({{"name": "Acme Dental"}}).id,
        "invoice_line_ids": [(0, 0, {{"name": "Chair", "price_unit": amount, "tax_ids": [(5,)]}})],
    }})
    move.action_post()
    return move
def transaction(move):
    return env["payment.transaction"].create({{
        "provider_id": provider.id,
        "payment_method_id": provider.payment_method_ids[:1].id,
        "reference": env["payment.transaction"]._compute_reference(
            "example", invoice_ids=[(6, 0, move.ids)]
        ),
        "amount": move.amount_residual,
        "currency_id": move.currency_id.id,
        "partner_id": move.partner_id.id,
        "operation": "online_direct",
        "invoice_ids": [(6, 0, move.ids)],
    }})
def show(move, tx, answer):
    # The ledger and the books are written in transactions of their own.
    env.cr.commit()
    env.invalidate_all()
    tell(
        outcome=str(answer.outcome), reference=answer.provider_reference, state=tx.state,
        booked=tx.payment_id.amount, due=move.amount_residual, message=tx.state_message or "",
        operations=[operation.state for operation in tx.sudo().fusion_operation_ids],
    )
for source in ("tok_approved", "tok_declined", "tok_lost"):
    move = invoice(113)
    tx = transaction(move)
    env.cr.commit()
    answer = tx._example_charge(source)
    show(move, tx, answer)
    if source == "tok_approved":
        show(move, tx, tx._example_charge(source))
    if source == "tok_lost":
        env.cr.execute(
            "UPDATE fusion_operation SET next_attempt_at = next_attempt_at - interval '1 day'"
            " WHERE reference = %s", [tx.reference],
        )
        env.cr.commit()
        tx.fusion_complete_now()
        show(move, tx, answer)
"""


class Provider(ThreadingHTTPServer):
    """The provider: keeps charges by idempotency key, and loses an answer when it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.charges: dict[str, dict[str, object]] = {}
        self.keys: list[str] = []

    @property
    def origin(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        self.server.keys.append(key)
        if asked["source"] == "tok_declined":
            self._answer(402, {"error": "no"})
            return
        number = f"ch_{len(self.server.charges) + 1}"
        charge = self.server.charges.setdefault(
            key, {"id": number, "status": "succeeded", **asked}
        )
        if asked["source"] == "tok_lost":
            self.connection.close()
            self.close_connection = True
            return
        self._answer(200, charge)

    def do_GET(self) -> None:
        [reference] = parse_qs(urlsplit(self.path).query)["reference"]
        found = [one for one in self.server.charges.values() if one["reference"] == reference]
        self._answer(200, {"data": found})

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Quiet: the test looks at what was kept."""


@contextmanager
def serving(server: Provider) -> Iterator[Provider]:
    """The provider answers inside the block."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def addons_path(settings: Settings) -> str:
    """The option that adds the skeleton to what Odoo knows."""
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(settings.odoo_conf)
    return f"--addons-path={conf['options']['addons_path']},{SKELETON}"


@pytest.fixture
def database(settings: Settings, addons_path: str) -> Iterator[Database]:
    """A clone of the template with the skeleton installed."""
    made = Database(settings, f"{PREFIX}_{os.getpid()}_skeleton")
    made.create()
    try:
        done = subprocess.run(
            [str(settings.odoo_bin), "server", "-c", str(settings.odoo_conf), "-d", made.name,
             addons_path, "-i", "fusion_example", "--no-http", "--stop-after-init",
             "--max-cron-threads=0", "--log-level=warn"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        complaints = [line for line in done.stderr.splitlines() if COMPLAINT.search(line)]
        assert (done.returncode, complaints) == (0, [])
        yield made
    finally:
        made.drop()


def test_the_skeleton_charges_each_intent_once(settings, database, addons_path):
    go = Go()
    with serving(Provider()) as provider:
        script = SCRIPT.format(origin=provider.origin)
        shell = OdooShell(settings, database.name, script, go, addons_path)
        approved, again, declined, lost, found = (shell.told() for _ in range(5))
        shell.end()
    go.give()
    assert approved == {
        "outcome": "succeeded",
        "reference": "ch_1",
        "state": "done",
        "booked": 113.0,
        "due": 0.0,
        "message": "",
        "operations": ["succeeded"],
    }
    assert again == approved
    assert (declined["outcome"], declined["state"]) == ("declined", "error")
    assert (declined["booked"], declined["due"]) == (0.0, 113.0)
    assert declined["message"] == "The card was declined. Nothing was charged."
    # The answer was lost after the charge: nobody may charge again until it has been found.
    assert (lost["outcome"], lost["state"], lost["booked"]) == ("unknown", "pending", 0.0)
    assert lost["operations"] == ["unknown"]
    assert (found["state"], found["booked"], found["due"]) == ("done", 113.0, 0.0)
    assert found["operations"] == ["succeeded"]
    assert len(provider.keys) == len(set(provider.keys)) == 3
    assert sorted(provider.charges) == sorted(provider.keys[:1] + provider.keys[2:])
    booked = database.rows(
        "SELECT provider_reference FROM payment_transaction WHERE state = 'done'"
        " AND provider_reference LIKE 'ch\\_%%' ORDER BY id"
    )
    assert [row["provider_reference"] for row in booked] == ["ch_1", "ch_2"]
