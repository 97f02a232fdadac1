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
#: Merchants of all tenants together.
MERCHANTS = 1001
#: What the dispatcher that was used before made of the same, on machines of its host: to be read
#: beside ours, not compared with them; the ratios to the empty route are what is comparable.
EARLIER = {
    "healthz_per_second": 500,
    "forged_states_per_second": 650,
    "webhooks_per_second": 347,
    "merchants_1001_ms": 47,
    "login_during_flood_ms": 116,
}
FIRST_STAMP = 1700000000000
#: An empty route of Odoo's own, ``auth='none'`` as ours.
EMPTY = get("/web/health")


@pytest.fixture
def sinks() -> Iterator[list[Sink]]:
    """A program for each tenant that takes everything."""
    with ExitStack() as stack:
        yield [stack.enter_context(Sink()) for _tenant in range(TENANTS)]


def set_up(site, hosts):
    """Make the site a dispatcher whose tenants, one at each host, have all the merchants."""
    site.set_parameter("fusion_clover.dispatcher_enabled", "True")
    site.set_parameter("fusion_clover.dispatcher_app_id", "APP")
    site.set_parameter("fusion_clover.dispatcher_auth_code", AUTH_CODE)
    for number, host in enumerate(hosts):
        lines = [[0, 0, {"merchant_id": one}] for one in merchants()[number::TENANTS]]
        values = {"name": f"T{number}", "base_url": host, "merchant_line_ids": lines}
        site.admin.call("clover.tenant", "create", values)


def merchants():
    """Names of all merchants; each tenant has every fourth."""
    return [f"M{number % TENANTS}X{number // TENANTS:03}" for number in range(MERCHANTS)]


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
    notice = {"objectId": f"P:PAY{number}", "type": "CREATE", "ts": FIRST_STAMP + number}
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


def forwarding(site, sinks, empty, count, *about):
    """Send bodies about these merchants, one of each tenant at the least, and wait for the sinks.

    Whatever is lost, repeated or out of order fails here.
    """
    first = 1 + max((stamp - FIRST_STAMP for stamp in sinks[0].stamps), default=-1)
    earlier = len(sinks[0].stamps)
    bodies = [webhook(first + number, *about) for number in range(count)]
    started = time.perf_counter()
    taken = flood(site.server.http_port, bodies, at_once=1)
    wait_until(
        lambda: all(len(sink.stamps) >= earlier + count for sink in sinks), "all deliveries", 300.0
    )
    seconds = time.perf_counter() - started
    assert set(taken.statuses) == {200}
    expected = [FIRST_STAMP + first + number for number in range(count)]
    assert [sink.stamps[earlier:] for sink in sinks] == [expected] * TENANTS
    forwarded = round(count * TENANTS / seconds, 1)
    return {
        "merchants": len(about),
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
    report(
        earlier_dispatcher=EARLIER,
        empty_route=empty.summary(),
        **refusals(site, sinks[0].origin, count),
    )
    large = flood(port, [post("/clover/webhook", b"x" * 10_000_000)], at_once=1)
    # Measured again: the machine's other work changes while this runs.
    again = flood(port, [EMPTY] * (count // 2), at_once=1)
    report(
        empty_route_one_sender=again.summary(),
        ten_megabytes=large.summary(),
        # One sender, so that there is an order to keep.
        fan_out=forwarding(site, sinks, again, runs * 5, *merchants()[:TENANTS]),
        merchants_1001=forwarding(site, sinks, again, 5, *merchants()),
        login=logins(site, sinks[0].origin, count),
    )
    assert set(large.statuses) <= {413, 0}
    stored = "SELECT count(*) FROM fusion_event WHERE source = 'clover.dispatcher'"
    assert site.database.value(stored) == runs * 5 + 5
