"""The dispatcher beside an empty route of the same server, in one run."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from odoo.addons.fusion_payment_common.lib import signed_state

from tests.bench.flood import flood, get, post
from tests.bench.sink import Sink
from tests.e2e.support.waiting import wait_until

AUTH_CODE = "9a3c1d5e-4f2b-4c6d-8e7f-0a1b2c3d4e5f"
TENANTS = 4
#: An empty route of Odoo's own, ``auth='none'`` as ours.
EMPTY = get("/web/health")


@pytest.fixture
def sinks() -> Iterator[list[Sink]]:
    """A program for each tenant that takes everything."""
    with ExitStack() as stack:
        yield [stack.enter_context(Sink()) for _tenant in range(TENANTS)]


def set_up(site, hosts):
    """Make the site a dispatcher with a tenant at each host, ten merchants each; their keys."""
    site.set_parameter("fusion_clover.dispatcher_enabled", "True")
    site.set_parameter("fusion_clover.dispatcher_app_id", "APP")
    site.set_parameter("fusion_clover.dispatcher_auth_code", AUTH_CODE)
    keys = []
    for number, host in enumerate(hosts):
        lines = [[0, 0, {"merchant_id": f"M{number}X{one:03}"}] for one in range(10)]
        values = {"name": f"T{number}", "base_url": host, "merchant_line_ids": lines}
        tenant = site.admin.call("clover.tenant", "create", values)
        keys.append(site.admin.read("clover.tenant", tenant, "signing_key")["signing_key"])
    return keys


def forged(number):
    """A state that looks right and is signed with a key of nobody's."""
    return signed_state.issue(
        "forged", redirect_to="https://t0.example.com/payment/clover/oauth/callback",
        now=time.time(), customer=str(number),
    )  # fmt: skip


def webhook(number, *merchants, code=AUTH_CODE):
    """A body for these merchants."""
    notice = {"objectId": f"P:PAY{number}", "type": "CREATE", "ts": 1700000000000 + number}
    body = json.dumps({"appId": "APP", "merchants": dict.fromkeys(merchants, [notice])})
    return post("/clover/webhook", body.encode(), X_Clover_Auth=code)


def login_latency(site, stop):
    """Seconds of the login page, again and again until ``stop``."""
    seconds = []
    while not stop.is_set() or len(seconds) < 5:
        started = time.perf_counter()
        answer = requests.get(f"http://127.0.0.1:{site.server.http_port}/web/login", timeout=60)
        assert answer.status_code == 200
        seconds.append(time.perf_counter() - started)
        if stop.is_set() and len(seconds) >= 5:
            break
    return sorted(seconds)


def median_ms(seconds):
    return round(seconds[len(seconds) // 2] * 1000, 1)


def test_dispatcher_beside_an_empty_route(site, runs, report):
    set_up(site, [f"https://t{number}.example.com" for number in range(TENANTS)])
    port, count = site.server.http_port, runs * 20
    flood(port, [EMPTY] * 100 + [get("/web/login")] * 8)
    empty = flood(port, [EMPTY] * count)
    health = flood(port, [get("/healthz")] * count)
    states = [get(f"/clover/callback?code=C&state={forged(number)}") for number in range(count)]
    flood(port, states[:20])
    refused = flood(port, states)
    forgeries = flood(port, [webhook(number, "M0X000", code="x") for number in range(count)])
    bodies = [webhook(number, f"M{number % TENANTS}X000") for number in range(runs * 5)]
    genuine = flood(port, bodies)
    many = [f"M{one:012}" for one in range(1001)]
    thousand = flood(port, [webhook(10**6, *many)], at_once=1)
    large = flood(port, [post("/clover/webhook", b"x" * 10_000_000)], at_once=1)
    report(
        empty_route=empty.summary(),
        healthz=health.summary() | {"of_empty": round(health.per_second / empty.per_second, 2)},
        forged_states=refused.summary()
        | {"of_empty": round(refused.per_second / empty.per_second, 2)},
        forged_webhooks=forgeries.summary()
        | {"of_empty": round(forgeries.per_second / empty.per_second, 2)},
        stored_webhooks=genuine.summary(),
        merchants_1001=thousand.summary(),
        ten_megabytes=large.summary(),
    )
    assert set(refused.statuses) == {403}
    assert set(forgeries.statuses) == {401}
    assert set(genuine.statuses) == set(thousand.statuses) == set(health.statuses) == {200}
    stored = "SELECT count(*) FROM fusion_event WHERE source = 'clover.dispatcher'"
    assert site.database.value(stored) == runs * 5 + 1


def test_login_during_a_flood(site, runs, report):
    set_up(site, ["https://t0.example.com"])
    port = site.server.http_port
    quiet_stop = threading.Event()
    quiet_stop.set()
    login_latency(site, quiet_stop)
    quiet = login_latency(site, quiet_stop)
    figures = {"quiet_ms": median_ms(quiet)}
    for name, requests_ in (
        ("empty_route", [EMPTY] * (runs * 20)),
        ("forged_states", [get(f"/clover/callback?state={forged(n)}") for n in range(runs * 20)]),
        ("forged_webhooks", [webhook(n, "M0X000", code="x") for n in range(runs * 20)]),
    ):
        stop, found = threading.Event(), []
        thread = threading.Thread(target=lambda s=stop, f=found: f.extend(login_latency(site, s)))
        thread.start()
        flood(port, requests_, at_once=4)
        stop.set()
        thread.join(60)
        figures[f"during_{name}_ms"] = median_ms(sorted(found))
    report(**figures)


def test_webhook_fan_out_with_nothing_lost(site, runs, sinks, report):
    set_up(site, [sink.origin for sink in sinks])
    count = runs * 5
    merchants = [f"M{number}X000" for number in range(TENANTS)]
    bodies = [webhook(number, *merchants) for number in range(count)]
    started = time.perf_counter()
    # One sender, so that there is an order to keep.
    taken = flood(site.server.http_port, bodies, at_once=1)
    done = "SELECT count(*) FROM fusion_delivery WHERE state = 'delivered'"
    wait_until(lambda: site.database.value(done) == count * TENANTS, "all deliveries", 300.0)
    seconds = time.perf_counter() - started
    expected = [1700000000000 + number for number in range(count)]
    report(
        bodies=count,
        tenants=TENANTS,
        taken=taken.summary(),
        forwarded_per_second=round(count * TENANTS / seconds, 1),
        seconds=round(seconds, 1),
        lost=sum(count - len(set(sink.stamps)) for sink in sinks),
        out_of_order=sum(sink.stamps != expected for sink in sinks),
    )
    assert set(taken.statuses) == {200}
    assert [sink.stamps for sink in sinks] == [expected] * TENANTS
