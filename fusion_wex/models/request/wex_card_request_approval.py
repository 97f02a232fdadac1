from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ... import const
from ..card.wex_virtual_card import OPEN_STATES
from .wex_card_request import NO_CARD_STATES, UNDER_WAY_STATES


class WexCardRequest(models.Model):
    """From draft to queue: submit, approve, refuse, withdraw, try again."""

    _inherit = "wex.card.request"

    is_waiting = fields.Boolean(
        string="Waiting for Approval", readonly=True, copy=False, index="btree_not_null"
    )
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(readonly=True, copy=False)
    needs_approval = fields.Boolean(compute="_compute_needs_approval")
    can_approve = fields.Boolean(compute="_compute_can_approve")

    @api.depends(
        "amount", "line_ids.move_id", "account_id.approval_limit", "approved_by_id", "external_ref"
    )
    def _compute_needs_approval(self):
        for request in self:
            # The other system has approved it, and proves itself by its token.
            request.needs_approval = (
                not request.approved_by_id
                and not request.external_ref
                and request._wex_is_above_limit(
                    request.account_id, request.amount, request.line_ids.move_id
                )
            )

    def _wex_is_above_limit(self, account, amount, moves):
        """Return whether a card over ``amount`` needs a second person.

        What nobody else agreed to on other cards for the same bills counts as well: a bill is not
        paid in parts to stay below the limit.

        :param amount: in the account's currency
        :param moves: the bills that the card pays
        """
        limit = account.approval_limit
        if not moves or account.currency_id.compare_amounts(amount, limit) > 0:
            return account.currency_id.compare_amounts(amount, limit) > 0
        # Elevated: requests that the user may not see count as well.
        lines = self.env["wex.card.request.line"].sudo().search(
            [
                ("move_id", "in", moves.ids),
                ("request_id", "not in", self.ids),
                ("request_id.approved_by_id", "=", False),
                "|",
                "|",
                ("request_id.state", "in", UNDER_WAY_STATES),
                ("request_id.is_waiting", "=", True),
                ("request_id.card_id.state", "in", (*OPEN_STATES, "cleared")),
            ]
        )
        total = amount + sum(lines.mapped("amount"))
        return account.currency_id.compare_amounts(total, limit) > 0

    @api.depends("is_waiting", "requested_by_id")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        is_approver = self.env.user.has_group(const.APPROVER_GROUP)
        for request in self:
            request.can_approve = (
                request.is_waiting and is_approver and request.requested_by_id != self.env.user
            )

    def action_submit(self):
        """Ask for the card: it is issued, or waits for a second person above the limit.

        :raise UserError: what is asked for cannot be issued; says why
        """
        self._wex_check_may(const.USER_GROUP)
        for request in self:
            if request.state != "draft" or request.is_waiting:
                raise UserError(self.env._("%s was submitted before.", request.name))
            request._wex_check_issuable()
            # Elevated: nobody writes it by hand. Who asks is who submits, whoever made the draft:
            # nobody approves what they submitted themselves.
            request.sudo().requested_by_id = self.env.uid
            if request.needs_approval:
                request._wex_ask_for_approval()
            else:
                request._wex_enqueue()

    def action_approve(self):
        """Agree, as a second person, and have the card issued.

        :raise AccessError: not an approver, or the very person who asked
        """
        self._wex_check_may(const.APPROVER_GROUP)
        for request in self:
            if not request.is_waiting:
                raise UserError(self.env._("%s does not wait for an approval.", request.name))
            if request.requested_by_id == self.env.user:
                raise AccessError(
                    self.env._(
                        "%s has to be approved by somebody else than who asked.", request.name
                    )
                )
            request._wex_check_issuable()
            # Elevated: users do not write submitted requests.
            request.sudo().write(
                {
                    "is_waiting": False,
                    "approved_by_id": self.env.uid,
                    "approved_at": fields.Datetime.now(),
                }
            )
            request.sudo()._wex_close_activities()
            request._wex_enqueue()

    def action_refuse(self):
        """Refuse requests that wait for an approval."""
        self._wex_check_may(const.APPROVER_GROUP)
        for request in self:
            if not request.is_waiting:
                raise UserError(self.env._("%s does not wait for an approval.", request.name))
            # Elevated: users do not write submitted requests.
            request.sudo().write(
                {
                    "state": "cancelled",
                    "is_waiting": False,
                    "message": self.env._("Refused by %s.", self.env.user.name),
                }
            )
            request.sudo()._wex_close_activities()

    def action_withdraw(self):
        """Take back a request that was not sent to WEX.

        :raise UserError: it was
        """
        self._wex_check_may(const.USER_GROUP)
        for request in self:
            if request.state != "draft":
                raise UserError(
                    self.env._("%s is on its way to WEX: cancel the card instead.", request.name)
                )
            request.sudo()._wex_close_activities()
        # Elevated: users do not write submitted requests.
        self.sudo().write({"state": "cancelled", "is_waiting": False})

    def action_try_again(self):
        """Send again, under a new reference, what WEX refused or what was never sent."""
        self._wex_check_may(const.USER_GROUP)
        for request in self:
            if request.state not in NO_CARD_STATES:
                raise UserError(self.env._("%s is not refused.", request.name))
            # Elevated: users do not write submitted requests.
            request.sudo().write(
                {
                    "state": "draft",
                    "message": False,
                    "operation_id": False,
                    "approved_by_id": False,
                    "approved_at": False,
                }
            )
            request.action_submit()

    def _wex_ask_for_approval(self):
        # Elevated: the requester need not be able to read the approvers.
        own = self.sudo()
        own.write({"is_waiting": True, "message": self.env._("Waits for a second person.")})
        alerts = own.env["fusion.alert"]
        note = self.env._(
            "%(user)s asks for a card of %(amount)s for %(vendor)s.",
            user=self.requested_by_id.name,
            amount=self.currency_id.format(self.amount),
            vendor=self.vendor_name,
        )
        # All of them, as one may be away; a decision closes the activities of all.
        alerts._schedule_once(
            own,
            "approval",
            alerts._recipients(const.APPROVER_GROUP, own.company_id, besides=own.requested_by_id),
            summary=self.env._("Approve card %s", self.name),
            note=note,
        )

    def _wex_close_activities(self):
        self.activity_unlink(["mail.mail_activity_data_todo"])

    def _wex_check_may(self, group):
        """Refuse who is not in ``group`` or may not read the requests.

        :raise AccessError: see there
        """
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(group)):
            raise AccessError(self.env._("You are not permitted to do this with virtual cards."))
