from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.fusion_payment_common.lib.api_client import NoToken, StaticToken
from odoo.addons.fusion_payment_common.lib.transport import Timeout, shared_transport
from odoo.addons.fusion_payment_common.tools.limiter import shared_limiter
from odoo.addons.payment.const import SENSITIVE_KEYS as PAYMENT_SENSITIVE_KEYS

from .. import const
from ..client import environment as clover_environment
from ..client.client import CloverClient
from ..client.limits import LimitedTransport

PAYMENT_SENSITIVE_KEYS.update(const.SENSITIVE_KEYS)

#: Fields of manually created tokens by interface, the preferred one first ("Use merchant API
#: tokens", docs.clover.com). The API token opens the platform. The Ecommerce private token opens
#: Ecommerce and, of the platform, the merchant object only. Terminals accept OAuth only.
FIXED_TOKENS = {
    "merchant": ("clover_rest_api_token", "clover_api_key"),
    "platform": ("clover_rest_api_token",),
    "ecommerce": ("clover_api_key",),
    "terminal": (),
}


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    code = fields.Selection(
        selection_add=[("clover", "Clover")], ondelete={"clover": "set default"}
    )
    clover_merchant_id = fields.Char(
        string="Merchant ID",
        copy=False,
        help="13 characters. Filled in by Connect; only needed by hand with an API token.",
    )
    clover_app_id = fields.Char(
        string="App ID", copy=False, help="Of your app in Clover's developer dashboard."
    )
    clover_app_secret = fields.Char(
        string="App Secret", copy=False, groups="base.group_system"
    )
    clover_remote_app_id = fields.Char(
        string="Remote App ID (RAID)",
        copy=False,
        help="Of your app in Clover's developer dashboard; needed for terminals in production.",
    )
    clover_rest_api_token = fields.Char(
        string="Merchant API Token",
        copy=False,
        groups="base.group_system",
        help="Fallback without OAuth, from the merchant's dashboard under Setup, API Tokens.",
    )
    clover_api_key = fields.Char(
        string="Ecommerce Private Token",
        copy=False,
        groups="base.group_system",
        help="Fallback without OAuth, from the merchant's dashboard under Ecommerce API Tokens.",
    )
    clover_webhook_auth_code = fields.Char(
        string="Webhook Auth Code",
        copy=False,
        groups="base.group_system",
        help="Shown in Clover's developer dashboard after the webhook address was verified.",
    )
    clover_webhook_signing_secret = fields.Char(
        string="Hosted Checkout Signing Secret", copy=False, groups="base.group_system"
    )
    clover_public_key = fields.Char(
        string="Public Token Key",
        copy=False,
        readonly=True,
        help="Lets the card form talk to Clover. Not a secret; read from Clover by Connect.",
    )
    clover_saves_cards = fields.Selection(
        [("unknown", "Not known"), ("yes", "Yes"), ("no", "No")],
        string="Saved Cards at Clover",
        readonly=True,
        copy=False,
        default="unknown",
        help="Whether the merchant's gateway can charge a card again that was saved before.",
    )

    # === COMPUTE METHODS === #

    @api.depends("clover_saves_cards")
    def _compute_feature_support_fields(self):
        """Override of `payment` to declare the features of Clover.

        Saved cards are offered unless the merchant's gateway is known not to support them.
        """
        super()._compute_feature_support_fields()
        for provider in self.filtered(lambda one: one.code == const.PROVIDER_CODE):
            provider.update(
                {
                    "support_refund": "partial",
                    "support_manual_capture": "partial",
                    "support_tokenization": provider.clover_saves_cards != "no",
                }
            )

    # === BUSINESS METHODS === #

    def _get_default_payment_method_codes(self):
        """Override of `payment` to enable cards and all their brands."""
        self.ensure_one()
        if self.code != const.PROVIDER_CODE:
            return super()._get_default_payment_method_codes()
        return const.DEFAULT_PAYMENT_METHOD_CODES

    def _get_supported_currencies(self):
        """Override of `payment` to offer only the currencies that Clover settles in."""
        currencies = super()._get_supported_currencies()
        if self.code == const.PROVIDER_CODE:
            currencies = currencies.filtered(
                lambda currency: currency.name in const.SUPPORTED_CURRENCIES
            )
        return currencies

    def _get_reset_values(self):
        """Override of `payment` to delete credentials, connection and merchant data."""
        values = super()._get_reset_values()
        if self.code == const.PROVIDER_CODE:
            values |= dict.fromkeys(const.SENSITIVE_KEYS, None)
            values |= {"clover_merchant_id": None, "clover_public_key": None}
            # Elevated: no user may write tokens.
            self.sudo().clover_token_ids.unlink()
        return values

    # === CLIENT === #

    def _clover_environment_name(self):
        """Return ``production`` when enabled, else ``sandbox``."""
        self.ensure_one()
        return "production" if self.state == "enabled" else "sandbox"

    def _clover_environment(self, name=None):
        """Return the hosts to talk to: production when enabled, the sandbox in test state.

        In test state the system parameter ``fusion_clover.sandbox_origin`` replaces the sandbox
        hosts by one origin. Production ignores it.

        :param str name: ``production`` or ``sandbox``, to override the provider's state
        :raise ValidationError: the parameter is not an https or loopback origin
        """
        self.ensure_one()
        if (name or self._clover_environment_name()) == "production":
            return clover_environment.PRODUCTION
        # Elevated: system parameters are readable by administrators only.
        origin = self.env["ir.config_parameter"].sudo().get_param(const.SANDBOX_ORIGIN_PARAMETER)
        if not origin:
            return clover_environment.SANDBOX
        try:
            return clover_environment.Environment.single_origin(origin)
        except ValueError as error:
            raise ValidationError(
                self.env._(
                    "System parameter %(name)s must be an https address, or http on this machine: "
                    "%(error)s",
                    name=const.SANDBOX_ORIGIN_PARAMETER,
                    error=error,
                )
            ) from error

    def _clover_client(self, observer=None, *, authorizer=None, merchant_id=None):
        """Return a client for this provider's merchant. Clients are created only here.

        All processes of this machine share Clover's rate limits.

        :param observer: called with every HTTP exchange, redacted
        :param authorizer: source of access tokens to use instead of the stored connection
        :param str merchant_id: merchant to use instead of the stored one
        """
        self.ensure_one()
        # Elevated: users who may collect use the credentials without being able to read them.
        provider = self.sudo()
        merchant_id = merchant_id or provider.clover_merchant_id or ""
        read_timeout = float(
            provider.env["ir.config_parameter"].get_param(
                const.CHARGE_READ_TIMEOUT_PARAMETER, const.CHARGE_READ_TIMEOUT
            )
        )
        environment = provider._clover_environment()
        return CloverClient(
            environment,
            merchant_id=merchant_id,
            authorizer=authorizer or provider._clover_authorizer("platform"),
            ecommerce_authorizer=authorizer or provider._clover_authorizer("ecommerce"),
            terminal_authorizer=authorizer or provider._clover_authorizer("terminal"),
            pos_id=provider._clover_pos_id(),
            transport=provider._clover_transport(
                environment, provider.clover_app_id, merchant_id
            ),
            app_version=const.APP_VERSION,
            observer=observer,
            timeout=Timeout(connect=const.CONNECT_TIMEOUT, read=read_timeout),
        )

    def _clover_transport(self, environment, app_id, merchant_id=""):
        """Return the rate-limited transport for calls of an app, with or without a merchant."""
        return LimitedTransport(
            shared_transport(),
            shared_limiter(),
            app=f"clover {environment.api} {app_id}",
            merchant=merchant_id,
            max_wait=const.TURN_MAX_WAIT,
            read_max_wait=const.READ_TURN_MAX_WAIT,
        )

    def _clover_authorizer(self, interface):
        """Return the source of access tokens for an interface, one of ``FIXED_TOKENS``.

        Without credentials, calls fail before they are sent, with an error that says so.
        """
        if self.clover_token_id:
            return self.clover_token_id._authorizer()
        name = self._clover_credential(interface)
        if name:
            return StaticToken(self[name])
        return NoToken("needs_oauth" if interface == "terminal" else "no_access_token")

    def _clover_credential(self, interface):
        """Return the name of the field with the credential for an interface, False if none.

        OAuth, represented by the App ID, takes precedence over manually created tokens.
        """
        if self.clover_token_id:
            return "clover_app_id"
        return next((name for name in FIXED_TOKENS[interface] if self[name]), False)

    def _clover_pos_id(self):
        """Return the ``X-POS-Id`` header for terminals: the RAID if known, else the default.

        Clover documents the RAID and accepts free text while an app is in the sandbox.
        """
        self.ensure_one()
        return self.clover_remote_app_id or const.DEFAULT_POS_ID
