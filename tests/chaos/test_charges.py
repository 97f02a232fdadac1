"""Charges under SIGKILL and lost answers: exactly one per invoice, all of them in the books."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.support.books import Books
from tests.e2e.support.clover import CHARGES, DECLINED, VISA
from tests.e2e.support.waiting import wait_until

from .faults import misbehave
from .impatient_clerk import ImpatientClerk
from .killer import Killer

CLERKS = 3
#: Seconds until every open outcome has to be known once everything works again.
CALM = 480


def test_every_charge_is_made_once_and_booked_once(site, runs, seed, report):
    dice = random.Random(seed)
    invoices = [site.invoice(dice.randrange(100, 50_000)) for _ in range(runs)]
    cards = [DECLINED if dice.random() < 0.1 else VISA for _ in invoices]
    names = ("Anna", "Bert", "Cleo")[:CLERKS]
    clerks = [ImpatientClerk(site.clerk(f"{name} Chaos"), site.clover) for name in names]
    site.answer_within(3)
    misbehave(site.clover, CHARGES)

    def work(share):
        clerk = clerks[share]
        return [
            clerk.collect(invoice, card, give_up_after=120)
            for invoice, card in list(zip(invoices, cards, strict=True))[share::CLERKS]
        ]

    killer = Killer(site.server, seed, pauses=(4.0, 12.0))
    with killer, ThreadPoolExecutor(CLERKS) as pool:
        results = [result for share in pool.map(work, range(CLERKS)) for result in share]
    site.clover.behave()

    books = Books(site.database, site.clover)
    wait_until(
        lambda: all(
            books.is_settled(invoice) or not books.operations(invoice) for invoice in invoices
        ),
        "every outcome is known",
        timeout=CALM,
    )
    effects = site.clover.ledger()
    report(
        runs=runs,
        seed=seed,
        kills=killer.kills,
        results=Counter(results),
        charges_tried=sum(clerk.tries for clerk in clerks),
        refused_by_odoo=sum(clerk.refusals for clerk in clerks),
        broken_connections=sum(clerk.broken for clerk in clerks),
        charge_calls=len(site.clover.charge_calls()),
        charges_at_clover=len(effects),
    )
    for invoice, card in zip(invoices, cards, strict=True):
        if card == DECLINED:
            books.assert_nothing_collected(invoice)
        else:
            books.assert_collected_once(invoice)
    assert len(effects) == cards.count(VISA)
