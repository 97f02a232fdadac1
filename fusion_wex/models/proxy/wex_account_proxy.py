from odoo import api, fields, models, tools

from odoo.addons.fusion_payment_common.lib.signing import constant_time_equal
from odoo.addons.fusion_payment_common.models.outbox.endpoint import digest

from ... import const

#: A token that is shorter can be guessed; it works, and the form says so.
GOOD_TOKEN_LENGTH = 16
#: What is read of an account to issue a card.
_READ_OF_ACCOUNT = (
    "active", "bank_number", "company_id", "company_number", "currency_id", "delivery_endpoint_id",
    "is_emailed_by_wex", "is_exact_amount", "keeps_number", "max_uses", "merchant_code", "name",
    "organisation", "password", "profile_overrides", "state", "udf_slots", "url", "username",
    "validity_days",
)  # fmt: skip


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

    # === WHAT EVERY REQUEST READS === #

    @api.model
    def _wex_of_proxy_token(self, token):
        """Return the account whose token this is, compared in constant time; none for none.

        What a request reads of it is read already, see :meth:`_wex_recall`.
        """
        given = digest(token)
        if not given:
            return self.browse()
        # Elevated: whoever calls the route is nobody yet. The digest is looked up, not the token:
        # how long that takes says nothing about it.
        accounts = self.sudo()
        try:
            account_id, known = accounts._wex_facts_of_proxy_token(given)
        except _NobodyError:
            return self.browse()
        account = accounts.browse(account_id)
        account._wex_recall()
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
            # Not remembered: strangers must not be able to fill the cache with their guesses.
            raise _NobodyError
        return account.id, account.proxy_token_digest

    @tools.ormcache("self.id", "self.env.uid")
    def _wex_facts(self):
        """Return ``(model, id, values)`` of what each request of the route reads.

        Remembered by every process until one of them changes (:meth:`write` here and there), as
        Odoo does with rights and parameters.
        """
        records = {
            self: _READ_OF_ACCOUNT,
            self.currency_id: ("name", "decimal_places"),
            self.delivery_endpoint_id: ("wex_sends_card_data",),
            self.env.user: ("name", "tz"),
        }
        return tuple(
            (record._name, record.id, record.read(names, load=None)[0])
            for record, names in records.items()
            if record
        )

    def _wex_recall(self, env=None):
        """Let an environment know what is remembered of this account, without asking."""
        self.ensure_one()
        for model, record_id, values in self._wex_facts():
            (env or self.env)[model].browse(record_id)._update_cache(values, validate=False)

    def write(self, vals):
        """Override of `models` to forget what was remembered of the account."""
        result = super().write(vals)
        if not {"proxy_token", *_READ_OF_ACCOUNT}.isdisjoint(vals):
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        """Override of `models` to forget what was remembered of the account."""
        result = super().unlink()
        self.env.registry.clear_cache()
        return result


class FusionDeliveryEndpoint(models.Model):
    _inherit = "fusion.delivery.endpoint"

    def write(self, vals):
        """Override of `fusion_payment_common` to forget how callers of the proxy are answered."""
        result = super().write(vals)
        if "wex_sends_card_data" in vals:
            self.env.registry.clear_cache()
        return result


class _NobodyError(Exception):
    """The token is no account's."""
