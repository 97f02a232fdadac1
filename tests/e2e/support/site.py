"""A company that takes cards: its Odoo, its database, its people, its invoices, its gateway."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from .clover import Clover, Merchant
from .database import Database
from .front import FrontDoor
from .origins import clover_app
from .rpc import OdooUser
from .server import OdooServer
from .settings import Settings

COLLECTOR = "fusion_payment_common.group_fusion_collector"


@dataclass(frozen=True)
class Invoice:
    """A posted customer invoice; ``cents`` is its total."""

    id: int
    name: str
    cents: int


class Site:
    """Everything is there when the block begins and gone when it ends.

    The database is a clone of the template: all people and invoices are made here, so nothing
    depends on demo data. Clover is connected by the real OAuth flow.
    """

    def __init__(self, settings: Settings, name: str, clover_origin: str) -> None:
        self.database = Database(settings, name)
        self.server = OdooServer(settings, name)
        self.clover = Clover(clover_origin)
        self._resources = ExitStack()

    def __enter__(self) -> "Site":
        try:
            # Faults that others left there, and ours: the next one may use the same simulator.
            self.clover.behave()
            self._resources.callback(self.clover.behave)
            self.database.create()
            self._resources.callback(self.database.drop)
            # Its database goes with it: there is nothing to end in an orderly way.
            self._resources.callback(self.server.kill)
            self.server.start()
            front = FrontDoor(self.server.http_port, self.server.websocket_port)
            self.url = self._resources.enter_context(front).url
            self.admin = self.log_in("admin", "admin")
            self._set_up()
        except BaseException:
            self._resources.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._resources.close()

    # --- people ---

    def log_in(self, login: str, password: str) -> OdooUser:
        """Somebody who has an account.

        :raises OdooError: wrong password.
        """
        return OdooUser(self.url, self.database.name, login, password)

    def clerk(self, name: str, **values: Any) -> OdooUser:
        """A new clerk, who may collect and nothing more, logged in; the first name is the login."""
        login = name.split()[0].lower()
        user = {
            "name": name,
            "login": login,
            "password": f"{login}-secret",
            "company_id": self.admin.company_id,
            "company_ids": [[6, 0, [self.admin.company_id]]],
            "group_ids": [[6, 0, [self.admin.ref(COLLECTOR)]]],
            "tz": "America/Toronto",
        }
        quiet = {"no_reset_password": True}
        self.admin.call("res.users", "create", user | values, context=quiet)
        return self.log_in(login, user["password"])

    # --- documents ---

    def invoice(self, cents: int) -> Invoice:
        """A new posted invoice."""
        line = {"name": "Task chair", "quantity": 1, "price_unit": cents / 100, "tax_ids": [[5]]}
        values = {
            "move_type": "out_invoice",
            "partner_id": self._customer,
            "invoice_line_ids": [[0, 0, line]],
        }
        move_id = self.admin.call("account.move", "create", values)
        self.admin.call("account.move", "action_post", [move_id])
        move = self.admin.read("account.move", move_id, "name", "amount_total")
        assert round(move["amount_total"] * 100) == cents
        return Invoice(move_id, move["name"], cents)

    # --- settings ---

    def set_parameter(self, name: str, value: Any) -> None:
        """Set a system parameter."""
        self.admin.call("ir.config_parameter", "set_param", name, str(value))

    def answer_within(self, seconds: float) -> None:
        """How long Odoo waits for the answer to a charge before it calls the outcome unknown."""
        self.set_parameter("fusion_clover.charge_read_timeout", seconds)

    @cached_property
    def provider_id(self) -> int:
        """The Clover provider of the company."""
        domain = [["code", "=", "clover"], ["company_id", "=", self.admin.company_id]]
        (provider_id,) = self.admin.call("payment.provider", "search", domain)
        return provider_id

    @cached_property
    def merchant(self) -> Merchant:
        """The merchant, as Clover's API tells."""
        return self.clover.merchant(f"{self.url}/payment/clover/oauth/callback")

    def _set_up(self) -> None:
        # As Odoo does when it duplicates a database: who it is goes into the idempotency keys.
        self.set_parameter("database.uuid", uuid.uuid4())
        self.set_parameter("web.base.url", self.url)
        self.set_parameter("web.base.url.freeze", "True")
        self.set_parameter("fusion_clover.sandbox_origin", self.clover.origin)
        self._customer = self.admin.call("res.partner", "create", {"name": "Acme Dental"})
        values = clover_app() | {"state": "test"}
        self.admin.call("payment.provider", "write", [self.provider_id], values)
        action = self.admin.call(
            "payment.provider", "action_clover_oauth_connect", [self.provider_id]
        )
        landed = self.admin.http.get(action["url"], timeout=60)
        assert urlsplit(landed.url).netloc == urlsplit(self.url).netloc, landed.url
        names = ("clover_connection_state", "clover_connection_message")
        provider = self.admin.read("payment.provider", self.provider_id, *names)
        assert provider["clover_connection_state"] == "connected", provider

    def warm_up(self) -> None:
        """Have Odoo build the web client's bundles, so that no test waits for them."""
        page = self.admin.http.get(f"{self.url}/odoo", timeout=120).text
        bundles = re.findall(r'(?:href|src)="(/web/assets/[^"]+)"', page)
        assert bundles
        with ThreadPoolExecutor(2) as pool:
            for answer in pool.map(
                lambda path: self.admin.http.get(self.url + path, timeout=120), bundles
            ):
                answer.raise_for_status()
