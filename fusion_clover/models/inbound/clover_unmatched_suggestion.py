from datetime import UTC, datetime, time, timedelta

from odoo import models

from odoo.addons.fusion_payment_common.tools.amounts import to_money

from ...client.matching import Candidate, Found, Why, suggestions

#: Days around the payment that are searched for documents, and most documents of each kind.
WINDOW_DAYS = 60
MOST_OF_A_KIND = 200
#: States of transactions that a payment may still belong to.
UNPAID_STATES = ("draft", "pending", "error", "cancel")


class CloverUnmatchedPayment(models.Model):
    """Suggest documents that a payment made outside Odoo may belong to."""

    _inherit = "clover.unmatched.payment"

    def _suggestions(self, *, most=10):
        """Return suggestions, best first; see :mod:`~odoo.addons.fusion_clover.client.matching`.

        :param int most: maximum number of suggestions
        """
        self.ensure_one()
        candidates = [
            *self._candidate_invoices(),
            *self._candidate_transactions(),
            *self._candidate_payments(),
        ]
        return suggestions(self._found(), candidates, most=most)

    def _found(self):
        paid_at = self.paid_at or self.create_date
        amount = self._minor(self.amount)
        # Tips and surcharges are not on the invoice.
        without = amount - self._minor(self.tip_amount) - self._minor(self.surcharge_amount)
        return Found(
            amounts=frozenset({amount, without}),
            currency=self.currency_id.name,
            created_ms=_milliseconds(paid_at),
            texts=tuple(text for text in (self.note, self.external_reference) if text),
            cardholder=self.cardholder_name or "",
            partner_ids=frozenset(self._partners_of_card().ids),
        )

    def _partners_of_card(self):
        """Return partners who paid before with a card of the same brand and last digits."""
        if not self.card_last4:
            return self.env["res.partner"]
        earlier = self.env["payment.transaction"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("clover_card_brand", "=", self.card_brand),
                ("clover_card_last4", "=", self.card_last4),
                ("state", "in", ("authorized", "done")),
            ],
            limit=20,
        )
        return earlier.partner_id.commercial_partner_id

    def _candidate_invoices(self):
        moves = self.env["account.move"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("currency_id", "=", self.currency_id.id),
            ],
            order="invoice_date desc, id desc",
            limit=MOST_OF_A_KIND,
        )
        return [
            self._candidate(
                move,
                move.amount_residual,
                move.invoice_date or move.create_date,
                (move.name, move.ref, move.payment_reference),
            )
            for move in moves
        ]

    def _candidate_transactions(self):
        transactions = self.env["payment.transaction"].search(
            [
                ("provider_id", "=", self.provider_id.id),
                ("state", "in", UNPAID_STATES),
                ("operation", "not in", ("refund", "validation")),
                ("currency_id", "=", self.currency_id.id),
                ("create_date", ">=", self._window_start()),
            ],
            limit=MOST_OF_A_KIND,
        )
        return [
            self._candidate(one, one.amount, one.create_date, (one.reference,))
            for one in transactions
        ]

    def _candidate_payments(self):
        """Return payments entered by hand: already booked, but not linked to a Clover payment."""
        payments = self.env["account.payment"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("payment_type", "=", "inbound"),
                ("partner_type", "=", "customer"),
                ("state", "in", ("in_process", "paid")),
                ("currency_id", "=", self.currency_id.id),
                ("payment_transaction_id", "=", False),
                ("date", ">=", self._window_start().date()),
                ("clover_unmatched_ids", "=", False),
            ],
            limit=MOST_OF_A_KIND,
        )
        return [
            self._candidate(one, one.amount, one.date, (one.name, one.memo)) for one in payments
        ]

    def _window_start(self):
        return (self.paid_at or self.create_date) - timedelta(days=WINDOW_DAYS)

    def _candidate(self, record, amount, date, names):
        currency = record.currency_id
        partner = record.partner_id.commercial_partner_id
        return Candidate(
            key=(record._name, record.id),
            amount=to_money(amount, currency).minor,
            currency=currency.name,
            date_ms=_milliseconds(date),
            names=tuple(name for name in names if name),
            partner_id=partner.id or 0,
            partner_name=record.partner_id.name or "",
        )

    def _in_words(self, suggestion):
        """Return a suggestion as a sentence."""
        model, record_id = suggestion.candidate.key
        record = self.env[model].browse(record_id)
        labels = {
            Why.REFERENCE: self.env._("named in the note"),
            Why.AMOUNT: self.env._("same amount"),
            Why.CUSTOMER: self.env._("same name"),
            Why.CARD: self.env._("card used before"),
            Why.SAME_DAY: self.env._("same day"),
            Why.SAME_WEEK: self.env._("same week"),
        }
        return self.env._(
            "%(document)s of %(partner)s: %(reasons)s",
            document=record.display_name,
            partner=record.partner_id.display_name or "-",
            reasons=", ".join(labels[why] for why in suggestion.reasons),
        )


def _milliseconds(moment):
    """Return a date (at noon) or a naive UTC time as unix milliseconds."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(12))
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)
