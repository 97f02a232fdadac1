import logging
from datetime import UTC, datetime, timedelta

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

_logger = logging.getLogger(__name__)

#: Seconds before its expiry at which an access token is renewed.
REFRESH_MARGIN = 60


class CloverOAuthToken(models.Model):
    """The tokens of one connected merchant, in a table of their own.

    A refresh token works once. Renewing therefore happens one at a time, under a row lock, in a
    transaction of its own that is committed before the new token is used: no rollback of a caller
    can lose it.
    """

    _name = "clover.oauth.token"
    _description = "Clover OAuth Tokens"
    _rec_name = "merchant_id"

    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="provider_id.company_id")
    environment = fields.Selection(
        [("sandbox", "Sandbox"), ("production", "Production")], required=True, readonly=True
    )
    merchant_id = fields.Char(required=True, readonly=True)
    access_token = fields.Text(required=True, readonly=True, groups="base.group_system")
    refresh_token = fields.Text(readonly=True, groups="base.group_system")
    previous_refresh_token = fields.Text(readonly=True, groups="base.group_system")
    access_expires_at = fields.Datetime(readonly=True)
    refresh_expires_at = fields.Datetime(readonly=True)
    rotated_at = fields.Datetime(readonly=True)
    error = fields.Char(readonly=True, help="Why the connection no longer works.")

    _provider_unique = models.Constraint(
        "unique(provider_id)", "A provider is connected to one merchant at a time."
    )

    @api.model
    def _store_committed(self, provider, pair, merchant_id):
        """Keep the tokens of a new connection for good, whatever becomes of the caller.

        :param pair: a :class:`~odoo.addons.fusion_clover.client.types.TokenPair`
        """
        environment = "production" if provider.state == "enabled" else "sandbox"

        def store(env):
            tokens = env[self._name]
            tokens.search([("provider_id", "=", provider.id)]).unlink()
            tokens.create(
                {
                    "provider_id": provider.id,
                    "environment": environment,
                    "merchant_id": merchant_id,
                    **tokens._pair_values(pair),
                }
            )

        in_own_transaction(self.env, store)

    @api.model
    def _forget_committed(self, provider):
        """Delete the tokens of a connection that turned out to be somebody else's."""
        in_own_transaction(
            self.env,
            lambda env: env[self._name].search([("provider_id", "=", provider.id)]).unlink(),
        )

    @api.model
    def _pair_values(self, pair):
        return {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token or False,
            "access_expires_at": _naive_utc(pair.access_expires_at),
            "refresh_expires_at": _naive_utc(pair.refresh_expires_at),
            "rotated_at": fields.Datetime.now(),
            "error": False,
        }

    def _authorizer(self):
        """Return the source of access tokens for a client; usable from any thread."""
        self.ensure_one()
        return _Authorizer(self.env, self.id)

    def _valid_access_token(self, *, rejected=None):
        """Return an access token that should work, renewed if need be; None if there is none.

        Runs in a transaction of its own. Whoever waited for the lock finds the token renewed.

        :param str rejected: a token that Clover has just refused
        """
        self.ensure_one()
        self.env.cr.execute("SELECT 1 FROM clover_oauth_token WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset()
        if rejected is not None and self.access_token != rejected:
            return self.access_token
        soon = fields.Datetime.now() + timedelta(seconds=REFRESH_MARGIN)
        expiring = self.access_expires_at and self.access_expires_at <= soon
        if rejected is None and not expiring:
            return self.access_token
        return self._renew()

    def _renew(self):
        if not self.refresh_token:
            return None
        client = self.provider_id._clover_oauth_client()
        try:
            pair = self._refreshed_or_recovered(client)
        except errors.AuthenticationError as error:
            _logger.warning("Clover refused to renew the tokens of merchant %s", self.merchant_id)
            self.error = str(error)
            return None
        self.write(
            {"previous_refresh_token": self.refresh_token, **self._pair_values(pair)}
        )
        return pair.access_token

    def _refreshed_or_recovered(self, client):
        """Return a new pair; once a refreshed pair got lost on its way to us, recover from that.

        "Refresh access tokens", docs.clover.com: the token that was used last recovers the pair it
        was exchanged for.
        """
        try:
            return client.refresh(self.refresh_token)
        except errors.AuthenticationError:
            return client.recover(self.refresh_token)


class _Authorizer:
    """Access tokens for :class:`~odoo.addons.fusion_payment_common.lib.api_client.ApiClient`."""

    def __init__(self, env, token_id):
        self._env = env
        self._token_id = token_id

    def token(self):
        return self._valid()

    def refresh(self, rejected):
        return self._valid(rejected=rejected)

    def _valid(self, **kwargs):
        return in_own_transaction(
            self._env,
            lambda env: env["clover.oauth.token"]
            .browse(self._token_id)
            ._valid_access_token(**kwargs),
        )


def _naive_utc(seconds):
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None) if seconds else False
