"""A database that issues cards at a simulator of WEX for callers of the old proxy's route."""

import os
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import requests
from cryptography.fernet import Fernet

from tests.e2e.support.database import Database
from tests.e2e.support.origins import serving, wex_login
from tests.e2e.support.server import OdooServer
from tests.e2e.support.settings import Settings
from tests.e2e.support.wex import Wex
from tests.outbox.processes import run_in_odoo

TOKEN = "the-token-of-a-caller-under-chaos"

_SET_UP = """
import uuid
env["ir.config_parameter"].set_param("database.uuid", str(uuid.uuid4()))
env["ir.config_parameter"].set_param("fusion_wex.sandbox_origin", origin)
env["fusion.delivery.endpoint"].search([]).write({"state": "disabled"})
endpoint = env["fusion.delivery.endpoint"].create({
    "name": "Receiver", "url": receiver, "state": "test", "profile": "proxy",
    "ack_token": token, "wex_sends_card_data": True, **options,
})
account = env["wex.account"].create({
    "name": "WEX under test", "state": "test", "is_search_trusted": True,
    "proxy_token": token, "delivery_endpoint_id": endpoint.id, **login,
})
result = [account.id, endpoint.id]
"""


class WexSite:
    """Everything is there when the block begins, but for the server; gone when it ends."""

    def __init__(self, settings: Settings, name: str, receiver: str, **options: Any) -> None:
        self.settings = settings
        self.database = Database(settings, name)
        self.server = OdooServer(settings, name)
        self._receiver = receiver
        self._options = options
        self._resources = ExitStack()

    def __enter__(self) -> "WexSite":
        try:
            # The same for the server and for what looks into its database.
            keys = {"FUSION_VAULT_KEYS": Fernet.generate_key().decode()}
            self._resources.enter_context(patch.dict(os.environ, keys))
            self.database.create()
            self._resources.callback(self.database.drop)
            self._resources.callback(self.server.kill)
            origin = self._resources.enter_context(serving("wex"))
            self.wex = Wex(origin)
            # Faults that others left there, and ours: the next one may use the same simulator.
            self.wex.behave()
            self._resources.callback(self.wex.behave)
            self.account_id, self.endpoint_id = run_in_odoo(
                self.settings, self.database.name, _SET_UP,
                origin=origin, receiver=self._receiver, token=TOKEN, options=self._options,
                login=wex_login(),
            )  # fmt: skip
        except BaseException:
            self._resources.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._resources.close()

    @property
    def origin(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.server.http_port}"

    def run(self, script: str, **values: Any) -> Any:
        """Run a script in this database; see ``run_in_odoo``."""
        return run_in_odoo(self.settings, self.database.name, script, **values)

    def ask(self, number: int, cents: int, *, timeout: float = 20) -> requests.Response:
        """Ask ``/proxy`` for the card of payment ``number``."""
        return requests.post(
            f"{self.origin}/proxy",
            json=payment(number, cents),
            headers={"X-Proxy-Auth-Token": TOKEN},
            timeout=timeout,
        )


def payment(number: int, cents: int) -> dict[str, Any]:
    """What a caller of the old proxy sends."""
    return {
        "_id": f"request-{number}",
        "x_name": f"PAY-{number}",
        "x_studio_vendor_name": "Test Vendor",
        "x_studio_vendor_payment_amount_requested": cents / 100,
        "x_studio_hauler_invoice_or_remittance_advice_memo": f"INV-{number}",
        "x_studio_employee_name": "Test Employee",
    }
