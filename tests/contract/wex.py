"""An EnCompass account at a running simulator, for the contract tests."""

from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import Exchange
from odoo.addons.fusion_payment_common.lib.transport import RequestsTransport, Timeout
from odoo.addons.fusion_wex.client.registry import build_issuer
from odoo.addons.fusion_wex.client.settings import AccountSettings
from odoo.addons.fusion_wex.client.types import CardRequest, InvoiceLine

from tests.simulators.wex.driver import WexDriver

QUICK = Timeout(connect=5.0, read=2.0)
LOST = errors.UnknownOutcomeError


class Account:
    """An account at a simulator, with the simulator's controls."""

    def __init__(self, origin: str, transport: RequestsTransport) -> None:
        self.sim = WexDriver(origin)
        self.transport = transport
        self.exchanges: list[Exchange] = []
        self.client = self.new_client()

    def new_client(self, **changes: Any):
        """Another client of the same simulator."""
        values = {
            "url": self.sim.origin,
            "organisation": "SIMGROUP",
            "username": "apiuser",
            "password": "sim-wex-password",
            "timeout": QUICK,
            **changes,
        }
        return build_issuer(
            "encompass_rest",
            AccountSettings(**values),
            self.transport,
            app_version="0",
            observer=self.exchanges.append,
        )


def card_request(amount: str = "150.00", reference: str = "PAY-001/1", **changes: Any):
    line = InvoiceLine("INV12345", date(2025, 8, 19), Decimal(amount))
    values = {
        "reference": reference,
        "amount": Decimal(amount),
        "currency": "USD",
        "vendor_name": "Acme Hauling LLC",
        "invoices": (line,),
        **changes,
    }
    return CardRequest(**values)
