"""Cards per second: ``/proxy`` beside the old proxy, a batch in the queue beside one by one.

``RUNS`` is the number of requests (400) and ``BATCH`` the number of cards of the batch (500).
"""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.chaos.wex_site import TOKEN, WexSite, payment
from tests.e2e.support.origins import wex_login
from tests.e2e.support.settings import LOGS, ROOT, Settings
from tests.e2e.support.waiting import wait_until
from tests.e2e.support.wex import COLLECTION

from .cpu import cpu_seconds
from .flood import Flood, flood, get, post

REQUESTS = int(os.environ.get("RUNS") or 400)
BATCH = int(os.environ.get("BATCH") or 500)
#: Seconds that the simulator spends on every call, as WEX would at least.
LATENCY = 0.1
#: Callers of the old proxy at once.
CALLERS = 8
#: What ``/proxy`` reaches at least of the old proxy's answers a second, beside it, while the
#: scheduler books: parity is 1 (ADR 0017 says what is in the way), less than this is a step back.
SHARE = float(os.environ.get("SHARE") or 0.25)
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


#: An address where nobody listens: deliveries have a benchmark of their own.
_NOBODY = "http://127.0.0.1:9/in"
#: Turns in which the three take the machine one after the other.
_TURNS = 5


@pytest.fixture
def wex_site():
    settings = Settings.from_environment()
    with WexSite(settings, "fusion_bench_wex", _NOBODY, state="disabled") as site:
        yield site


@contextmanager
def old_proxy(wex):
    """Run the old proxy's hot path; yields its process and its port."""
    login = wex_login()
    options = ["--wex", wex + COLLECTION, "--webhook", _NOBODY, "--token", TOKEN]
    options += ["--user", f"{login['organisation']}/{login['username']}"]
    options += ["--password", login["password"]]
    command = [sys.executable, "-m", "tests.bench.old_proxy", *options]
    with (LOGS / "old_proxy.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        yield process.pid, int(process.stdout.readline().rsplit(":", 1)[1])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_requests_per_second(wex_site, report):
    """An empty route, the old proxy and ``/proxy``, to 8 callers in turns; and the same again."""
    bodies = [json.dumps(payment(number, 1000 + number)).encode() for number in range(REQUESTS)]
    ours = [post("/proxy", body, X_Proxy_Auth_Token=TOKEN) for body in bodies]
    empty = [get("/web/health")] * REQUESTS
    wex_site.server.start()
    odoo = wex_site.server.http_port
    with old_proxy(wex_site.wex.origin) as (old_pid, old_port):
        kinds = {
            "an empty route": (odoo, empty, wex_site.server.pid),
            "the old proxy": (old_port, ours, old_pid),
            "/proxy": (odoo, ours, wex_site.server.pid),
        }
        totals = {kind: Flood() for kind in kinds}
        cpu = dict.fromkeys(kinds, 0.0)
        # The first turn is for both workers to have their registry and their connections.
        for turn, part in enumerate(_parts(REQUESTS)):
            for kind, (port, requests, pid) in kinds.items():
                before = cpu_seconds(pid)
                done = flood(port, requests[part], at_once=CALLERS)
                if turn:
                    totals[kind].add(done)
                    cpu[kind] += cpu_seconds(pid) - before
        made = len(wex_site.wex.issued())
        repeated = flood(odoo, ours, at_once=CALLERS)
    unbooked = "SELECT count(*) FROM fusion_operation WHERE applied_at IS NULL"
    started = time.perf_counter()
    wait_until(lambda: not wex_site.database.value(unbooked), "all is booked", timeout=PATIENCE)
    report(
        callers=CALLERS,
        workers=2,
        **{kind: total.summary() for kind, total in totals.items()},
        cpu_ms_per_answer={
            kind: round(1000 * cpu[kind] / len(totals[kind].latencies), 1) for kind in kinds
        },
        ratio_to_the_old_proxy=round(
            totals["/proxy"].per_second / totals["the old proxy"].per_second, 2
        ),
        repeated=repeated.summary(),
        seconds_until_all_was_booked=round(time.perf_counter() - started, 1),
    )
    assert all(set(total.statuses) == {200} for total in (*totals.values(), repeated))
    assert made == 2 * REQUESTS
    assert len(wex_site.wex.issued()) == made, "a repeated request made a second card"
    assert totals["/proxy"].per_second >= SHARE * totals["the old proxy"].per_second


def _parts(count):
    """Slices of the requests: a short first one, then the turns."""
    warm = min(16, count // 4)
    step = -(-(count - warm) // _TURNS)
    return [slice(0, warm), *(slice(at, at + step) for at in range(warm, count, step))]


def test_cards_per_second_of_a_batch(wex_site, report):
    wex_site.wex.fault("slow", delay_s=LATENCY)
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
    assert batch > alone
