from odoo import fields, models

from odoo.addons.fusion_payment_common.lib.api_client import StaticToken
from odoo.addons.fusion_payment_common.lib.transport import Timeout, shared_transport
from odoo.addons.payment.const import SENSITIVE_KEYS as PAYMENT_SENSITIVE_KEYS

from .. import const
from ..client.client import ExampleClient

PAYMENT_SENSITIVE_KEYS.update(const.SENSITIVE_KEYS)


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    code = fields.Selection(
        selection_add=[("example", "Example")], ondelete={"example": "set default"}
    )
    example_api_key = fields.Char(string="API Key", copy=False, groups="base.group_system")

    def _get_default_payment_method_codes(self):
        """Override of `payment` to switch on cards."""
        self.ensure_one()
        if self.code != const.PROVIDER_CODE:
            return super()._get_default_payment_method_codes()
        return const.DEFAULT_PAYMENT_METHOD_CODES

    def _get_supported_currencies(self):
        """Override of `payment` to offer only the currencies that the provider settles in."""
        currencies = super()._get_supported_currencies()
        if self.code == const.PROVIDER_CODE:
            currencies = currencies.filtered(
                lambda currency: currency.name in const.SUPPORTED_CURRENCIES
            )
        return currencies

    def _example_client(self, observer=None):
        """Return a client for this account; the only place that builds one.

        :param observer: called with every HTTP exchange, redacted
        """
        self.ensure_one()
        # Elevated: whoever may collect may use the key without being able to read it.
        provider = self.sudo()
        return ExampleClient(
            provider._example_origin(),
            authorizer=StaticToken(provider.example_api_key or ""),
            transport=shared_transport(),
            app_version=const.APP_VERSION,
            timeout=Timeout(connect=const.CONNECT_TIMEOUT, read=const.READ_TIMEOUT),
            observer=observer,
        )

    def _example_origin(self):
        """Return the host: production when enabled, else the sandbox or what stands in for it."""
        if self.state == "enabled":
            return const.PRODUCTION_ORIGIN
        parameters = self.env["ir.config_parameter"]
        return parameters.get_param(const.SANDBOX_ORIGIN_PARAMETER) or const.SANDBOX_ORIGIN
