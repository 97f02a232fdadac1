from odoo import api, fields, models, tools

from odoo.addons.fusion_payment_common.lib.signing import constant_time_equal
from odoo.addons.fusion_payment_common.models.outbox.endpoint import digest

from ... import const

#: Characters. A shorter token can be guessed; it works, and the form warns.
GOOD_TOKEN_LENGTH = 16


class WexAccount(models.Model):
    """The token with which callers of the old proxy request cards of this account."""

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
        # Elevated: only the route reads the digest, whoever enters the token.
        for account in self.sudo():
            account.proxy_token_digest = digest(account.proxy_token)

    @api.depends("proxy_token")
    def _compute_is_proxy_token_weak(self):
        for account in self:
            token = account.proxy_token
            account.is_proxy_token_weak = bool(token) and len(token) < GOOD_TOKEN_LENGTH

    # === TOKEN === #

    @api.model
    def _wex_of_proxy_token(self, token):
        """Return the account with this token, compared in constant time; an empty record for none.

        What a request reads of it is in the cache already, see :meth:`_wex_fill_cache`.
        """
        given = digest(token)
        if not given:
            return self.browse()
        # Elevated: the caller is no user. Searched by digest, so that the time it takes reveals
        # nothing about the token.
        accounts = self.sudo()
        try:
            account_id, known = accounts._wex_facts_of_proxy_token(given)
        except _UnknownTokenError:
            return self.browse()
        account = accounts.browse(account_id)
        account._wex_fill_cache()
        if not constant_time_equal(given, known):
            return self.browse()
        return account.with_company(account.company_id)

    @api.model
    @tools.ormcache("given")
    def _wex_facts_of_proxy_token(self, given):
        account = self.search(
            [("proxy_token_digest", "=", given), ("state", "!=", "disabled")], limit=1
        )
        if not account:
            # Not cached: strangers must not fill the cache with guesses.
            raise _UnknownTokenError
        return account.id, account.proxy_token_digest


class FusionDeliveryEndpoint(models.Model):
    _inherit = "fusion.delivery.endpoint"

    def write(self, vals):
        """Override of `fusion_payment_common` to clear what processes cache of the endpoint."""
        result = super().write(vals)
        if "wex_sends_card_data" in vals:
            self.env.registry.clear_cache()
        return result


class _UnknownTokenError(Exception):
    """No account has this token."""
