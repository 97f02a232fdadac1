"""The dispatcher beside an empty route of the same server, in one run."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from odoo.addons.fusion_payment_common.lib import signed_state

from tests.bench.flood import beside, flood, get, post
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


def forged(number, origin):
    """A state for a tenant that looks right and is signed with a key of nobody's."""
    return signed_state.issue(
        "forged",
        redirect_to=f"{origin}/payment/clover/oauth/callback",
        now=time.time(),
        customer=str(number),
    )


def webhook(number, *merchants, code=AUTH_CODE, path="/clover/webhook"):
    """A body for these merchants."""
    notice = {"objectId": f"P:PAY{number}", "type": "CREATE", "ts": 1700000000000 + number}
    body = json.dumps({"appId": "APP", "merchants": dict.fromkeys(merchants, [notice])})
    return post(path, body.encode(), X_Clover_Auth=code)


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


def of_empty(flooded, empty):
    """The figures of a flood, with its speed beside the empty route's."""
    return flooded.summary() | {"of_empty": round(flooded.per_second / empty.per_second, 2)}


def refusals(site, origin, count):
    """What strangers get, each next to a request of the empty route: figures by route."""
    port = site.server.http_port
    code = {"clover_webhook_auth_code": AUTH_CODE}
    site.admin.call("payment.provider", "write", [site.provider_id], code)
    floods = {
        "healthz": ([get("/healthz")] * count, 200),
        "forged_states": (
            [get(f"/clover/callback?code=C&state={forged(n, origin)}") for n in range(count)],
            403,
        ),
        "forged_webhooks": (
            [webhook(number, "M0X000", code="x") for number in range(count)],
            401,
        ),
        "forged_tenant_webhooks": (
            [
                webhook(number, "M0X000", code="x", path="/payment/clover/webhook")
                for number in range(count)
            ],
            401,
        ),
    }
    figures = {}
    for name, (requests_, status) in floods.items():
        flood(port, requests_[:20])
        empty, flooded = beside(port, EMPTY, requests_)
        assert set(flooded.statuses) == {status}
        figures[name] = of_empty(flooded, empty) | {"empty": empty.summary()}
    return figures


def fan_out(site, sinks, count, empty):
    """One sender, so that there is an order to keep; figures once everybody has everything."""
    merchants = [f"M{number}X000" for number in range(TENANTS)]
    bodies = [webhook(number, *merchants) for number in range(count)]
    started = time.perf_counter()
    taken = flood(site.server.http_port, bodies, at_once=1)
    done = "SELECT count(*) FROM fusion_delivery WHERE state = 'delivered'"
    wait_until(lambda: site.database.value(done) == count * TENANTS, "all deliveries", 300.0)
    seconds = time.perf_counter() - started
    assert set(taken.statuses) == {200}
    expected = [1700000000000 + number for number in range(count)]
    assert [sink.stamps for sink in sinks] == [expected] * TENANTS
    forwarded = round(count * TENANTS / seconds, 1)
    return {
        "taken": of_empty(taken, empty),
        "forwarded_per_second": forwarded,
        "forwarded_of_empty": round(forwarded / empty.per_second, 2),
        "lost": 0,
        "out_of_order": 0,
    }


def logins(site, origin, count):
    """The login page while nobody else is there, and during each flood: milliseconds, ratios."""
    quiet_stop = threading.Event()
    quiet_stop.set()
    login_latency(site, quiet_stop)
    quiet = median_ms(login_latency(site, quiet_stop))
    floods = {
        "empty_route": [EMPTY] * count,
        "forged_states": [
            get(f"/clover/callback?state={forged(n, origin)}") for n in range(count)
        ],
        "forged_webhooks": [webhook(n, "M0X000", code="x") for n in range(count)],
    }
    figures = {"quiet_ms": quiet}
    for name, requests_ in floods.items():
        stop, found = threading.Event(), []
        thread = threading.Thread(target=lambda s=stop, f=found: f.extend(login_latency(site, s)))
        thread.start()
        flood(site.server.http_port, requests_, at_once=4)
        stop.set()
        thread.join(60)
        during = median_ms(sorted(found))
        figures[f"during_{name}"] = {"ms": during, "of_quiet": round(during / quiet, 2)}
    return figures


def test_dispatcher_beside_an_empty_route(site, runs, sinks, report):
    """All of it in one run, against one server."""
    set_up(site, [sink.origin for sink in sinks])
    port, count = site.server.http_port, runs * 20
    flood(port, [EMPTY] * 100 + [get("/web/login")] * 8)
    empty = flood(port, [EMPTY] * count)
    report(empty_route=empty.summary(), **refusals(site, sinks[0].origin, count))
    many = [f"M{one:012}" for one in range(1001)]
    thousand = flood(port, [webhook(10**6, *many)] * 5, at_once=1)
    large = flood(port, [post("/clover/webhook", b"x" * 10_000_000)], at_once=1)
    # Measured again: the machine's other work changes while this runs.
    again = flood(port, [EMPTY] * count)
    report(
        empty_route_again=again.summary(),
        merchants_1001=of_empty(thousand, again),
        ten_megabytes=large.summary(),
        fan_out=fan_out(site, sinks, runs * 5, again),
        login=logins(site, sinks[0].origin, count),
    )
    assert set(thousand.statuses) == {200}
    assert set(large.statuses) <= {413, 0}
    stored = "SELECT count(*) FROM fusion_event WHERE source = 'clover.dispatcher'"
    assert site.database.value(stored) == runs * 5 + 1
