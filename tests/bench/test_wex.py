"""Cards per second: the old proxy's route, and a batch in the queue beside one after the other.

``RUNS`` is the number of requests (400) and ``BATCH`` the number of cards of the batch (500).
"""

import json
import os
import time

import pytest

from tests.chaos.wex_site import TOKEN, WexSite, payment
from tests.e2e.support.settings import Settings
from tests.e2e.support.waiting import wait_until

from .flood import flood, post

REQUESTS = int(os.environ.get("RUNS") or 400)
BATCH = int(os.environ.get("BATCH") or 500)
#: Seconds that the simulator spends on every call, as WEX would at least.
LATENCY = 0.1
#: Callers of the old proxy at once.
CALLERS = 8
#: Seconds for everything to be booked.
PATIENCE = 300
_CREATE = """
account = env["wex.account"].browse(account_id)
requests = env["wex.card.request"].create([
    {"account_id": account.id, "vendor_name": "Acme Hauling", "amount": 10 + number / 100}
    for number in range(count)])
account.approval_limit = 1_000_000
result = requests.ids
"""
_ONE_BY_ONE = """
import time
account = env["wex.account"].browse(account_id)
issuer = account._wex_client()
requests = env["wex.card.request"].browse(ids)
started = time.perf_counter()
for request in requests:
    issuer.create(request._wex_card_request(reference=f"{request.name}-loop"))
result = len(requests) / (time.perf_counter() - started)
"""
_SUBMIT = """
env["wex.card.request"].browse(ids).action_submit()
result = True
"""


@pytest.fixture
def wex_site():
    # Nobody listens: the figures are about issuing, deliveries have a benchmark of their own.
    address = "http://127.0.0.1:9/in"
    settings = Settings.from_environment()
    with WexSite(settings, "fusion_bench_wex", address, state="disabled") as site:
        yield site


def test_requests_per_second(wex_site, report):
    """The old proxy answered about 100 requests a second to 8 callers."""
    wex_site.server.start()
    port = wex_site.server.http_port
    bodies = [json.dumps(payment(number, 1000 + number)).encode() for number in range(REQUESTS)]
    requests = [post("/proxy", body, X_Proxy_Auth_Token=TOKEN) for body in bodies]
    flood(port, requests[:16], at_once=CALLERS)  # both workers have their registry then
    result = flood(port, requests[16:], at_once=CALLERS)
    repeated = flood(port, requests[16:], at_once=CALLERS)
    unbooked = "SELECT count(*) FROM fusion_operation WHERE applied_at IS NULL"
    started = time.perf_counter()
    wait_until(lambda: not wex_site.database.value(unbooked), "all is booked", timeout=PATIENCE)
    report(
        callers=CALLERS,
        workers=2,
        **result.summary(),
        repeated=repeated.summary(),
        seconds_until_all_was_booked=round(time.perf_counter() - started, 1),
    )
    assert set(result.statuses) == set(repeated.statuses) == {200}
    assert len(wex_site.wex.issued()) == REQUESTS


def test_cards_per_second_of_a_batch(wex_site, report):
    wex_site.wex.switch(latency_s=LATENCY)
    site = {"account_id": wex_site.account_id}
    ids = wex_site.run(_CREATE, count=BATCH, **site)
    alone = wex_site.run(_ONE_BY_ONE, ids=ids[: BATCH // 5], **site)
    before = len(wex_site.wex.issued())
    wex_site.run(_SUBMIT, ids=ids)
    wex_site.server.start()
    started = time.perf_counter()
    unbooked = "SELECT count(*) FROM wex_card_request WHERE state != 'issued'"
    wait_until(lambda: not wex_site.database.value(unbooked), "all are issued", timeout=PATIENCE)
    batch = BATCH / (time.perf_counter() - started)
    report(
        cards=BATCH,
        latency_s=LATENCY,
        cards_per_second={"one after the other": round(alone, 1), "in the queue": round(batch, 1)},
        ratio=round(batch / alone, 2),
    )
    assert len(wex_site.wex.issued()) - before == BATCH
