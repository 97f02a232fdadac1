"""What it takes to accept a genuine webhook, beside an empty route and one that inserts one row.

``RUNS`` (60) times 20 genuine requests of each; ``FORGED`` (10000) forged ones while people log in.
"""

import configparser
import os
import threading
from pathlib import Path

import pytest

from tests.bench.flood import beside, flood, post
from tests.bench.test_dispatcher import AUTH_CODE, EMPTY, login_latency, median_ms, webhook

FORGED = int(os.environ.get("FORGED") or 10_000)
PATH = "/payment/clover/webhook"
ADDONS = Path(__file__).parent / "server_addons"
#: Share of the one-row route's speed that is wanted.
GOAL = 0.8
_RECEIVED = "SELECT count(*) FROM fusion_event WHERE source = 'clover' AND state = 'received'"


@pytest.fixture
def tenant(site) -> str:
    """The site with the one-row route beside ours, and nobody at work on events; its merchant."""
    site.admin.call("payment.provider", "write", [site.provider_id],
                    {"clover_webhook_auth_code": AUTH_CODE})  # fmt: skip
    crons = site.admin.call("ir.cron", "search", [["model_id.model", "=", "fusion.event"]])
    assert crons
    site.admin.call("ir.cron", "write", crons, {"active": False})
    site.database.execute("CREATE TABLE bench_one_row (id serial PRIMARY KEY, body text)")
    config = configparser.ConfigParser(interpolation=None)
    config.read(site.server._settings.odoo_conf)
    site.server.stop()
    site.server.options = [
        f"--addons-path={config['options']['addons_path']},{ADDONS}",
        "--load=base,rpc,web,bench_one_row",
    ]
    site.server.start()
    values = site.admin.read("payment.provider", site.provider_id, "clover_merchant_id")
    return values["clover_merchant_id"]


def genuine(merchant, count, first):
    """Notices of payments, each its own."""
    return [webhook(first + number, merchant, path=PATH) for number in range(count)]


def during(site, requests_):
    """Milliseconds of the login page while these requests come, and what they were answered."""
    stop, found = threading.Event(), []
    thread = threading.Thread(target=lambda: found.extend(login_latency(site, stop)))
    thread.start()
    flooded = flood(site.server.http_port, requests_, at_once=4)
    stop.set()
    thread.join(60)
    return median_ms(sorted(found)), flooded


def test_intake_beside_an_empty_route_and_one_row(site, tenant, runs, report):
    port, count = site.server.http_port, runs * 20
    one_row = post("/bench/one_row", webhook(0, tenant, path=PATH).partition(b"\r\n\r\n")[2])
    flood(port, [EMPTY, one_row, *genuine(tenant, 1, 0)] * 20)
    stored = site.database.value(_RECEIVED)
    empty, of_ours = beside(port, EMPTY, genuine(tenant, count, 10**6))
    row, ours = beside(port, one_row, genuine(tenant, count, 2 * 10**6))
    for flooded in (empty, row, of_ours, ours):
        assert set(flooded.statuses) == {200}
    assert site.database.value(_RECEIVED) - stored == 2 * count
    share = ours.per_second / row.per_second
    report(
        genuine=ours.summary() | {"of_one_row": round(share, 2), "goal": GOAL},
        genuine_beside_empty=of_ours.summary()
        | {"of_empty": round(of_ours.per_second / empty.per_second, 2)},
        empty=empty.summary(),
        one_row=row.summary(),
        goal_met=share >= GOAL,
        lost=0,
    )
    quiet = threading.Event()
    quiet.set()
    login_latency(site, quiet)
    quiet_ms = median_ms(login_latency(site, quiet))
    forged_ms, forged = during(
        site, [webhook(n, tenant, code="x", path=PATH) for n in range(FORGED)]
    )
    empty_ms, _empty = during(site, [EMPTY] * FORGED)
    report(
        login={
            "quiet_ms": quiet_ms,
            "during_forged_ms": forged_ms,
            "during_empty_ms": empty_ms,
            "forged_of_quiet": round(forged_ms / quiet_ms, 2),
            "forged_of_empty": round(forged_ms / empty_ms, 2),
        },
        forged=forged.summary(),
    )
    assert set(forged.statuses) == {401}
    assert site.database.value(_RECEIVED) - stored == 2 * count
