import logging
from itertools import product

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

_logger = logging.getLogger(__name__)


class WexVirtualCard(models.Model):
    """Books a card as one line that adds up.

    Issued, the amount goes from the vendor's payable to the account of cards issued; what the
    vendor charges goes on from there to the WEX journal, charge by charge; the rest goes back to
    the payable when the card has ended, and the bills are open again by as much.
    """

    _inherit = "wex.virtual.card"

    payment_id = fields.Many2one("account.payment", readonly=True, copy=False)
    transaction_ids = fields.One2many("wex.card.transaction", "card_id", readonly=True)
    release_move_ids = fields.Many2many(
        "account.move", string="Releases", readonly=True, copy=False
    )
    amount_posted = fields.Monetary(
        string="Charged", compute="_compute_amounts", store=True, aggregator="sum"
    )
    amount_released = fields.Monetary(string="Released", readonly=True)
    amount_written_off = fields.Monetary(
        string="Difference", readonly=True, help="Negative: charged more than the card was over."
    )
    amount_open = fields.Monetary(
        string="Open",
        compute="_compute_amounts",
        store=True,
        aggregator="sum",
        help="Issued, and neither charged nor released: what is still on the account of cards "
        "issued.",
    )
    booking_problem = fields.Char(readonly=True, copy=False)

    @api.depends(
        "amount", "amount_released", "amount_written_off", "transaction_ids.amount"
    )
    def _compute_amounts(self):
        for card in self:
            posted = sum(card.transaction_ids.mapped("amount"))
            card.amount_posted = posted
            card.amount_open = (
                card.amount - posted - card.amount_released - card.amount_written_off
            )

    def action_wex_show_payment(self):
        """Open the payment that booked the issue."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Payment"),
            "res_model": "account.payment",
            "res_id": self.payment_id.id,
            "views": [(False, "form")],
        }

    def action_wex_show_entries(self):
        """Open every journal item of the card: they add up to what the card's line says."""
        self.ensure_one()
        moves = (
            self.payment_id.move_id
            + self.release_move_ids
            + self.transaction_ids.statement_line_id.move_id
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Items of %s", self.name),
            "res_model": "account.move.line",
            "domain": [("move_id", "in", moves.ids)],
            "views": [(False, "list"), (False, "form")],
        }

    # === ISSUE === #

    def _wex_is_booked_here(self):
        """Return whether this database keeps the books of the card."""
        self.ensure_one()
        return bool(self.account_id.journal_id and self.partner_id)

    def _wex_book(self, book):
        """Run ``book``; where accounting refuses, note it on the card and try again later.

        :return: whether it was booked
        """
        self.ensure_one()
        if not self._wex_is_booked_here():
            return False
        try:
            with self.env.cr.savepoint():
                book()
        except UserError as error:
            _logger.warning("Card %s cannot be booked: %s", self.name, error)
            self.booking_problem = str(error)
            self._wex_alert_once(
                "booking",
                self.env._("Card %s cannot be booked", self.name),
                str(error),
            )
            return False
        self.booking_problem = False
        return True

    def _wex_book_issue(self):
        """Pay the bills from the account of cards issued. Repeatable."""
        if self.payment_id:
            return
        account = self.account_id
        request = self.request_id
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": self.partner_id.commercial_partner_id.id,
                "amount": self.amount,
                "currency_id": self.currency_id.id,
                "date": fields.Date.context_today(self),
                "journal_id": account.journal_id.id,
                "payment_method_line_id": account._wex_method_line().id,
                "memo": self.display_name,
                "invoice_ids": [Command.set(request.move_ids.ids)],
            }
        )
        payment.action_post()
        self.payment_id = payment
        self._wex_reconcile_bills()

    def _wex_payable_line(self):
        return self.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id == self.payment_id.destination_account_id
        )[:1]

    def _wex_outstanding_line(self):
        return self.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id == self.account_id.outstanding_account_id
        )[:1]

    def _wex_reconcile_bills(self):
        """Reconcile the payment, and the credit notes of the card, with its bills.

        Each bill and credit note by exactly the amount of its line.
        """
        lines = self.request_id.line_ids.filtered(lambda line: line.move_id.state == "posted")
        deducted = lines.filtered(lambda line: line.amount < 0)
        to_pay = {line: line.amount for line in lines - deducted}
        for credit in deducted:
            left = -credit.amount
            for line in to_pay:
                part = self._wex_reconcile_part(
                    self._wex_open_lines(credit.move_id),
                    self._wex_open_lines(line.move_id),
                    min(left, to_pay[line]),
                )
                left -= part
                to_pay[line] -= part
        for line, amount in to_pay.items():
            self._wex_reconcile_part(
                self._wex_payable_line(), self._wex_open_lines(line.move_id), amount
            )

    def _wex_open_lines(self, move):
        """Return the open instalments of a bill or credit note, the first due first."""
        payable = self._wex_payable_line()
        return move.line_ids.filtered(
            lambda line: line.account_id == payable.account_id and not line.reconciled
        ).sorted(lambda line: (line.date_maturity or line.date, line.id))

    def _wex_reconcile_part(self, debit_lines, credit_lines, amount):
        """Reconcile up to ``amount`` of journal items with others, in their order.

        :param float amount: in the card's currency
        :return: the amount that was reconciled
        """
        done = 0.0
        for debit, credit in product(debit_lines, credit_lines):
            most = min(abs(line.amount_residual_currency) for line in (debit, credit))
            part = self.currency_id.round(min(amount - done, most))
            if self.currency_id.compare_amounts(part, 0) <= 0:
                continue
            if not self.currency_id.compare_amounts(part, most):
                (debit + credit).reconcile()
            else:
                rate = abs(debit.balance / debit.amount_currency)
                self.env["account.partial.reconcile"].create(
                    {
                        "debit_move_id": debit.id,
                        "credit_move_id": credit.id,
                        "amount": self.company_id.currency_id.round(part * rate),
                        "debit_amount_currency": part,
                        "credit_amount_currency": part,
                    }
                )
            done += part
        return done

    # === WHAT WAS CHARGED === #

    def _wex_book_transactions(self):
        """Book what was posted at WEX into the journal, against the card. Repeatable."""
        for transaction in self.transaction_ids.filtered(
            lambda one: not one.statement_line_id and one.amount
        ):
            line = self.env["account.bank.statement.line"].create(
                {
                    "journal_id": self.account_id.journal_id.id,
                    "date": transaction.posting_date or fields.Date.context_today(self),
                    "payment_ref": self.env._(
                        "%(card)s %(merchant)s",
                        card=self.display_name,
                        merchant=transaction.merchant_name or "",
                    ).strip(),
                    "partner_id": self.partner_id.commercial_partner_id.id,
                    "amount": -transaction.amount,
                    "counterpart_account_id": self.account_id.outstanding_account_id.id,
                }
            )
            transaction.statement_line_id = line
            self._wex_reconcile_outstanding(line.move_id)

    def _wex_reconcile_outstanding(self, move):
        """Reconcile the entry's line of cards issued with what is left of the card's."""
        outstanding = self._wex_outstanding_line()
        others = move.line_ids + self.transaction_ids.statement_line_id.move_id.line_ids
        open_lines = (others + self.release_move_ids.line_ids).filtered(
            lambda line: line.account_id == outstanding.account_id and not line.reconciled
        )
        if outstanding and not outstanding.reconciled and open_lines:
            (outstanding + open_lines).reconcile()
        elif len(open_lines) > 1:
            open_lines.reconcile()

    # === WHAT IS LEFT === #

    def _wex_release(self, amount):
        """Release ``amount`` of the card: its bills are open again by as much, the last due first.

        :param float amount: positive, in the card's currency
        """
        payable = self._wex_payable_line()
        move = self._wex_entry(
            amount, payable.account_id, self.env._("Released: %s", self.display_name)
        )
        back = move.line_ids.filtered(lambda line: line.account_id == payable.account_id)
        kept = self._wex_unreconcile_bills(payable, amount)
        (payable + back).reconcile()
        for bill_line, part in kept:
            self._wex_reconcile_part(payable, bill_line, part)
        self.amount_released += amount
        if not self.currency_id.compare_amounts(self.amount_released, self.amount):
            self.payment_id.state = "canceled"

    def _wex_unreconcile_bills(self, payable, amount):
        """Unreconcile bills from the payment until ``amount`` of it is open, the last due first.

        :return: ``[(journal item of a bill, what stays paid of it)]``
        """
        bill_lines = payable.matched_credit_ids.credit_move_id.filtered(
            lambda line: line.move_type in ("in_invoice", "in_receipt")
        ).sorted(lambda line: (line.date_maturity or line.date, line.id), reverse=True)
        missing = amount - abs(payable.amount_residual_currency)
        kept = []
        for line in bill_lines:
            if self.currency_id.compare_amounts(missing, 0) <= 0:
                break
            partials = line.matched_debit_ids.filtered(
                lambda partial: partial.debit_move_id == payable
            )
            paid = sum(partials.mapped("debit_amount_currency"))
            kept.append((line, max(0.0, paid - missing)))
            missing -= paid
            partials.unlink()
        return kept

    def _wex_write_off(self, amount):
        """Book a difference within the tolerance; negative where too much was charged."""
        self._wex_entry(
            amount,
            self.account_id.difference_account_id,
            self.env._("Difference: %s", self.display_name),
        )
        self.amount_written_off += amount

    def _wex_entry(self, amount, counterpart, label):
        """Book ``amount`` from the account of cards issued to ``counterpart``, and clear it."""
        outstanding = self._wex_outstanding_line()
        rate = abs(outstanding.balance / outstanding.amount_currency)
        balance = self.company_id.currency_id.round(amount * rate)
        partner = self.partner_id.commercial_partner_id

        def values(account, sign):
            return {
                "account_id": account.id,
                "partner_id": partner.id,
                "name": label,
                "currency_id": self.currency_id.id,
                "amount_currency": sign * amount,
                "balance": sign * balance,
            }

        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.account_id.journal_id.id,
                "date": fields.Date.context_today(self),
                "ref": label,
                "line_ids": [
                    Command.create(values(outstanding.account_id, 1)),
                    Command.create(values(counterpart, -1)),
                ],
            }
        )
        move.action_post()
        self.release_move_ids = [Command.link(move.id)]
        self._wex_reconcile_outstanding(move)
        return move
