from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const


class AccountMove(models.Model):
    _inherit = "account.move"

    wex_line_ids = fields.One2many(
        "wex.card.request.line",
        "move_id",
        string="Virtual Cards",
        readonly=True,
        groups=const.USER_GROUP,
    )
    wex_can_pay = fields.Boolean(compute="_compute_wex_can_pay")
    wex_card_count = fields.Integer(string="Card Count", compute="_compute_wex_cards")
    wex_card_label = fields.Char(string="Virtual Card", compute="_compute_wex_cards")

    @api.depends("state", "move_type", "amount_residual", "company_id")
    def _compute_wex_can_pay(self):
        # Elevated: users who cannot read accounts may know that cards are in use.
        companies = (
            self.env["wex.account"].sudo().search([("state", "!=", "disabled")]).company_id
        )
        for move in self:
            move.wex_can_pay = (
                move.state == "posted"
                and move.move_type in ("in_invoice", "in_receipt")
                and move.currency_id.compare_amounts(move.amount_residual, 0) > 0
                and move.company_id in companies
            )

    @api.depends("wex_line_ids.request_id.state")
    def _compute_wex_cards(self):
        for move in self:
            # Elevated: who may read the bill may know how it was paid.
            requests = move.sudo().wex_line_ids.request_id.filtered(
                lambda request: request.state != "cancelled"
            )
            move.wex_card_count = len(requests)
            cards = requests.card_id
            move.wex_card_label = ", ".join(cards.mapped("display_name"))

    def action_wex_pay(self):
        """Open the dialog that pays these bills with virtual cards.

        :raise UserError: there is no account
        """
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pay with WEX card"),
            "res_model": "wex.pay.bills.wizard",
            "views": [(False, "form")],
            "target": "new",
            "context": {"active_model": self._name, "active_ids": self.ids},
        }

    def action_wex_show_cards(self):
        """Open the card requests of this bill."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"{const.MODULE}.wex_card_request_action"
        )
        return {**action, "domain": [("move_ids", "in", self.ids)]}

    def _check_draftable(self):
        """Extend to keep the entries of cards posted: they follow what WEX says about the card.

        :raise UserError: one of them books a card
        """
        super()._check_draftable()
        # Elevated: the entry belongs to its card even where the user may not see the card.
        card = self.env["wex.virtual.card"].sudo().search(
            [
                "|",
                ("payment_id.move_id", "in", self.ids),
                ("release_move_ids", "in", self.ids),
            ],
            limit=1,
        )
        if card:
            raise UserError(
                self.env._(
                    "This entry belongs to virtual card %s. Cancel the card instead.",
                    card.display_name,
                )
            )

    def _wex_amount_open(self, besides=None):
        """Return what a card may still pay of this bill, in its currency.

        Negative for a credit note.

        :param besides: a request that does not count, because it is the one that asks
        """
        self.ensure_one()
        requests = besides if besides is not None else self.env["wex.card.request"]
        sign = -1 if self.move_type == "in_refund" else 1
        return sign * self.amount_residual - requests._wex_amount_under_way(self)

    def _wex_check_payable(self, amount, *, besides):
        """Refuse to pay ``amount`` of this bill by a card.

        :param amount: in the bill's currency, negative of a credit note
        :param besides: the request that asks
        :raise UserError: says why
        """
        self.ensure_one()
        if self.state != "posted":
            raise UserError(self.env._("%s is not posted.", self.display_name))
        open_amount = self._wex_amount_open(besides=besides)
        if self.currency_id.compare_amounts(abs(amount), abs(open_amount)) > 0 or (
            amount * open_amount < 0
        ):
            raise UserError(
                self.env._(
                    "%(amount)s is more than what is open of %(bill)s: %(open)s.",
                    amount=self.currency_id.format(amount),
                    bill=self.display_name,
                    open=self.currency_id.format(open_amount),
                )
            )
