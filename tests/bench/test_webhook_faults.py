"""Payments that change in Clover's dashboard while its webhooks arrive twice, late, in another
order, or not at all: the books end as if none had gone astray.

``RUNS`` (200) payments for each position of the dial, of which there are five.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor

from tests.bench.test_dispatcher import AUTH_CODE
from tests.e2e.support.shell import Go, OdooShell

from .dialled_payments import COMPARE, CREATE

COUNT = int(os.environ.get("RUNS") or 200)
PATH = "/payment/clover/webhook"
#: What happens in the dashboard, in turns: to money that is held, or that was taken.
KINDS = ("capture", "part", "release", "refund", "refund_part")
HELD = ("capture", "part", "release")
#: Positions of the dial: a fault of every other webhook, or a delay in seconds of all.
DIAL = {
    "none": {},
    "duplicate": {"fault": "duplicate_webhook"},
    "reorder": {"fault": "reorder_webhook"},
    "delay": {"delay": 3.0},
    "drop": {"fault": "drop_webhook"},
}
#: Seconds until the rest is left to the daily comparison, which alone knows of what happened to a
#: final payment without a webhook: that is not polled any more. What is held is, and has longer.
PATIENCE = 60.0
HELD_PATIENCE = 420.0
#: Seconds of the comparison's own part.
COMPARED_WITHIN = 180.0

_FINAL = """
    SELECT tx.reference
      FROM payment_transaction tx
     WHERE tx.reference LIKE %s
       AND tx.source_transaction_id IS NULL
       AND (tx.state = 'cancel'
            OR EXISTS (SELECT 1 FROM payment_transaction child
                        WHERE child.source_transaction_id = tx.id
                          AND child.state = 'done' AND child.payment_id IS NOT NULL))
"""
#: What the books say in the end, without what is different by nature: ids, moments, references.
_BOOKS = """
    SELECT tx.reference, tx.state, tx.amount, payment.state AS booked,
           (SELECT array_agg(child.operation || ' ' || child.state || ' ' || child.amount || ' '
                             || coalesce(booking.state || ' ' || booking.amount, '-')
                             ORDER BY child.state, child.amount)
              FROM payment_transaction child
              LEFT JOIN account_payment booking ON booking.id = child.payment_id
             WHERE child.source_transaction_id = tx.id) AS children
      FROM payment_transaction tx
      LEFT JOIN account_payment payment ON payment.id = tx.payment_id
     WHERE tx.reference LIKE %s
       AND tx.source_transaction_id IS NULL
     ORDER BY tx.reference
"""


class Dashboard:
    """The merchant at Clover's dashboard, and the dial for what Odoo hears of it."""

    def __init__(self, clover, url):
        self._clover = clover
        self._url = url

    def pay(self, kind, cents):
        """A payment as it is before anything happens to it; its id."""
        asked = {"amount": cents, "capture": kind not in HELD}
        return self._clover.call("POST", "dashboard/payment", asked)["id"]

    def change(self, kind, payment, cents):
        """Do to the payment what its kind says."""
        part = {"amount": cents // 2} if kind in ("part", "refund_part") else {}
        name = "capture" if kind in ("capture", "part") else "refund"
        self._clover.call("POST", f"dashboard/{name}", {"payment": payment, **part})

    def dial(self, *, fault=None, delay=0.0):
        """Send webhooks from now on, every other one with the fault, all of them that late."""
        match = {"method": "POST", "path": PATH}
        rules = [{"match": match, "fault": fault, "probability": 0.5}] if fault else []
        self._clover.call("POST", "faults?replace=1", rules)
        self._clover.switch(
            webhook_url=self._url, webhook_auth_code=AUTH_CODE, webhook_delay_s=delay
        )

    def mute(self):
        """Send no webhooks."""
        self._clover.switch(webhook_url="")


def tell_odoo(site, script, **values):
    """Run a script inside Odoo and return what it tells."""
    go = Go()
    head = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    shell = OdooShell(site.server._settings, site.database.name, head + script, go)
    go.give()
    told = shell.told()
    shell.end()
    return told


def book(site, dashboard, name):
    """Payments that Clover and Odoo know alike; rows of reference, kind, id and cents."""
    dashboard.mute()
    rows = []
    for number in range(COUNT):
        kind = KINDS[number % len(KINDS)]
        rows.append([f"DIAL-{name}-{number:05}-{kind}", kind, 1000 + 2 * number])
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda row: dashboard.pay(row[1], row[2]), rows))
    rows = [[*row, payment] for row, payment in zip(rows, ids, strict=True)]
    tell_odoo(site, CREATE, rows=rows, held=HELD)
    return rows


def watch(site, name, changed, *, patience, held_patience):
    """Look until every payment is final or the time is up; note when each was seen first."""
    seen = {}
    began = time.monotonic()
    while missing := changed.keys() - seen.keys():
        is_held = any(reference.rpartition("-")[2] in HELD for reference in missing)
        if time.monotonic() - began > (held_patience if is_held else patience):
            break
        now = time.monotonic()
        for row in site.database.rows(_FINAL, f"DIAL-{name}-%"):
            seen.setdefault(row["reference"], now)
        time.sleep(0.25)  # the precision of the figures
    return {reference: at - changed[reference] for reference, at in seen.items()}


def turn(site, dashboard, name, setting):
    """One position of the dial; figures, and the books in the end."""
    rows = book(site, dashboard, name)
    dashboard.dial(**setting)
    changed = {}
    for reference, kind, cents, payment in rows:
        changed[reference] = time.monotonic()
        dashboard.change(kind, payment, cents)
    seconds = watch(site, name, changed, patience=PATIENCE, held_patience=HELD_PATIENCE)
    left = len(rows) - len(seconds)
    if left:
        tell_odoo(site, COMPARE)
        late = watch(
            site, name, changed, patience=COMPARED_WITHIN, held_patience=COMPARED_WITHIN
        )
        assert len(late) == len(rows), f"{len(rows) - len(late)} payments never became final"
    ordered = sorted(seconds.values())
    figures = {
        "payments": len(rows),
        "p50_s": round(ordered[len(ordered) // 2], 2),
        "p95_s": round(ordered[int(len(ordered) * 0.95)], 2),
        "left_to_the_comparison": left,
    }
    books = [
        {**row, "reference": row["reference"].split("-", 2)[2]}
        for row in site.database.rows(_BOOKS, f"DIAL-{name}-%")
    ]
    assert len(books) == len(rows)
    return figures, books


def test_the_books_end_alike_whatever_becomes_of_webhooks(site, report):
    site.admin.call("payment.provider", "write", [site.provider_id],
                    {"clover_webhook_auth_code": AUTH_CODE})  # fmt: skip
    dashboard = Dashboard(site.clover, f"{site.url}{PATH}")
    books = {}
    for name, setting in DIAL.items():
        figures, books[name] = turn(site, dashboard, name, setting)
        report(**{name: figures})
    dashboard.mute()
    states = {(row["state"], str(row["children"])[:12]) for row in books["none"]}
    identical = {name: books[name] == books["none"] for name in books}
    report(final_states=len(states), identical=identical)
    for name in DIAL:
        different = [
            (one, other) for one, other in zip(books[name], books["none"], strict=True)
            if one != other
        ]
        assert not different, f"{name}: {different[:3]}"
