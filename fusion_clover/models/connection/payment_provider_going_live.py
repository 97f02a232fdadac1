from odoo import models

from ... import const


class PaymentProvider(models.Model):
    """The status of the connection in words, and its steps to production."""

    _inherit = "payment.provider"

    # === STATUS === #

    def _clover_connection_status(self):
        if self.state == "disabled":
            return self.env._(
                "Off. Choose Test Mode for the sandbox or Enabled for production, then connect."
            )
        where = self._clover_where()
        if self.clover_connection_state == "broken":
            return self.env._("Clover (%s) refuses our tokens. Click Reconnect.", where)
        token = self.clover_token_id
        if token and not token.refresh_token:
            return self.env._(
                "Connected to %s by a legacy token that cannot be renewed. Enter an Alternate "
                "Launch Path in the developer dashboard, then click Reconnect.",
                where,
            )
        if token:
            return self.env._("Connected to %s. Access is renewed by itself.", where)
        if self.clover_rest_api_token or self.clover_api_key:
            return self.env._(
                "Not connected; tokens made by hand are used with %s. Terminals need Connect.",
                where,
            )
        if not self.clover_app_id or not self.clover_app_secret:
            return self.env._(
                "Not connected. Enter the App ID and App Secret from Clover's developer "
                "dashboard, save, then click Connect."
            )
        return self.env._("Not connected. Click Connect.")

    def _clover_where(self):
        if self.state == "enabled":
            return self.env._("production")
        return self.env._("the sandbox, where no money moves")

    def _clover_parameter_status(self):
        parameters = self.env["ir.config_parameter"]
        origin = parameters.get_param(const.SANDBOX_ORIGIN_PARAMETER)
        if origin and self.state == "enabled":
            return self.env._(
                "System parameter %s is set and ignored in production: remove it.",
                const.SANDBOX_ORIGIN_PARAMETER,
            )
        if origin:
            return self.env._("All calls go to %s instead of Clover's sandbox.", origin)
        dispatcher = parameters.get_param(const.DISPATCHER_URL_PARAMETER)
        if dispatcher:
            return self.env._("Clover sends the browser back through %s.", dispatcher)
        return self.env._("Nothing out of the ordinary.")

    # === GOING LIVE === #

    def _clover_is_live(self):
        """Return whether real payments can be made: enabled, and connected by OAuth."""
        return self.state == "enabled" and self.clover_connection_state == "connected"

    def _clover_app_step(self):
        has_app = bool(self.clover_app_id and self.clover_app_secret)
        return {
            "done": self.state == "enabled"
            and has_app
            and "clover_app_id" not in self._clover_sandbox_credentials(),
            "title": self.env._("Production app"),
            "hint": self.env._(
                "Have Clover approve the app, enter its production App ID and App Secret, "
                "choose Enabled and save. The sandbox's are refused."
            ),
        }

    def _clover_remote_app_step(self):
        return {
            "done": self.state == "enabled" and bool(self.clover_remote_app_id),
            "title": self.env._("Remote App ID of the production app"),
            "hint": self.env._("Copy it from the developer dashboard; terminals ask for it."),
        }

    def _clover_connection_step(self):
        return {
            "done": self._clover_is_live(),
            "title": self.env._("Connected by OAuth"),
            "hint": self.env._("Click Connect while Enabled."),
        }

    def _clover_merchant_step(self):
        return {
            "done": self._clover_is_live()
            and self.clover_token_id.merchant_id == self.clover_merchant_id,
            "title": self.env._("Merchant confirmed by Clover"),
            "hint": self.env._("Connect fills in the Merchant ID; do not change it by hand."),
        }
