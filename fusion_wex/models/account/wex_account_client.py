from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.lib.transport import shared_transport

from ... import const
from ...client.registry import ENCOMPASS_REST, SIMULATED, build_issuer
from ...client.settings import AccountSettings


class WexAccount(models.Model):
    """Builds the client of an account; nothing else does."""

    _inherit = "wex.account"

    def _wex_sandbox_origin(self):
        """Return the origin for accounts in test state; empty for the built-in answers."""
        # Elevated: system parameters are readable by administrators only.
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param(const.SANDBOX_ORIGIN_PARAMETER) or ""

    def _wex_is_simulated(self):
        """Return whether the answers are built in, so that nothing is called."""
        self.ensure_one()
        return self.state == "test" and not self._wex_sandbox_origin()

    def _wex_is_watermarked(self):
        """Return whether cards of this account are worth nothing."""
        self.ensure_one()
        return self.state == "test"

    def _wex_client(self, observer=None):
        """Return the issuer of this account's cards; it may be used in any thread.

        :param observer: called with every HTTP exchange, redacted
        :raise UserError: the account is disabled
        :raise ConfigurationError: its settings cannot work
        """
        self.ensure_one()
        if self.state == "disabled":
            raise UserError(self.env._("The WEX account %s is disabled.", self.name))
        # Elevated: who may pay bills may use the credentials without reading them.
        account = self.sudo()
        settings = AccountSettings(
            url=(account._wex_sandbox_origin() if account.state == "test" else account.url) or "",
            username=account.username or "",
            password=account.password or "",
            organisation=account.organisation or "",
            merchant_code=account.merchant_code or "",
            bank_number=account.bank_number or "",
            company_number=account.company_number or "",
            profile=account._wex_profile(),
        )
        return build_issuer(
            SIMULATED if account._wex_is_simulated() else ENCOMPASS_REST,
            settings,
            shared_transport(),
            app_version=const.APP_VERSION,
            observer=observer,
        )

    def action_wex_test_connection(self):
        """Prove that the account can be used, without creating anything.

        :raise UserError: it cannot; says why
        """
        self.ensure_one()
        self.check_access("write")
        try:
            self._wex_client().check()
        except GatewayError as error:
            raise UserError(
                self.env._(
                    "WEX cannot be used: %(error)s.%(detail)s",
                    error=error,
                    detail=f" ({error.detail})" if error.detail else "",
                )
            ) from error
        self.write(
            {"tested_at": fields.Datetime.now(), "problem": False, "look_problem": False}
        )
        message = (
            self.env._("Test state: the answers are simulated, WEX is not called.")
            if self._wex_is_simulated()
            else self.env._("WEX accepts the account.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
