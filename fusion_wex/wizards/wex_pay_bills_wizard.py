from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .. import const
from ..models.request.wex_card_request import UNDER_WAY_STATES


class WexPayBillsWizard(models.TransientModel):
    """Pay vendor bills with virtual cards: shows what will be issued, then the progress."""

    _name = "wex.pay.bills.wizard"
    _description = "Pay with WEX card"

    account_id = fields.Many2one(
        "wex.account", required=True, domain="[('company_id', '=', company_id)]"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="account_id.currency_id")
    grouping = fields.Selection(
        [("bill", "One card per bill"), ("vendor", "One card per vendor")],
        required=True,
        default="bill",
    )
    line_ids = fields.One2many("wex.pay.bills.wizard.line", "wizard_id", string="Bills")
    memo = fields.Char()
    valid_until = fields.Date(
        compute="_compute_terms", store=True, readonly=False, precompute=True
    )
    is_exact_amount = fields.Boolean(
        string="Exact Amount",
        help="Only the whole amount can be charged.",
        compute="_compute_terms", store=True, readonly=False, precompute=True
    )
    amount = fields.Monetary(string="Total", compute="_compute_summary")
    card_count = fields.Integer(string="Cards", compute="_compute_summary")
    approval_count = fields.Integer(compute="_compute_summary")
    warning = fields.Char(compute="_compute_warning")
    is_test = fields.Boolean(compute="_compute_warning")

    # --- afterwards ---
    request_ids = fields.Many2many("wex.card.request", string="Card Requests", readonly=True)
    progress = fields.Float(compute="_compute_progress")
    notice = fields.Char(compute="_compute_progress", help="As long as something is under way.")
    result = fields.Char(compute="_compute_progress")

    @api.model
    def default_get(self, fields_list):
        """Override of `models` to begin with the bills of the action.

        :raise UserError: there is no account, or nothing to pay
        """
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") != "account.move":
            return values
        moves = self.env["account.move"].browse(self.env.context.get("active_ids"))
        company = moves.company_id[:1] or self.env.company
        if len(moves.company_id) > 1:
            raise UserError(self.env._("Choose the bills of one company."))
        account = self._wex_account_for(moves, company)
        return {
            **values,
            "company_id": company.id,
            "account_id": account.id,
            "grouping": "bill",
            "line_ids": [
                Command.create({"move_id": move.id, "amount": move._wex_amount_open()})
                for move in moves.sorted(lambda move: (move.partner_id.name or "", move.id))
            ],
        }

    @api.model
    def _wex_account_for(self, moves, company):
        accounts = self.env["wex.account"].search(
            [("company_id", "=", company.id), ("state", "!=", "disabled")]
        )
        if not accounts:
            raise UserError(
                self.env._(
                    "%s has no WEX account in use. A manager of virtual cards sets one up.",
                    company.name,
                )
            )
        fitting = accounts.filtered(
            lambda account: account.currency_id == moves.currency_id[:1]
        )
        return (fitting or accounts)[:1]

    @api.depends("account_id")
    def _compute_terms(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            account = wizard.account_id
            days = account.validity_days
            wizard.valid_until = days and fields.Date.add(today, days=days)
            wizard.is_exact_amount = account.is_exact_amount

    @api.depends("line_ids.amount", "line_ids.is_blocked", "grouping", "account_id")
    def _compute_summary(self):
        for wizard in self:
            cards = wizard._wex_cards()
            amounts = [sum(lines.mapped("amount")) for lines in cards]
            is_above_limit = self.env["wex.card.request"]._wex_is_above_limit
            wizard.card_count = len(cards)
            wizard.amount = sum(amounts)
            wizard.approval_count = sum(
                is_above_limit(wizard.account_id, amount, lines.move_id)
                for lines, amount in zip(cards, amounts, strict=True)
            )

    @api.depends("line_ids.is_blocked", "account_id")
    def _compute_warning(self):
        for wizard in self:
            blocked = wizard.line_ids.filtered("is_blocked")
            wizard.is_test = bool(wizard.account_id) and wizard.account_id._wex_is_watermarked()
            wizard.warning = bool(blocked) and self.env._(
                "%(count)s of %(all)s bills are left out; the last column says why.",
                count=len(blocked),
                all=len(wizard.line_ids),
            )

    @api.depends("request_ids.state", "request_ids.is_waiting")
    def _compute_progress(self):
        for wizard in self:
            requests = wizard.request_ids
            open_ones = requests.filtered(lambda one: one.state in UNDER_WAY_STATES)
            issued = requests.filtered(lambda one: one.state in ("issued", "acknowledged"))
            waiting = requests.filtered("is_waiting")
            done = len(requests) - len(open_ones)
            wizard.progress = 100.0 * done / len(requests) if requests else 0.0
            wizard.notice = bool(open_ones) and self.env._(
                "%(done)s of %(all)s cards are decided.", done=done, all=len(requests)
            )
            wizard.result = bool(requests) and self.env._(
                "%(issued)s issued, %(waiting)s waiting for a second person, %(refused)s refused.",
                issued=len(issued),
                waiting=len(waiting),
                refused=done - len(issued) - len(waiting),
            )

    def _wex_cards(self):
        """Return the lines of each card."""
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: not line.is_blocked and line.amount)
        if self.grouping == "bill":
            return list(lines)
        by_vendor = lines.grouped(lambda line: line.move_id.commercial_partner_id)
        return list(by_vendor.values())

    def action_wex_issue(self):
        """Request the cards; those above the limit wait for a second person.

        :raise UserError: there is nothing to issue, or a bill cannot be paid; nothing was sent
        """
        self.ensure_one()
        if self.request_ids:
            raise UserError(self.env._("These cards were asked for before."))
        requests = self.env["wex.card.request"].with_context(tracking_disable=True)
        for lines in self._wex_cards():
            requests |= requests.create(self._wex_request_values(lines))
        if not requests:
            raise UserError(self.env._("There is no bill to pay."))
        requests.action_submit()
        self.request_ids = requests
        return self._wex_reopen()

    def _wex_request_values(self, lines):
        return {
            "account_id": self.account_id.id,
            "partner_id": lines.move_id[:1].commercial_partner_id.id,
            "memo": self.memo,
            "valid_until": self.valid_until,
            "is_exact_amount": self.is_exact_amount,
            "line_ids": [
                Command.create({"move_id": line.move_id.id, "amount": line.amount})
                for line in lines
            ],
        }

    def _wex_reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pay with WEX card"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_wex_show_requests(self):
        """Open the requests that were made."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"{const.MODULE}.wex_card_request_action"
        )
        return {**action, "domain": [("id", "in", self.request_ids.ids)]}
