"""What a charge costs, beside what Odoo alone needs to register and book the same payment."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.support.clover import VISA

WIZARD = "clover.payment.wizard"
REGISTER = "account.payment.register"


def prepared(site, clerk, invoice):
    """A dialog that only has to be told to charge, and the card's token."""
    action = clerk.call("account.move", "action_clover_collect_payment", [invoice.id])
    dialog = [action["res_id"]]
    config = clerk.call(WIZARD, "clover_form_config", dialog)
    clerk.call(WIZARD, "clover_prepare", dialog)
    return dialog, site.clover.tokenize(config["api_access_key"], VISA)


def timed(call):
    """How many seconds ``call`` took."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def charge(clerk, dialog, source):
    """Charge and insist on the approval."""
    status = clerk.call(WIZARD, "clover_charge", dialog, source)
    assert status["state"] == "approved", status


def register(admin, invoice):
    """Core's own Register Payment, by hand: the same booking, no gateway."""
    context = {"active_model": "account.move", "active_ids": [invoice.id]}
    wizard = admin.call(REGISTER, "create", {}, context=context)
    admin.call(REGISTER, "action_create_payments", [wizard], context=context)


def credited(admin, invoice, cents):
    """The refund dialog of a posted credit note over ``cents`` of a paid invoice."""
    move = "account.move"
    note = admin.call(move, "action_clover_refund", [invoice.id])["res_id"]
    (line,) = admin.read(move, note, "invoice_line_ids")["invoice_line_ids"]
    values = {"quantity": 1.0, "price_unit": cents / 100, "tax_ids": [[5]]}
    admin.call(move, "write", [note], {"invoice_line_ids": [[1, line, values]]})
    admin.call(move, "action_post", [note])
    return [admin.call(move, "action_clover_refund", [note])["res_id"]]


def milliseconds(seconds):
    """Median and 95th percentile."""
    ordered = sorted(seconds)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95) - 1] * 1000, 1),
    }


def test_a_charge_beside_cores_own_registration(site, runs, report):
    clerk = site.clerk("Bea Bench")
    warm = [prepared(site, clerk, site.invoice(100)) for _ in range(4)]
    for dialog, source in warm:
        charge(clerk, dialog, source)
        register(site.admin, site.invoice(100))
    dialogs = [prepared(site, clerk, site.invoice(1000 + number)) for number in range(runs)]
    invoices = [site.invoice(1000 + number) for number in range(runs)]
    charges, registrations = [], []
    for (dialog, source), invoice in zip(dialogs, invoices, strict=True):
        # In turns, so that both see the same machine.
        charges.append(timed(lambda d=dialog, s=source: charge(clerk, d, s)))
        registrations.append(timed(lambda i=invoice: register(site.admin, i)))
    report(
        runs=runs,
        charge=milliseconds(charges),
        core_register_payment=milliseconds(registrations),
        ratio_p50=round(statistics.median(charges) / statistics.median(registrations), 2),
    )
    effects = site.clover.ledger()
    assert len(effects) == runs + len(warm)


def test_charges_per_second_of_several_clerks(site, runs, report):
    figures = {}
    for count in (1, 2, 4):
        clerks = [site.clerk(f"C{count}x{number} Bench") for number in range(count)]
        for clerk in clerks:
            charge(clerk, *prepared(site, clerk, site.invoice(100)))
        work = [
            (clerks[number % count], *prepared(site, clerks[number % count], site.invoice(500)))
            for number in range(runs)
        ]
        started = time.perf_counter()
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(lambda item: charge(*item), work))
        figures[f"{count} clerks"] = round(runs / (time.perf_counter() - started), 1)
    report(runs=runs, charges_per_second=figures)
    booked = site.database.value(
        "SELECT count(*) FROM payment_transaction WHERE state = 'done' AND is_post_processed"
    )
    assert booked == len(site.clover.ledger())


def test_a_refund_beside_a_charge(site, runs, report):
    count = max(5, runs // 3)
    clerk = site.clerk("Rob Refunds")
    charges, refunds = [], []
    for _number in range(count):
        invoice = site.invoice(2000)
        dialog, source = prepared(site, clerk, invoice)
        charges.append(timed(lambda d=dialog, s=source: charge(clerk, d, s)))
        refund = credited(site.admin, invoice, 500)
        refunds.append(
            timed(lambda r=refund: site.admin.call("clover.refund.wizard", "action_refund", r))
        )
    report(runs=count, charge=milliseconds(charges), refund=milliseconds(refunds))
    kinds = [effect["kind"] for effect in site.clover.ledger()]
    assert (kinds.count("charge"), kinds.count("refund")) == (count, count)
