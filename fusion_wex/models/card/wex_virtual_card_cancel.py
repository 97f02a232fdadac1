from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ... import const
from .wex_virtual_card import FINAL_STATES
from .wex_virtual_card_operation import CANCEL


class WexVirtualCard(models.Model):
    """Cancelling a card, and asking for another one in its place."""

    _inherit = "wex.virtual.card"

    cancel_operation_id = fields.Many2one("fusion.operation", readonly=True, copy=False)
    cancel_message = fields.Char(compute="_compute_cancel_message")
    reissue_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    reissue_id = fields.Many2one(
        "wex.card.request", string="Reissued As", readonly=True, copy=False
    )
    can_cancel = fields.Boolean(compute="_compute_cancel_message")

    @api.depends("state", "cancel_operation_id.state", "reissue_by_id")
    def _compute_cancel_message(self):
        for card in self:
            # Elevated: who may read the card may know the state of its cancellation.
            operation = card.cancel_operation_id.sudo()
            is_open = operation and operation.state not in (
                "succeeded",
                "declined",
                "rejected",
                "not_sent",
            )
            card.can_cancel = card.state not in FINAL_STATES and not is_open
            if card.state in FINAL_STATES or not operation or operation.state == "succeeded":
                card.cancel_message = False
            elif is_open:
                card.cancel_message = self.env._(
                    "WEX is asked to cancel this card. Until it says so, the vendor may charge it."
                )
            else:
                card.cancel_message = self.env._(
                    "The card was not cancelled: %s. The vendor may still charge it.",
                    operation.error_message or operation.error_code or "-",
                )

    def action_wex_cancel(self):
        """Cancel the cards at WEX; what was not charged is released.

        :raise UserError: one can no longer be charged, or is being cancelled
        """
        self.env["wex.card.request"]._wex_check_may(const.APPROVER_GROUP)
        self.check_access("read")
        for card in self:
            if not card.can_cancel:
                raise UserError(
                    self.env._("%s has ended, or is being cancelled.", card.display_name)
                )
            card._wex_enqueue_cancel()

    def action_wex_reissue(self):
        """Issue another card over what was not charged, once this one is closed.

        :raise UserError: it was reissued before, or everything was charged
        """
        self.env["wex.card.request"]._wex_check_may(const.APPROVER_GROUP)
        self.check_access("read")
        for card in self:
            if card.reissue_by_id or card.state == "cleared":
                raise UserError(
                    self.env._("%s was charged or reissued already.", card.display_name)
                )
            # Elevated: users do not write cards.
            card.sudo().reissue_by_id = self.env.uid
            if card.can_cancel:
                card._wex_enqueue_cancel()
            else:
                card.action_wex_look()

    def _wex_enqueue_cancel(self):
        operation = self._wex_enqueue(CANCEL)
        # Elevated: users do not write cards.
        self.sudo().cancel_operation_id = operation

    def _wex_note_cancelled(self):
        """Close the card in Odoo, and have it read once more at once.

        What was charged before it was closed is booked first; the rest is released then.
        """
        values = {"next_attempt_at": self.env.cr.now().replace(microsecond=0)}
        if self.state not in FINAL_STATES:
            values |= {"state": "cancelled", "ended_at": fields.Datetime.now()}
        self.write(values)
        self._queue_wake()

    # === REISSUE === #

    def _wex_reissue_if_asked(self):
        """Request the next card as soon as it is known what was not charged of this one."""
        is_wanted = self.reissue_by_id and not self.reissue_id
        # After a booking problem the card is read again first: more may have been charged.
        if self.ended_at and is_wanted and not self.booking_problem:
            self._wex_reissue()

    def _wex_reissue(self):
        """Request a card over what was not charged of this one, under a new reference."""
        values = self._wex_reissue_values()
        if not values:
            return
        requests = self.env["wex.card.request"].with_user(self.reissue_by_id).sudo()
        # Submitted by the user who asked for the reissue, not by the one that runs the queue.
        again = requests.create(values)
        self.reissue_id = again
        if self.state in ("cancelled", "expired"):
            self.state = "reissued"
        try:
            with self.env.cr.savepoint():
                again.action_submit()
        except UserError as error:
            again.message = str(error)

    def _wex_reissue_values(self):
        request = self.request_id
        values = {
            "account_id": self.account_id.id,
            "partner_id": request.partner_id.id,
            "vendor_name": request.vendor_name,
            "memo": request.memo,
            "payment_name": request.payment_name,
            "proxy_fields": request.proxy_fields,
            "bill_number": request.bill_number,
            "bill_date": request.bill_date,
            "employee_name": request.employee_name,
            "max_uses": request.max_uses,
            "is_exact_amount": request.is_exact_amount,
            "reissue_of_id": request.id,
        }
        left = self._wex_amount_to_reissue()
        if self.currency_id.compare_amounts(left, 0) <= 0:
            return None
        if not request.line_ids:
            return {**values, "amount": left}
        lines = [
            Command.create({"move_id": move.id, "amount": amount})
            for move, amount in self._wex_bills_to_reissue(left)
        ]
        return {**values, "line_ids": lines} if lines else None

    def _wex_amount_to_reissue(self):
        """Return the amount that was neither charged nor written off, nor may still be charged."""
        used = self.amount_posted + self.amount_written_off + self._wex_amount_held()
        return self.currency_id.round(self.amount - used)

    def _wex_bills_to_reissue(self, left):
        """Return ``[(bill, amount)]``: the open amount of each, ``left`` in all at the most."""
        lines = []
        for line in self.request_id.line_ids.sorted("amount"):
            # Credit notes come first: they leave more for the bills.
            open_amount = abs(line.move_id._wex_amount_open())
            if line.amount < 0:
                amount = -min(-line.amount, open_amount)
            else:
                amount = min(line.amount, open_amount, max(left, 0.0))
            amount = self.currency_id.round(amount)
            left -= amount
            if amount:
                lines.append((line.move_id, amount))
        return lines
