import time
from datetime import UTC, datetime

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction


class CloverOAuthToken(models.Model):
    """The tokens of one connected merchant in one environment, in a separate table.

    A refresh token works once. Renewals therefore run one at a time, under a row lock, in a
    separate transaction that is committed before the new token is used. A rollback of the caller
    cannot lose the new token.
    """

    _name = "clover.oauth.token"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Clover Connection"
    _rec_name = "merchant_name"

    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="provider_id.company_id")
    environment = fields.Selection(
        [("sandbox", "Sandbox"), ("production", "Production")], required=True, readonly=True
    )
    app_id = fields.Char(string="App ID", readonly=True, help="Of the app it was connected with.")
    merchant_id = fields.Char(string="Merchant ID", required=True, readonly=True)
    merchant_name = fields.Char(string="Merchant", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Connected by", readonly=True, ondelete="set null"
    )
    access_token = fields.Text(required=True, readonly=True, groups="base.group_system")
    refresh_token = fields.Text(readonly=True, groups="base.group_system")
    previous_refresh_token = fields.Text(readonly=True, groups="base.group_system")
    access_expires_at = fields.Datetime(readonly=True)
    access_lifetime = fields.Float(readonly=True, help="Seconds that the token was given to live.")
    refresh_expires_at = fields.Datetime(readonly=True)
    rotated_at = fields.Datetime(string="Tokens Renewed", readonly=True)
    error = fields.Char(string="Problem", readonly=True, help="Why it no longer works.")
    failed_at = fields.Float(
        readonly=True, help="Unix seconds at which Clover last gave no answer to a renewal."
    )
    doubted_token_hash = fields.Char(
        readonly=True,
        groups="base.group_system",
        help="Of a token that was obtained because Clover had refused the one before it.",
    )

    _provider_environment_unique = models.Constraint(
        "unique(provider_id, environment)",
        "A provider is connected to one merchant at a time in each environment.",
    )

    @api.model
    def _store_committed(self, provider, pair, merchant):
        """Store the tokens of a new connection and commit, even if the caller rolls back later.

        :param pair: a :class:`~odoo.addons.fusion_clover.client.types.TokenPair`
        :param merchant: the verified :class:`~odoo.addons.fusion_clover.client.types.Merchant` that
            these tokens belong to
        """
        values = {
            "provider_id": provider.id,
            "environment": provider._clover_environment_name(),
            # Elevated: users who may connect may use the app's credentials.
            "app_id": provider.sudo().clover_app_id,
            "merchant_id": merchant.id,
            "merchant_name": merchant.name,
            "user_id": self.env.uid,
            **self._pair_values(pair),
        }

        def store(env):
            tokens = env[self._name]
            tokens.search(
                [
                    ("provider_id", "=", values["provider_id"]),
                    ("environment", "=", values["environment"]),
                ]
            ).unlink()
            tokens.create(values)

        in_own_transaction(self.env, store)

    @api.model
    def _pair_values(self, pair):
        lifetime = pair.access_expires_at - time.time() if pair.access_expires_at else 0.0
        return {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token or False,
            "access_expires_at": _naive_utc(pair.access_expires_at),
            "access_lifetime": max(lifetime, 0.0),
            "refresh_expires_at": _naive_utc(pair.refresh_expires_at),
            "rotated_at": fields.Datetime.now(),
            "error": False,
            "failed_at": 0.0,
        }

    def _is_current(self, provider=None):
        """Return whether the provider, with its present settings, uses this connection.

        :param provider: the provider with unsaved changes; by default the stored one
        """
        self.ensure_one()
        # Elevated: only the environment and the App ID are compared.
        provider = (provider or self.provider_id).sudo()
        return (
            self.environment == provider._clover_environment_name()
            and (self.app_id or "") == (provider.clover_app_id or "")
        )

    def action_reconnect(self):
        """Connect again, with one click."""
        self.ensure_one()
        return self.provider_id.action_clover_oauth_connect()


def _naive_utc(seconds):
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None) if seconds else False
