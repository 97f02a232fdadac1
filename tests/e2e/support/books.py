"""Odoo's books beside Clover's ledger, effect by effect.

Odoo's side is read from the committed rows, not through Odoo: nothing is computed, cached or
completed by looking.
"""

import re
from typing import Any

from .clover import Clover
from .database import Database
from .site import Invoice

#: A source token that was not masked.
_TOKEN = re.compile(r"clv_[A-Za-z0-9]")
_TRANSACTIONS = """
    SELECT tx.id, tx.reference, tx.state, tx.state_message, tx.provider_reference,
           round(tx.amount * 100)::int AS cents, tx.fusion_outcome_unknown, tx.is_post_processed,
           tx.clover_card_brand, tx.clover_card_last4, tx.clover_auth_code,
           currency.name AS currency, payment.state AS payment_state, payment.is_reconciled,
           round(payment.amount * 100)::int AS payment_cents
      FROM payment_transaction tx
      JOIN account_invoice_transaction_rel link ON link.transaction_id = tx.id
      JOIN res_currency currency ON currency.id = tx.currency_id
 LEFT JOIN account_payment payment ON payment.id = tx.payment_id
     WHERE link.invoice_id = %s
  ORDER BY tx.id
"""
_OPERATIONS = """
    SELECT op.id, op.reference, op.state, op.idempotency_key, op.external_reference,
           op.provider_reference, op.attempt_count, op.applied_at, op.lease_until, op.review_reason,
           op.request_payload, op.alerted_at,
           array(SELECT attempt.action FROM fusion_operation_attempt attempt
                  WHERE attempt.operation_id = op.id ORDER BY attempt.number) AS actions,
           (SELECT count(*) FROM fusion_operation_hold hold
             WHERE hold.operation_id = op.id)::int AS holds
      FROM fusion_operation op
     WHERE op.reference = ANY(%s)
  ORDER BY op.id
"""
_MOVE = """
    SELECT payment_state, round(amount_residual * 100)::int AS due FROM account_move WHERE id = %s
"""


class Books:
    """Reads both sides and compares them for one invoice."""

    def __init__(self, database: Database, clover: Clover) -> None:
        self._database = database
        self._clover = clover

    def transactions(self, invoice: Invoice) -> list[dict[str, Any]]:
        """The invoice's transactions with their payments, oldest first."""
        return self._database.rows(_TRANSACTIONS, invoice.id)

    def operations(self, invoice: Invoice) -> list[dict[str, Any]]:
        """The ledger's rows for these transactions, oldest first."""
        references = [row["reference"] for row in self.transactions(invoice)]
        return self._database.rows(_OPERATIONS, references)

    def move(self, invoice: Invoice) -> dict[str, Any]:
        """``payment_state`` and the cents that are ``due``."""
        (row,) = self._database.rows(_MOVE, invoice.id)
        return row

    def effects(self, invoice: Invoice) -> list[dict[str, Any]]:
        """What moved at Clover for any attempt on this invoice."""
        return [
            effect
            for operation in self.operations(invoice)
            for effect in self._clover.effects(operation["external_reference"])
        ]

    def is_settled(self, invoice: Invoice) -> bool:
        """Whether nothing is open any more: every operation is in the books."""
        operations = self.operations(invoice)
        return bool(operations) and all(row["applied_at"] for row in operations)

    def assert_collected_once(
        self, invoice: Invoice, cents: int | None = None, *, left: int = 0
    ) -> dict[str, Any]:
        """One charge there, one transaction, one posted and reconciled payment here.

        :param cents: what was collected; the whole invoice if not given.
        :param left: what is still due afterwards, in cents.
        :return: the transaction
        """
        cents = invoice.cents if cents is None else cents
        done = [row for row in self.transactions(invoice) if row["state"] == "done"]
        assert len(done) == 1, self.transactions(invoice)
        (transaction,) = done
        assert transaction["cents"] == cents
        assert transaction["is_post_processed"]
        assert not transaction["fusion_outcome_unknown"]
        assert transaction["payment_state"] in ("in_process", "paid")
        assert transaction["payment_cents"] == cents
        assert transaction["is_reconciled"]
        assert self.move(invoice) == {
            "payment_state": "partial" if left else "paid",
            "due": left,
        }
        self._assert_one_effect(invoice, transaction, cents)
        return transaction

    def _assert_one_effect(self, invoice: Invoice, transaction: dict[str, Any], cents: int) -> None:
        operations = self.operations(invoice)
        succeeded = [row for row in operations if row["state"] == "succeeded"]
        assert [row["reference"] for row in succeeded] == [transaction["reference"]], operations
        assert all(row["applied_at"] and not row["holds"] for row in operations), operations
        assert not any(row["review_reason"] for row in operations), operations
        assert not any(_TOKEN.search(str(row["request_payload"])) for row in operations), operations
        effects = self.effects(invoice)
        assert len(effects) == 1, effects
        (effect,) = effects
        moved = (effect["kind"], effect["amount"], effect["currency"])
        assert moved == ("charge", cents, transaction["currency"])
        assert (
            effect["id"] == transaction["provider_reference"] == succeeded[0]["provider_reference"]
        )
        assert effect["idempotency_key"] == succeeded[0]["idempotency_key"]

    def assert_nothing_collected(self, invoice: Invoice) -> None:
        """No money moved, nothing is booked, and the invoice is as open as it was."""
        transactions = self.transactions(invoice)
        assert all(row["state"] in ("draft", "error", "cancel") for row in transactions)
        assert not any(row["payment_state"] for row in transactions), transactions
        assert self.move(invoice) == {"payment_state": "not_paid", "due": invoice.cents}
        assert self.effects(invoice) == []
        assert not any(row["holds"] for row in self.operations(invoice))
