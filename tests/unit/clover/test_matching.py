"""What a payment made outside Odoo is compared with, and what convinces."""

import pytest

from odoo.addons.fusion_clover.client.matching import (
    DAY_MS,
    Candidate,
    Found,
    Why,
    suggestions,
)

NOW = 1_700_000_000_000


def found(**changes):
    values = {"amounts": frozenset({5000}), "currency": "CAD", "created_ms": NOW}
    return Found(**values | changes)


def candidate(number=1, **changes):
    values = {
        "key": ("account.move", number),
        "amount": 5000,
        "currency": "CAD",
        "date_ms": NOW,
        "names": (f"INV/2026/{number:05}",),
    }
    return Candidate(**values | changes)


def test_an_equal_amount_is_worth_a_look_and_an_equal_date_is_not():
    (only,) = suggestions(found(), [candidate(1), candidate(2, amount=5001)])
    assert only.candidate.key == ("account.move", 1)
    assert only.reasons == (Why.AMOUNT, Why.SAME_DAY)


@pytest.mark.parametrize(
    "text", ["INV/2026/00007", "paid inv 2026 00007 thanks", "Inv-2026-00007"]
)
def test_a_document_named_in_the_note_comes_first(text):
    others = [candidate(number) for number in range(1, 5)]
    named = candidate(7, amount=999, date_ms=NOW - 40 * DAY_MS)
    best = suggestions(found(texts=(text,)), [*others, named])[0]
    assert (best.candidate, best.reasons) == (named, (Why.REFERENCE,))


def test_short_names_are_found_in_every_note_and_prove_nothing():
    assert suggestions(found(texts=("1234567",)), [candidate(amount=1, names=("123",))]) == []


def test_the_customer_decides_between_equal_amounts():
    ours = candidate(2, partner_id=9, partner_name="Ann Lee")
    rated = suggestions(
        found(cardholder="LEE/ANN M", partner_ids=frozenset({9})), [candidate(1), ours]
    )
    assert rated[0].candidate == ours
    assert rated[0].reasons == (Why.AMOUNT, Why.CUSTOMER, Why.CARD, Why.SAME_DAY)


def test_one_name_in_common_is_no_person():
    ours = candidate(partner_name="Ann Smith")
    assert Why.CUSTOMER not in suggestions(found(cardholder="ANN LEE"), [ours])[0].reasons


def test_another_currency_is_never_suggested():
    assert suggestions(found(texts=("INV/2026/00001",)), [candidate(currency="USD")]) == []


def test_among_equals_the_nearer_date_comes_first_and_the_list_ends():
    days = [candidate(number, date_ms=NOW - number * DAY_MS) for number in (6, 2, 4)]
    assert [one.candidate.key[1] for one in suggestions(found(), days)] == [2, 4, 6]
    assert len(suggestions(found(), [candidate(n) for n in range(1, 30)], most=10)) == 10


def test_the_amount_without_the_tip_counts_as_well():
    both = found(amounts=frozenset({5500, 5000}))
    assert suggestions(both, [candidate()])[0].reasons[0] == Why.AMOUNT
