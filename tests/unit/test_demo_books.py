"""The demo's comparison of Odoo's books with the gateway's ledger."""

from dataclasses import replace
from decimal import Decimal

import pytest

from dev.demo_books import Booked, disagreements, table

APPROVED = Booked(
    reference="INV/2026/00001",
    invoice="INV/2026/00001",
    expected="approved",
    answer="approved",
    message="Approved",
    transaction="done",
    provider_reference="CHG0000000001",
    amount=Decimal("455.39"),
    currency="CAD",
    payment="PBNK1/2026/00001",
    payment_state="paid",
    invoice_state="paid",
)
DECLINED = replace(
    APPROVED,
    reference="INV/2026/00002",
    expected="declined",
    answer="declined",
    transaction="error",
    provider_reference="CHG0000000002",
    payment="",
    payment_state="",
    invoice_state="not_paid",
)
REFUNDED = replace(
    APPROVED,
    reference="R-INV/2026/00001",
    invoice="RINV/2026/00001",
    expected="refunded",
    answer="refunded",
    provider_reference="RFD0000000001",
    amount=Decimal("22.60"),
    kind="refund",
)
REFUND = {"id": "RFD0000000001", "kind": "refund", "amount": 2260, "currency": "CAD"}
CHARGE = {"id": "CHG0000000001", "kind": "charge", "amount": 45539, "currency": "CAD"}


def test_one_charge_for_the_approved_payment_and_none_for_the_declined_one_agree():
    assert disagreements([APPROVED, DECLINED], [CHARGE]) == []


def test_a_part_given_back_agrees_beside_its_charge():
    assert disagreements([APPROVED, REFUNDED], [CHARGE, REFUND]) == []


@pytest.mark.parametrize(
    ("booked", "effects", "problem"),
    [
        (APPROVED, [], "45539 CAD in Odoo, at Clover nothing"),
        (APPROVED, [CHARGE, CHARGE], "[(45539, 'CAD'), (45539, 'CAD')]"),
        (APPROVED, [{**CHARGE, "amount": 45538}], "[(45538, 'CAD')]"),
        (APPROVED, [{**CHARGE, "currency": "USD"}], "[(45539, 'USD')]"),
        (APPROVED, [CHARGE, {**CHARGE, "id": "OTHER"}], "Odoo does not know of it"),
        (replace(APPROVED, transaction="pending"), [CHARGE], "pending and not booked"),
        (replace(APPROVED, payment="", payment_state=""), [CHARGE], "not booked"),
        (replace(APPROVED, payment_state="draft"), [CHARGE], "not booked"),
        (replace(APPROVED, invoice_state="not_paid"), [CHARGE], "is not paid"),
        (replace(APPROVED, answer="checking"), [CHARGE], "checking instead of approved"),
        (REFUNDED, [], "2260 CAD in Odoo, at Clover nothing"),
        (REFUNDED, [{**REFUND, "kind": "charge"}], "a refund in Odoo, at Clover charge"),
        (replace(REFUNDED, invoice_state="not_paid"), [REFUND], "RINV/2026/00001 is not paid"),
        (replace(REFUNDED, answer="checking"), [REFUND], "checking instead of refunded"),
        (DECLINED, [{**CHARGE, "id": "CHG0000000002"}], "Clover moved money"),
        (replace(DECLINED, payment="PBNK1/2026/00002"), [], "nothing was charged"),
        (replace(DECLINED, answer="approved"), [], "approved instead of declined"),
    ],
)
def test_every_way_of_differing_is_named(booked, effects, problem):
    problems = disagreements([booked], effects)

    assert len(problems) == 1
    assert problem in problems[0]


def test_the_table_has_both_sides_of_every_payment():
    header, _rule, approved, declined = table([APPROVED, DECLINED], [CHARGE]).splitlines()

    assert header.split()[0] == "invoice"
    assert approved.endswith("charge CHG0000000001 455.39")
    assert "455.39 CAD" in approved
    assert "PBNK1/2026/00001 paid" in approved
    assert declined.split()[-1] == "-"
