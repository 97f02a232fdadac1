from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from ... import const
from ..fusion_operation import REFUND_KINDS


class AccountMove(models.Model):
    """Refunds started from a credit note, or from an invoice through a credit note."""

    _inherit = "account.move"

    clover_can_refund = fields.Boolean(compute="_compute_clover_can_refund", compute_sudo=True)
    # Elevated: users who may refund may see that a refund is on a terminal.
    clover_refund_at_terminal = fields.Boolean(
        compute="_compute_clover_refund_at_terminal", compute_sudo=True
    )

    @api.depends("state", "move_type", "amount_residual", "transaction_ids.state")
    def _compute_clover_can_refund(self):
        for move in self:
            possible = move.state == "posted" and move.move_type in ("out_refund", "out_invoice")
            if possible and move.move_type == "out_refund":
                possible = move.currency_id.compare_amounts(move._clover_refund_due(), 0) > 0
            move.clover_can_refund = possible and bool(move._clover_refundable_transactions())

    def _compute_clover_refund_at_terminal(self):
        notes = self.filtered(lambda move: move.move_type == "out_refund")
        busy = self.env["fusion.operation"]._clover_holding(notes, REFUND_KINDS)
        for move in self:
            move.clover_refund_at_terminal = move.id in busy

    def _clover_refund_due(self, *, besides=None):
        """Return what can still be refunded for this credit note, less refunds under way.

        :param str besides: reference of a refund to leave out
        """
        self.ensure_one()
        # Elevated: the protection against double refunds must not depend on access rights.
        under_way = self.sudo().transaction_ids.filtered(
            lambda tx: tx.operation == "refund"
            and tx.reference != besides
            and (
                tx.state in ("draft", "pending")
                or (tx.state == "done" and not tx.is_post_processed)
            )
        )
        return self.currency_id.round(self.amount_residual + sum(under_way.mapped("amount")))

    def _clover_check_refund_due(self, amount, *, besides=None):
        """Refuse to refund more than is left on these credit notes.

        :param str besides: reference of the refund itself, once it exists
        :raise ValidationError: nothing was sent
        """
        for note in self.filtered(lambda move: move.move_type == "out_refund"):
            due = note._clover_refund_due(besides=besides)
            if note.currency_id.compare_amounts(amount, due) > 0:
                raise ValidationError(
                    self.env._(
                        "Only %(due)s of credit note %(note)s can still be given back; refunds "
                        "under way are counted. Nothing was sent.",
                        due=note.currency_id.format(due),
                        note=note.name,
                    )
                )

    def _clover_refundable_transactions(self):
        """Return the refundable card payments (elevated) of this invoice or credit note's invoice.

        The payment with the largest refundable amount comes first.
        """
        self.ensure_one()
        invoice = self.reversed_entry_id if self.move_type == "out_refund" else self
        # Elevated: Refunders may have no access to transactions.
        transactions = invoice.sudo().transaction_ids
        candidates = (transactions | transactions.child_transaction_ids).filtered(
            lambda tx: tx.provider_code == const.PROVIDER_CODE
            and tx.state == "done"
            and tx.operation not in ("refund", "validation")
            and tx.provider_reference
            and tx.currency_id == self.currency_id
            and not tx._clover_captures(states=("done",))
            and self.currency_id.compare_amounts(tx._clover_left(), 0) > 0
        )
        return candidates.sorted(lambda tx: (-tx._clover_left(), tx.id))

    # === ACTION METHODS === #

    def action_clover_refund(self):
        """Open the refund dialog of this credit note; for an invoice, its credit note.

        :raise UserError: there is nothing to refund, or Clover cannot be asked
        """
        self.ensure_one()
        self.check_access("read")
        self._clover_check_refunder()
        if self.move_type == "out_invoice":
            return self._clover_refund_by_credit_note()
        wizards = self.env["clover.refund.wizard"]
        busy = self.env["fusion.operation"]._clover_holding(self, REFUND_KINDS)
        if operation := busy.get(self.id):
            return wizards._resume(operation._clover_transaction())
        if self.fusion_payment_notice:
            raise UserError(self.fusion_payment_notice)
        transactions = self._clover_refundable_transactions()
        if not self.clover_can_refund or not transactions:
            raise UserError(
                self.env._(
                    "Nothing can go back to a card here: the credit note has to be posted and "
                    "unpaid, and its invoice paid by card through Clover."
                )
            )
        return wizards._open(transactions[0], move=self)

    def _clover_check_refunder(self):
        if not self.env.user.has_group("fusion_payment_common.group_fusion_refunder"):
            raise AccessError(
                self.env._("Only a Refunder of Fusion Payments gives money back. Ask one.")
            )

    def _clover_refund_by_credit_note(self):
        """Return the action for the next step of a refund of this invoice.

        Open the existing credit note, or create a new draft. The accountant decides what to credit;
        the Refund button of the credit note then refunds it.
        """
        notes = self.reversal_move_ids.filtered(lambda move: move.move_type == "out_refund")
        if at_terminal := notes.filtered("clover_refund_at_terminal"):
            return at_terminal[0].action_clover_refund()
        if not self._clover_refundable_transactions():
            raise UserError(
                self.env._(
                    "Nothing of this invoice was paid by card through Clover, or all of it was "
                    "given back."
                )
            )
        posted = notes.filtered("clover_can_refund")
        if posted:
            return posted[0].action_clover_refund()
        note = notes.filtered(lambda move: move.state == "draft")[:1] or self._clover_new_note()
        return note._get_records_action(name=self.env._("Credit Note"), context={})

    def _clover_new_note(self):
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model=self._name, active_ids=self.ids)
            .create({"journal_id": self.journal_id.id, "move_ids": [Command.set(self.ids)]})
        )
        reversal.refund_moves()
        return reversal.new_move_ids
