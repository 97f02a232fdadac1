"""Twenty customers stand at twenty terminals: Odoo's pages stay as fast as with none."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.support.terminal import Terminals
from tests.e2e.support.waiting import wait_until

TERMINALS = 20
WIZARD = "clover.payment.wizard"


def test_pages_beside_twenty_waiting_terminals(site, runs, report):
    terminals = Terminals(site)
    terminals.add(TERMINALS)
    terminals.sync()
    clerk = site.clerk("Tess Terminals")
    domain = [["product", "=", "Flex 4"]]
    rows = site.admin.call("clover.terminal", "search_read", domain, ["serial"], limit=TERMINALS)
    invoices = [site.invoice(2000 + number) for number in range(TERMINALS)]
    for row in rows:
        terminals.tell(row["serial"], "silent")
    page = site.invoice(100)
    for _warm in range(10):
        _load(clerk, page)
    rounds, alone, beside = max(2, runs // 30), [], []
    started_at = time.perf_counter()
    for number in range(rounds):
        # In turns, so that both see the same machine.
        alone += [_load(clerk, page) for _load_number in range(30)]
        share = list(zip(invoices, rows, strict=True))[number::rounds]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda pair: _send(site, *pair), share))
    wait_until(
        lambda: sum(terminals.shows(row["serial"]) is not None for row in rows) == TERMINALS,
        "all terminals wait for their customers",
        timeout=120,
    )
    waiting_after = time.perf_counter() - started_at
    beside += [_load(clerk, page) for _load_number in range(30 * rounds)]
    shown = [terminals.shows(row["serial"])["amount"] for row in rows]
    for row in rows:
        terminals.tell(row["serial"], "approve")
    approved_at = time.perf_counter()
    wait_until(lambda: _paid(site, invoices) == TERMINALS, "all twenty are booked", timeout=120)
    report(
        terminals=TERMINALS,
        loads=len(beside),
        all_waiting_after_s=round(waiting_after, 1),
        all_booked_after_s=round(time.perf_counter() - approved_at, 1),
        page_alone_ms=_milliseconds(alone),
        page_beside_ms=_milliseconds(beside),
        ratio_p50=round(statistics.median(beside) / statistics.median(alone), 3),
    )
    assert sorted(shown) == sorted(invoice.cents for invoice in invoices)
    effects = site.clover.ledger()
    assert sorted(effect["amount"] for effect in effects) == sorted(shown)


def _send(site, invoice, row):
    action = site.admin.call("account.move", "action_clover_collect_payment", [invoice.id])
    dialog = [action["res_id"]]
    values = {"terminal_id": row["id"], "method": "terminal"}
    site.admin.call(WIZARD, "write", dialog, values)
    site.admin.call(WIZARD, "clover_send_to_terminal", dialog)


def _load(user, invoice):
    """Seconds for what a form view asks for when an invoice is opened."""
    started = time.perf_counter()
    names = ["name", "amount_residual", "payment_state", "fusion_payment_notice", "line_ids"]
    user.call("account.move", "read", [invoice.id], names)
    return time.perf_counter() - started


def _paid(site, invoices):
    ids = [invoice.id for invoice in invoices]
    return site.database.value(
        "SELECT count(*) FROM account_move WHERE id = ANY(%s) AND payment_state = 'paid'", ids
    )


def _milliseconds(seconds):
    return {
        "p50": round(statistics.median(seconds) * 1000, 1),
        "p95": round(statistics.quantiles(seconds, n=20)[-1] * 1000, 1),
    }
