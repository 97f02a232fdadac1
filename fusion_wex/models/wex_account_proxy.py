from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.signing import constant_time_equal
from odoo.addons.fusion_payment_common.models.fusion_delivery_endpoint import digest

from .. import const

#: A token that is shorter can be guessed; it works, and the form says so.
GOOD_TOKEN_LENGTH = 16


class WexAccount(models.Model):
    """Who may ask this account for cards from outside, as callers of the old proxy do."""

    _inherit = "wex.account"

    proxy_token = fields.Char(
        groups=const.MANAGER_GROUP,
        copy=False,
        help="Whoever sends it to /proxy is given cards of this account. Empty: nobody is.",
    )
    proxy_token_digest = fields.Char(
        compute="_compute_proxy_token_digest", store=True, groups="base.group_system", copy=False
    )
    is_proxy_token_weak = fields.Boolean(
        compute="_compute_is_proxy_token_weak", groups=const.MANAGER_GROUP
    )

    _proxy_token_unique = models.UniqueIndex(
        "(proxy_token_digest) WHERE proxy_token_digest IS NOT NULL",
        "Another account has this token.",
    )

    @api.depends("proxy_token")
    def _compute_proxy_token_digest(self):
        # Elevated: the digest is for the route alone, whoever enters the token.
        for account in self.sudo():
            account.proxy_token_digest = digest(account.proxy_token)

    @api.depends("proxy_token")
    def _compute_is_proxy_token_weak(self):
        for account in self:
            token = account.proxy_token
            account.is_proxy_token_weak = bool(token) and len(token) < GOOD_TOKEN_LENGTH

    @api.model
    def _wex_of_proxy_token(self, token):
        """Return the account whose token this is, compared in constant time; none for none."""
        given = digest(token)
        if not given:
            return self.browse()
        # Elevated: whoever calls the route is nobody yet. The digest is looked up, not the token:
        # how long the index takes says nothing about it.
        account = self.sudo().search(
            [("proxy_token_digest", "=", given), ("state", "!=", "disabled")], limit=1
        )
        if not constant_time_equal(given, account.proxy_token_digest or ""):
            return self.browse()
        return account.with_company(account.company_id)
