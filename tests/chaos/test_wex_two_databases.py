"""One Odoo issues cards, another receives them; both are killed, each card arrives once."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.support.database import Database
from tests.e2e.support.server import OdooServer
from tests.e2e.support.settings import Settings
from tests.e2e.support.waiting import wait_until
from tests.outbox.processes import run_in_odoo

from .wex_site import TOKEN, WexSite

CARDS = 20
#: Seconds for which the receiver is down while cards are issued: a minute, or less in a short run.
DOWN = float(os.environ.get("DOWN") or min(60, int(os.environ.get("RUNS") or 60)))
#: Seconds until all have arrived; an endpoint that failed often is left alone for a while.
CALM = 300
_RECEIVE = """
import uuid
env["ir.config_parameter"].set_param("database.uuid", str(uuid.uuid4()))
env["fusion.delivery.endpoint"].search([]).write({"state": "disabled"})
back = env["fusion.delivery.endpoint"].create({
    "name": "Issuer's /wex/ack", "url": issuer + "/wex/ack", "state": "test",
    "is_signed": False, "is_numbered": False, "retry_delays": "1, 2, 4, 8"})
intake = env["wex.intake"].create({
    "name": "Issuer", "ack_token": token, "ack_endpoint_id": back.id})
result = intake.signing_secret
"""
_SEND = """
endpoint = env["fusion.delivery.endpoint"].browse(endpoint_id)
endpoint.write({"is_signed": True, "signing_secret": secret, "url": url,
                "retry_delays": "2, 2, 4, 8", "retry_horizon_hours": 1})
result = True
"""


@pytest.fixture
def pair():
    """The issuing site and the receiving server with its database; neither is started."""
    settings = Settings.from_environment()
    server = OdooServer(settings, "fusion_chaos_wex_in")
    database = Database(settings, "fusion_chaos_wex_in")
    address = f"http://127.0.0.1:{server.http_port}/wex/intake"
    # One after the other: many refusals at the same moment would have the receiver left alone for
    # minutes, and this test is about what arrives.
    options = {"ack_policy": "explicit", "max_parallel": 1}
    with WexSite(settings, "fusion_chaos_wex_out", address, **options) as site:
        try:
            database.create()
            secret = run_in_odoo(settings, database.name, _RECEIVE, issuer=site.origin, token=TOKEN)
            site.run(_SEND, endpoint_id=site.endpoint_id, secret=secret, url=address)
            yield site, server, database
        finally:
            server.kill()
            database.drop()


def test_each_card_is_stored_once_and_acknowledged_once(pair, report):
    site, receiver, received = pair
    cents = [1000 + number for number in range(CARDS)]
    site.server.start()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(site.ask, range(CARDS), cents))
    assert {answer.status_code for answer in answers} == {200}
    time.sleep(DOWN)  # the receiver is away for so long
    site.server.kill()
    site.server.start()
    receiver.start()
    wait_until(
        lambda: received.value("SELECT count(*) FROM fusion_event") >= 1, "one came", timeout=CALM
    )
    receiver.kill()
    receiver.start()
    done = "SELECT count(*) FROM fusion_delivery WHERE state = 'acknowledged'"
    wait_until(lambda: site.database.value(done) == CARDS, "all are acknowledged", timeout=CALM)

    cards = received.rows(
        "SELECT payment_id, round(amount * 100)::int AS cents, last4, state FROM wex_received_card"
    )
    report(
        cards=CARDS,
        down_s=DOWN,
        attempts=site.database.value("SELECT count(*) FROM fusion_delivery_attempt"),
        events=received.value("SELECT count(*) FROM fusion_event"),
    )
    assert sorted((card["payment_id"], card["cents"], card["state"]) for card in cards) == sorted(
        (f"PAY-{number}", amount, "issued") for number, amount in enumerate(cents)
    )
    numbers = [answer.json()["card_number"] for answer in answers]
    assert sorted(card["last4"] for card in cards) == sorted(number[-4:] for number in numbers)
    assert received.value("SELECT count(*) FROM fusion_secret WHERE payload IS NOT NULL") == CARDS
    for dump in (received.dump(), site.database.dump(), receiver.log(), site.server.log()):
        assert [number for number in numbers if number in dump] == []
