"""Odoo's books beside the gateway's ledger: what has to be equal, and the table that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

#: What a transaction in Odoo may be while the gateway has moved nothing for it.
_NOTHING_MOVED = frozenset({"draft", "cancel", "error"})


@dataclass(frozen=True)
class Booked:
    """One payment or refund as Odoo has it. ``amount`` is in major units and positive.

    :param invoice: the invoice, or the credit note of a refund.
    :param expected: what the demo wanted to happen: ``approved``, ``declined`` or ``refunded``.
    :param answer: what the clerk was told: the same words, or ``checking``.
    :param kind: what it is in the gateway's ledger: ``charge`` or ``refund``.
    :param payment: name and state of the account payment; empty when there is none.
    """

    reference: str
    invoice: str
    expected: str
    answer: str
    message: str
    transaction: str
    provider_reference: str
    amount: Decimal
    currency: str
    payment: str
    payment_state: str
    invoice_state: str
    kind: str = "charge"

    @property
    def minor(self) -> int:
        """The amount in minor units; the demo deals in dollars and cents."""
        return int((self.amount * 100).to_integral_value())


def disagreements(booked: Sequence[Booked], effects: Iterable[Mapping[str, Any]]) -> list[str]:
    """What differs between Odoo's payments and the gateway's effects, as sentences.

    :param effects: those that came into being since the payments were begun, and no others.
    """
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for effect in effects:
        by_id.setdefault(effect["id"], []).append(effect)
    problems = []
    for payment in booked:
        problems += _problems_of(payment, by_id.pop(payment.provider_reference, []))
    problems += [
        f"Clover moved {effect['amount']} for {identity}, and Odoo does not know of it"
        for identity, unknown in by_id.items()
        for effect in unknown
    ]
    return problems


def _problems_of(payment: Booked, effects: list[Mapping[str, Any]]) -> list[str]:
    name = payment.reference
    problems = []
    if payment.answer != payment.expected:
        problems.append(f"{name}: {payment.answer} instead of {payment.expected}")
    if payment.transaction in _NOTHING_MOVED:
        if effects:
            problems.append(f"{name}: {payment.transaction} in Odoo, but Clover moved money")
        if payment.payment:
            problems.append(f"{name}: booked as {payment.payment}, but nothing was charged")
        return problems
    kinds = {effect["kind"] for effect in effects}
    if kinds - {payment.kind}:
        problems.append(f"{name}: a {payment.kind} in Odoo, at Clover {', '.join(sorted(kinds))}")
    moved = [(effect["amount"], effect["currency"]) for effect in effects]
    if moved != [(payment.minor, payment.currency)]:
        problems.append(
            f"{name}: {payment.minor} {payment.currency} in Odoo, at Clover {moved or 'nothing'}"
        )
    if payment.transaction != "done" or payment.payment_state not in ("in_process", "paid"):
        problems.append(f"{name}: {payment.kind}, but {payment.transaction} and not booked")
    if payment.invoice_state not in ("paid", "in_payment", "partial"):
        problems.append(f"{name}: {payment.kind}, but {payment.invoice} is not paid")
    return problems


def table(booked: Sequence[Booked], effects: Iterable[Mapping[str, Any]]) -> str:
    """Odoo's books on the left, the gateway's ledger on the right, one payment per line."""
    by_id = {effect["id"]: effect for effect in effects}
    head = ("invoice", "transaction", "amount", "state", "payment", "invoice is", "Clover has")
    rows = [head]
    for payment in booked:
        effect = by_id.get(payment.provider_reference)
        rows.append(
            (
                payment.invoice,
                payment.reference,
                f"{payment.amount:.2f} {payment.currency}",
                payment.transaction,
                f"{payment.payment} {payment.payment_state}".strip() or "-",
                payment.invoice_state,
                f"{effect['kind']} {effect['id']} {effect['amount'] / 100:.2f}" if effect else "-",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
