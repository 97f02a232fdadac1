import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.fusion_payment_common.lib import idempotency
from odoo.addons.fusion_payment_common.lib.ledger import Intent
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ... import const
from ...client.cancelling import carry_out_cancel, find_cancel, read_cancel
from .wex_virtual_card import FINAL_STATES


class WexVirtualCard(models.Model):
    """Cancelling a card, through the ledger, and asking for another one in its place."""

    _name = "wex.virtual.card"
    _inherit = ["wex.virtual.card", "fusion.operation.handler"]

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
            # Elevated: whoever may read the card may know how its cancellation stands.
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
        """Have WEX close the cards; what was not charged of them is released.

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
        """Have another card made over what was not charged, once this one cannot be charged.

        :raise UserError: it was reissued before, or everything was charged
        """
        self.env["wex.card.request"]._wex_check_may(const.APPROVER_GROUP)
        self.check_access("read")
        for card in self:
            if card.reissue_by_id or card.state == "cleared":
                raise UserError(
                    self.env._("%s was charged or reissued already.", card.display_name)
                )
            # Elevated: nobody writes cards by hand.
            card.sudo().reissue_by_id = self.env.uid
            if card.can_cancel:
                card._wex_enqueue_cancel()
            else:
                card.action_wex_look()

    def _wex_enqueue_cancel(self):
        key = str(uuid.uuid4())
        operation = self.env["fusion.operation"]._enqueue(
            Intent(
                kind="card_cancel",
                provider_code=const.PROVIDER_CODE,
                handler=self._name,
                idempotency_key=key,
                reference=f"{self.name}-{idempotency.short_reference(key)}",
                external_reference=self.reference,
                parameters={"kind": "card_cancel", "card": self.reference},
                payload={"card_id": self.id},
                company_id=self.company_id.id,
                currency_id=self.currency_id.id,
                documents=((self._name, self.id),),
                send_within=const.SEND_WITHIN,
                summary={"card": self.name},
            )
        )
        operation.write({"res_model": self._name, "res_id": self.id})
        # Elevated: nobody writes cards by hand.
        self.sudo().cancel_operation_id = operation

    # === OPERATION HANDLER === #

    def _fusion_is_followed_by(self, operation, later):
        """Override of `fusion_payment_common`: what is done to a card has the card's id."""
        return operation.kind != later.kind

    def _fusion_prepare_call(self, operation, observer):
        """Override of `fusion_payment_common` to close the card at WEX."""
        card = self._wex_of(operation)
        issuer = card.account_id._wex_client(observer)
        facts = (card.wex_id or "", card.reference)
        return lambda: carry_out_cancel(issuer, *facts)

    def _fusion_prepare_lookup(self, operation, observer):
        """Override of `fusion_payment_common` to see whether the card is closed."""
        card = self._wex_of(operation)
        issuer = card.account_id._wex_client(observer)
        facts = (card.wex_id or "", card.reference)
        return lambda: find_cancel(issuer, *facts)

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Override of `fusion_payment_common` to read the card that a Manager names."""
        issuer = self._wex_of(operation).account_id._wex_client(observer)
        return lambda: read_cancel(issuer, provider_reference)

    def _fusion_apply(self, operation, answer):
        """Override of `fusion_payment_common`: a closed card is looked at once more, at once.

        What was charged before it was closed is booked first; the rest is released then.
        """
        card = self.search([("cancel_operation_id", "=", operation.id)])
        if not card or answer.outcome != Outcome.SUCCEEDED or answer.review:
            return
        values = {"next_attempt_at": self.env.cr.now().replace(microsecond=0)}
        if card.state not in FINAL_STATES:
            values |= {"state": "cancelled", "ended_at": fields.Datetime.now()}
        card.write(values)
        card._queue_wake()

    def _wex_of(self, operation):
        """Return the card of an operation."""
        # Elevated: the payload is kept for the ledger alone.
        return self.browse(operation.sudo().request_payload["card_id"])

    # === REISSUE === #

    def _wex_apply_activity(self, activity):
        """Override to have the next card made when it is known what this one left."""
        super()._wex_apply_activity(activity)
        is_wanted = self.reissue_by_id and not self.reissue_id
        # What is not booked may have been charged: it is looked at again first.
        if self.ended_at and is_wanted and not self.booking_problem:
            self._wex_reissue()

    def _wex_reissue(self):
        """Ask for a card over what was not charged of this one, under a new reference."""
        values = self._wex_reissue_values()
        if not values:
            return
        requests = self.env["wex.card.request"].with_user(self.reissue_by_id).sudo()
        # Who submits is who asked for the reissue, not who runs the queue.
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
        """Return what was not charged of the card, nor may still be, nor was written off."""
        used = self.amount_posted + self.amount_written_off + self._wex_amount_held()
        return self.currency_id.round(self.amount - used)

    def _wex_bills_to_reissue(self, left):
        """Return ``[(bill, amount)]``: what is open of each, all together ``left`` at the most."""
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
