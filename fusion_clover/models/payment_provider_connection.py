import hashlib
import hmac
import logging
from urllib.parse import urlsplit

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.urls import urljoin

from odoo.addons.fusion_payment_common.lib.api_client import StaticToken
from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.lib.transport import shared_transport

from .. import const
from ..client.oauth import OAuthClient

_logger = logging.getLogger(__name__)

CONNECT_PURPOSE = "fusion_clover.connect"


class PaymentProvider(models.Model):
    """Connecting a merchant: OAuth, its way back, and a test that says what is wrong."""

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

    def _compute_clover_token_id(self):
        for provider in self:
            provider.clover_token_id = provider.clover_token_ids[:1]

    def _compute_clover_connection_state(self):
        for provider in self:
            token = provider.clover_token_ids[:1]
            if not token:
                provider.clover_connection_state = "none"
            else:
                provider.clover_connection_state = "broken" if token.error else "connected"

    # === ACTION METHODS === #

    def action_clover_oauth_connect(self):
        """Send the administrator to Clover to allow the app to act for a merchant."""
        self.ensure_one()
        self._clover_require_ready_to_connect()
        redirect_uri = self._clover_redirect_uri()
        # Elevated: the row that makes the state valid only once is nobody's to write.
        state = self.env["fusion.signed.state"].sudo()._issue(
            CONNECT_PURPOSE,
            self,
            secret=self._clover_state_secret(),
            redirect_to=self._clover_own_callback(),
        )
        return {
            "type": "ir.actions.act_url",
            "url": self._clover_oauth_client().authorize_url(redirect_uri, state),
            "target": "self",
        }

    def action_clover_disconnect(self):
        """Forget the merchant's tokens. Payments made so far stay as they are."""
        self.ensure_one()
        # Elevated: tokens are readable by nobody.
        self.sudo().clover_token_ids.unlink()
        self.write({"clover_connected_merchant": False, "clover_public_key": False})

    def action_clover_test_connection(self):
        """Ask Clover who we are and say it in words.

        :raise UserError: with the reason and what to do about it
        """
        self.ensure_one()
        client = self._clover_client()
        try:
            merchant = client.merchants.retrieve()
            currency = client.merchants.properties().default_currency
        except GatewayError as error:
            raise UserError(self._clover_connection_problem(error)) from error
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("Clover answers"),
                "message": self.env._(
                    "Merchant %(name)s (%(country)s), currency %(currency)s.",
                    name=merchant.name,
                    country=merchant.country or "-",
                    currency=currency or "-",
                ),
            },
        }

    # === BUSINESS METHODS === #

    def _clover_complete_connection(self, *, code, merchant_id):
        """Exchange the code, prove that it belongs to the merchant, and keep the tokens.

        :param str code: single-use, short-lived: exchanged at once
        :param str merchant_id: from the browser, so worth nothing until Clover confirms it
        :raise UserError: with the reason and what to do about it
        """
        self.ensure_one()
        try:
            pair = self._clover_oauth_client().exchange_with_fallback(code, merchant_id)
            # Kept before anything else can fail: the code cannot be exchanged a second time.
            self.env["clover.oauth.token"]._store_committed(self, pair, merchant_id)
            self.clover_merchant_id = merchant_id
            # Our own snapshot is older than the row just stored.
            client = self._clover_client(authorizer=StaticToken(pair.access_token))
            merchant = client.merchants.retrieve()
            public_key = client.tokens.public_key()
        except GatewayError as error:
            raise UserError(self._clover_connection_problem(error)) from error
        if merchant.id != merchant_id:
            self.env["clover.oauth.token"]._forget_committed(self)
            raise UserError(
                self.env._("Clover connected another merchant than it announced. Connect again.")
            )
        self.write(
            {
                "clover_connected_merchant": merchant.name,
                "clover_public_key": public_key.api_access_key,
                "clover_connection_message": False,
            }
        )

    def _clover_get_public_key(self):
        """Return the key for the card form; asked for once, then kept.

        :raise UserError: Clover does not give it, with the reason
        """
        self.ensure_one()
        # Elevated: clerks use the key without access to the provider.
        provider = self.sudo()
        if not provider.clover_public_key:
            try:
                key = provider._clover_client().tokens.public_key()
            except GatewayError as error:
                raise UserError(provider._clover_connection_problem(error)) from error
            provider.clover_public_key = key.api_access_key
        return provider.clover_public_key

    def _clover_oauth_client(self):
        # Elevated: the secret is needed, not shown.
        provider = self.sudo()
        return OAuthClient(
            provider._clover_environment(),
            shared_transport(),
            client_id=provider.clover_app_id or "",
            client_secret=provider.clover_app_secret or "",
        )

    def _clover_require_ready_to_connect(self):
        # Elevated: only whether there is a secret matters.
        provider = self.sudo()
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
        """Return where Clover sends the browser: the dispatcher if there is one, else ourselves."""
        # Elevated: system parameters are readable by administrators only.
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param(const.DISPATCHER_URL_PARAMETER) or self._clover_own_callback()

    def _clover_state_secret(self):
        """Return the key that signs states: the dispatcher's, or one that only we know."""
        # Elevated: secrets of the database.
        parameters = self.env["ir.config_parameter"].sudo()
        shared = parameters.get_param(const.DISPATCHER_SECRET_PARAMETER)
        if shared:
            return shared
        own = parameters.get_param("database.secret")
        return hmac.new(own.encode(), CONNECT_PURPOSE.encode(), hashlib.sha256).hexdigest()

    def _clover_allowed_state_hosts(self):
        return {urlsplit(self.get_base_url()).netloc}

    def _clover_connection_problem(self, error):
        """Return what went wrong between us and Clover as a sentence that says what to do."""
        sentences = {
            "invalid_code": self.env._(
                "Clover refused the code. Either the App Secret is wrong, or the app has no "
                "Alternate Launch Path and Clover sent a legacy code: check both in the developer "
                "dashboard, then connect again."
            ),
            "AuthenticationError": self.env._(
                "Clover does not accept our credentials any more. Connect again."
            ),
            "no_access_token": self.env._(
                "Clover is not connected for this yet: open the payment provider and click Connect."
            ),
            "PermissionDeniedError": self.env._(
                "The app may not do this at the merchant. Tick the permission in the developer "
                "dashboard, have the merchant install the app again, then connect again."
            ),
            "NotSentError": self.env._(
                "Clover cannot be reached from this server. Check its internet connection and "
                "proxy, then try again."
            ),
        }
        for key in (error.code, *(kind.__name__ for kind in type(error).__mro__)):
            if key in sentences:
                return sentences[key]
        return self.env._("Clover did not answer as expected (%s). Try again.", error)
