import hashlib
import json
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import const

SOURCE = "wex_push"


class WexAccount(models.Model):
    _inherit = "wex.account"

    push_token = fields.Char(
        copy=False,
        required=True,
        default=lambda self: secrets.token_urlsafe(24),
        groups=const.MANAGER_GROUP,
        help="Whoever knows it can have cards looked at, and nothing more.",
    )
    push_token_digest = fields.Char(
        compute="_compute_push_token_digest",
        store=True,
        index=True,
        groups="base.group_system",
        copy=False,
    )
    push_url = fields.Char(
        string="Address for Pushes",
        compute="_compute_push_url",
        groups=const.MANAGER_GROUP,
        help="Register it at WEX for detailed authorizations.",
    )

    @api.depends("push_token")
    def _compute_push_token_digest(self):
        for account in self:
            account.push_token_digest = _digest(account.push_token or "")

    @api.depends("push_token")
    def _compute_push_url(self):
        for account in self:
            account.push_url = f"{account.get_base_url()}/wex/push/{account.push_token}"


class WexPush(models.AbstractModel):
    """Pushes of WEX: hints that a card should be read now."""

    _name = "wex.push"
    _description = "Push of WEX"
    _inherit = ["fusion.event.handler"]

    @api.model
    def _account_of(self, token):
        """Return the account in use whose address a push was sent to, or an empty one."""
        # Elevated: WEX is no user. Compared by digest, so that timing reveals nothing.
        return (
            self.env["wex.account"]
            .sudo()
            .search([("push_token_digest", "=", _digest(token)), ("state", "!=", "disabled")])
        )

    def _fusion_handle_event(self, event, fetched=None):
        """Override of the inbox: plan to read the card now.

        :raise UserError: the card is not known yet; a push may be faster than our own answer
        """
        hint = json.loads(event._body())
        # Elevated: the inbox runs without a user.
        cards = self.env["wex.virtual.card"].sudo()
        named = fields.Domain("reference", "in", [name for name in hint["references"] if name])
        if hint["card"]:
            named |= fields.Domain("wex_id", "=", hint["card"])
        card = cards.search(fields.Domain("account_id", "=", hint["account"]) & named, limit=1)
        if not card:
            raise UserError(self.env._("No virtual card is known by %s yet.", hint["card"]))
        card.next_attempt_at = self.env.cr.now().replace(microsecond=0)
        card._queue_wake()


def _digest(token):
    return hashlib.sha256(token.encode()).hexdigest()
