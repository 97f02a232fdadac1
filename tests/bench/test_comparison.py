"""A book of payments with planted faults: all are found, none is invented, repairs hold."""

import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.support.shell import Go, OdooShell

from .book_of_payments import SCRIPT

#: Planted in turns; one fault in a hundred payments.
FAULTS = (
    "clover_only", "odoo_only", "amount", "currency", "state", "refund_missing", "tip",
    "surcharge", "duplicate", "late",
)  # fmt: skip
#: What may happen to a payment and is right in the books: these are no differences.
GENUINE = ("refund", "void", "tip", "surcharge", "capture")
#: Of a book without a fault, one payment in so many is one of them.
GENUINE_EVERY = 10
#: The goal for a book of 10,000.
GOAL_SECONDS, GOAL_COUNT = 60, 10_000
#: Clover allows 16 calls a second for a token.
MOST_CALLS_PER_SECOND = 16


def dashboard(clover, name, **asked):
    """Do something in the merchant's dashboard."""
    return clover.call("POST", f"dashboard/{name}", asked)


def planted(clover, number, fault):
    """Make a payment at Clover with what its fault needs there; return its row of the book."""
    cents = 1000 + number
    if fault == "odoo_only":
        return {"ref": f"GHOST{number:08}", "cents": cents, "fault": fault}
    tip = {"tip_amount": 150} if fault == "tip" else {}
    payment = dashboard(clover, "payment", amount=cents, **tip)
    if fault == "refund_missing":
        dashboard(clover, "refund", payment=payment["id"], amount=100)
    return {"ref": payment["id"], "cents": cents, "fault": fault}


def right(clover, number):
    """Make a payment that the books have as it is; return its row of the book."""
    every = number % GENUINE_EVERY == 0
    what = GENUINE[number // GENUINE_EVERY % len(GENUINE)] if every else None
    cents = 1000 + number
    asked = {"amount": cents, "capture": what != "capture"}
    if what == "tip":
        asked["tip_amount"] = 150
    payment = dashboard(clover, "payment", **asked)
    row = {"ref": payment["id"], "cents": cents, "fault": None, "what": what}
    if what == "capture":
        dashboard(clover, "capture", payment=payment["id"])
    elif what == "tip":
        row["cents"] += 150
    elif what in ("refund", "void"):
        part = {"amount": 100} if what == "refund" else {}
        row["back"] = 100 if part else cents
        given = dashboard(clover, "refund", payment=payment["id"], **part)
        row["back_ref"] = given["refund"]
    return row


def surcharged(clover, number):
    """A payment with Clover's surcharge, which the books have too."""
    payment = dashboard(clover, "payment", amount=1000 + number)
    return {"ref": payment["id"], "cents": 1000 + number, "fault": None, "what": "surcharge"}


def book_of(clover, count):
    """``count`` payments with one fault in a hundred, at least one of each class.

    The others are right, and one in ten of them is a refund, void, tip, surcharge or capture.
    """
    most = max(len(FAULTS), count // 100)
    rows = []
    for number in range(most):
        fault = FAULTS[number % len(FAULTS)]
        if fault == "surcharge":
            clover.switch(surcharge=True)
        rows.append(planted(clover, number, fault))
        if fault == "surcharge":
            clover.switch(surcharge=False)
    numbers = range(most, count)
    is_surcharged = {n for n in numbers if n % (GENUINE_EVERY * len(GENUINE)) == 3 * GENUINE_EVERY}
    with ThreadPoolExecutor(4) as pool:
        rows += pool.map(lambda n: right(clover, n), [n for n in numbers if n not in is_surcharged])
        # A switch of the merchant's: by themselves.
        clover.switch(surcharge=True)
        rows += pool.map(lambda number: surcharged(clover, number), sorted(is_surcharged))
        clover.switch(surcharge=False)
    return rows


def test_a_book_with_planted_faults(site, report, tmp_path):
    count = int(os.environ.get("RUNS") or 300)
    book = book_of(site.clover, count)
    path = tmp_path / "book.json"
    path.write_text(json.dumps(book))
    go = Go()
    script = f"book_file = {str(path)!r}\n{SCRIPT}"
    shell = OdooShell(site.server._settings, site.database.name, script, go)
    go.give()
    first, repaired, second = shell.told(), shell.told(), shell.told()
    shell.end()
    wanted = Counter((row["fault"], row["ref"]) for row in book if row["fault"])
    found = Counter(tuple(one) for one in first["found"])
    report(
        payments=count,
        faults=sum(wanted.values()),
        classes=len({fault for fault, _ref in wanted}),
        genuine=dict(Counter(row.get("what") for row in book if row.get("what"))),
        missed=sum((wanted - found).values()),
        invented=sum((found - wanted).values()),
        seconds=round(first["seconds"], 2),
        calls=first["calls"],
        calls_per_second=round(first["calls"] / first["seconds"], 2),
        repair_seconds=round(repaired["repaired_in"], 2),
        left_after_repair=len(second["found"]),
        second_seconds=round(second["seconds"], 2),
    )
    assert found == wanted
    assert first["unexplained"] == second["unexplained"] == 0
    assert second["found"] == []
    assert first["calls"] <= MOST_CALLS_PER_SECOND * (first["seconds"] + 1)
    if count >= GOAL_COUNT:
        assert first["seconds"] < GOAL_SECONDS
