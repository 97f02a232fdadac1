"""The Clover client over real sockets against a running simulator."""

from collections.abc import Iterator
from typing import Any

import pytest

from odoo.addons.fusion_clover.client.client import CloverClient
from odoo.addons.fusion_clover.client.environment import Environment
from odoo.addons.fusion_clover.client.oauth import OAuthClient
from odoo.addons.fusion_clover.client.types import ChargeRequest, TokenPair
from odoo.addons.fusion_payment_common.lib.api_client import Exchange
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.transport import RequestsTransport, Timeout

from tests.simulator_checks.driver import APP_ID, APP_SECRET, CloverDriver
from tests.simulators import running
from tests.simulators.wex.driver import WexDriver

from .wex import Account

#: Long enough for an answer on a busy machine, short enough to wait for one that never comes.
QUICK = Timeout(connect=5.0, read=2.0)


class Refreshing:
    """An authorizer that keeps the pair it was given, as the addon's token table does."""

    def __init__(self, oauth: OAuthClient, pair: TokenPair) -> None:
        self.oauth = oauth
        self.pair = pair

    def token(self) -> str:
        return self.pair.access_token

    def refresh(self, rejected: str) -> str | None:
        if rejected == self.pair.access_token:
            self.pair = self.oauth.refresh(self.pair.refresh_token)
        return self.pair.access_token


class Connected:
    """A merchant connected through the client's own OAuth, with the simulator's controls."""

    def __init__(self, origin: str, transport: RequestsTransport) -> None:
        self.sim = CloverDriver(origin).connect()
        self.exchanges: list[Exchange] = []
        self.environment = Environment.single_origin(origin)
        self.transport = transport
        self.oauth = OAuthClient(self.environment, transport, APP_ID, APP_SECRET)
        arrival = self.sim.authorize_params()
        self.authorizer = Refreshing(self.oauth, self.oauth.exchange(arrival["code"]))
        self.merchant_id = arrival["merchant_id"]
        self.client = self.new_client(QUICK)

    def new_client(self, timeout: Timeout, environment: Environment | None = None) -> CloverClient:
        """Another client of the same merchant; all of them are observed together."""
        return CloverClient(
            environment or self.environment,
            merchant_id=self.merchant_id,
            authorizer=self.authorizer,
            transport=self.transport,
            app_version="0",
            observer=self.exchanges.append,
            timeout=timeout,
        )

    def request(self, amount: int = 1000, number: str | None = None, **changes: Any):
        """A charge request with a fresh token of the simulator."""
        source = self.sim.token(number) if number else self.sim.token()
        values = {"amount": Money(amount, "CAD"), "source": source, **changes}
        return ChargeRequest(**values)

    def moved(self) -> list[tuple[str, int]]:
        """``(kind, amount)`` of everything that really happened at the simulator."""
        return [(effect["kind"], effect["amount"]) for effect in self.sim.ledger()]


@pytest.fixture(scope="session")
def clover_origin() -> Iterator[str]:
    """The origin of a simulator of this test session."""
    with running("clover") as origin:
        yield origin


@pytest.fixture
def clover(clover_origin: str) -> Iterator[Connected]:
    """A freshly connected merchant on a simulator that was put back to its beginning."""
    CloverDriver(clover_origin).control("POST", "reset")
    transport = RequestsTransport()
    yield Connected(clover_origin, transport)
    CloverDriver(clover_origin).control("POST", "release")
    transport.close()


@pytest.fixture(scope="module")
def wex_origin() -> Iterator[str]:
    """A WEX simulator."""
    with running("wex") as origin:
        yield origin


@pytest.fixture
def wex(wex_origin: str) -> Iterator[Account]:
    """An account at it, as new."""
    WexDriver(wex_origin).control("POST", "reset")
    transport = RequestsTransport()
    yield Account(wex_origin, transport)
    WexDriver(wex_origin).control("POST", "release")
    transport.close()
