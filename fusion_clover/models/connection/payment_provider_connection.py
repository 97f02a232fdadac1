import hashlib
import hmac
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.urls import urljoin

from odoo.addons.fusion_payment_common.lib.errors import GatewayError

from ... import const
from ...client.merchant_facts import read_facts

CONNECT_PURPOSE = "fusion_clover.connect"


class PaymentProvider(models.Model):
    """The connection to a merchant, as administrators see and manage it."""

    _inherit = "payment.provider"

    clover_token_ids = fields.One2many(
        "clover.oauth.token",
        "provider_id",
        string="Clover Connections",
        groups="base.group_system",
    )
    clover_token_id = fields.Many2one(
        "clover.oauth.token",
        string="Clover Connection",
        compute="_compute_clover_token_id",
        groups="base.group_system",
    )
    clover_connection_state = fields.Selection(
        [("none", "Not connected"), ("connected", "Connected"), ("broken", "Connection lost")],
        string="Connection",
        compute="_compute_clover_connection_state",
        compute_sudo=True,
    )
    clover_connected_merchant = fields.Char(
        string="Connected Merchant", readonly=True, copy=False
    )
    clover_connection_message = fields.Char(readonly=True, copy=False)
    clover_connect_started_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When somebody was sent to Clover who has not come back yet.",
    )

    @api.depends("state", "clover_app_id", "clover_token_ids.app_id")
    def _compute_clover_token_id(self):
        for provider in self:
            provider.clover_token_id = provider.clover_token_ids.filtered(
                lambda token, provider=provider: token._is_current(provider)
            )[:1]

    @api.depends("state", "clover_app_id", "clover_token_ids.app_id", "clover_token_ids.error")
    def _compute_clover_connection_state(self):
        for provider in self:
            token = provider.clover_token_id
            if not token:
                provider.clover_connection_state = "none"
            else:
                provider.clover_connection_state = "broken" if token.error else "connected"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment` to listen to Clover's events for the new providers."""
        providers = super().create(vals_list)
        self.env["clover.webhook"]._forget_listeners()
        return providers

    def write(self, vals):
        """Override of `payment` to switch to the connection of the new state or app, and listen."""
        result = super().write(vals)
        if {"state", "clover_app_id"} & set(vals):
            self.filtered(lambda one: one.code == const.PROVIDER_CODE)._clover_adopt_connection()
        self.env["clover.webhook"]._forget_listeners(vals)
        return result

    def unlink(self):
        """Override of `payment` to stop listening."""
        result = super().unlink()
        self.env["clover.webhook"]._forget_listeners()
        return result

    def _clover_adopt_connection(self):
        """Set the provider's merchant to that of the connection it now uses."""
        # Elevated: tokens are readable by administrators only.
        for provider in self.sudo():
            provider.invalidate_recordset(["clover_token_id", "clover_connection_state"])
            token = provider.clover_token_id
            values = {"clover_public_key": False, "clover_tested_at": False}
            if token:
                values |= {
                    "clover_merchant_id": token.merchant_id,
                    "clover_connected_merchant": token.merchant_name,
                }
            else:
                values["clover_connected_merchant"] = False
            provider.write(values)

    # === ACTION METHODS === #

    def action_clover_oauth_connect(self):
        """Redirect the administrator to Clover to authorize the app for a merchant."""
        self.ensure_one()
        self._clover_require_ready_to_connect()
        redirect_uri = self._clover_redirect_uri()
        # Elevated: users cannot write the rows that make each state valid only once.
        state = self.env["fusion.signed.state"].sudo()._issue(
            CONNECT_PURPOSE,
            self,
            secret=self._clover_state_secret(),
            redirect_to=self._clover_own_callback(),
        )
        self.write(
            {
                "clover_connect_started_at": fields.Datetime.now(),
                "clover_connection_message": False,
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": self._clover_oauth_client().authorize_url(redirect_uri, state),
            "target": "self",
        }

    def action_clover_disconnect(self):
        """Delete the merchant's tokens of the present environment. Payments do not change.

        Archive the saved cards, which can no longer be charged, while the tokens still work.
        """
        self.ensure_one()
        self.check_access("write")
        self.env["payment.token"]._clover_put_away(self)
        # Elevated: administrators can read tokens, but no user can write them.
        self.sudo().clover_token_id.unlink()
        self.write(
            {
                "clover_connected_merchant": False,
                "clover_public_key": False,
                "clover_connection_message": False,
                "clover_connect_started_at": False,
                "clover_tested_at": False,
            }
        )

    def action_clover_test_connection(self):
        """Read the merchant and its features from Clover and show them in words.

        :raise UserError: with the reason and what to do about it
        """
        self.ensure_one()
        self.check_access("write")
        # Elevated: administrators can read tokens, but no user can write them.
        self.sudo().clover_token_id.filtered("error")._give_another_chance()
        # Elevated: the tokens are used, not shown.
        provider = self.sudo()
        client = self._clover_client(authorizer=provider._clover_authorizer("merchant"))
        try:
            facts = read_facts(client)
        except GatewayError as error:
            raise UserError(self._clover_connection_problem(error)) from error
        self.write(
            {
                **self._clover_facts_values(facts),
                "clover_connected_merchant": facts.merchant.name,
                "clover_connection_message": False,
                "clover_connect_started_at": False,
                "clover_tested_at": fields.Datetime.now(),
            }
        )
        self._clover_remember_sandbox_credentials(provider._clover_credential("merchant"))
        provider.clover_token_id._forget_alarm()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("Clover answers"),
                "message": self._clover_facts_in_words(),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === BUSINESS METHODS === #

    def _clover_require_ready_to_connect(self):
        # Elevated: only checks whether a secret is set.
        provider = self.sudo()
        self.check_access("write")
        if provider.state == "disabled":
            raise UserError(
                self.env._(
                    "Choose Test Mode (sandbox) or Enabled (production) first, then connect."
                )
            )
        if not provider.clover_app_id or not provider.clover_app_secret:
            raise UserError(
                self.env._(
                    "Enter the App ID and App Secret from Clover's developer dashboard and save, "
                    "then connect."
                )
            )

    def _clover_own_callback(self):
        return urljoin(self.get_base_url(), const.OAUTH_CALLBACK_PATH)

    def _clover_redirect_uri(self):
        """Return the redirect address: the dispatcher's if there is one, else this database's."""
        # Elevated: system parameters are readable by administrators only.
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param(const.DISPATCHER_URL_PARAMETER) or self._clover_own_callback()

    def _clover_state_secret(self):
        """Return the key that signs states: the dispatcher's, or this database's secret."""
        # Elevated: users cannot read the secrets of the database.
        parameters = self.env["ir.config_parameter"].sudo()
        shared = parameters.get_param(const.DISPATCHER_SECRET_PARAMETER)
        if shared:
            return shared
        own = parameters.get_param("database.secret")
        return hmac.new(own.encode(), CONNECT_PURPOSE.encode(), hashlib.sha256).hexdigest()

    def _clover_allowed_state_hosts(self):
        return {urlsplit(self.get_base_url()).netloc}
