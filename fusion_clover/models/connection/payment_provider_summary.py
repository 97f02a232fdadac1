from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ... import const


class PaymentProvider(models.Model):
    """The blocks of the form in words, and the way to the first real payment as a list."""

    _inherit = "payment.provider"

    clover_status_connection = fields.Char(compute="_compute_clover_status", compute_sudo=True)
    clover_status_terminals = fields.Char(compute="_compute_clover_status", compute_sudo=True)
    clover_status_online = fields.Char(compute="_compute_clover_status", compute_sudo=True)
    clover_status_webhooks = fields.Char(compute="_compute_clover_status", compute_sudo=True)
    clover_status_surcharge = fields.Char(compute="_compute_clover_status", compute_sudo=True)
    clover_status_advanced = fields.Char(compute="_compute_clover_status", compute_sudo=True)
    clover_checklist = fields.Html(
        string="Going Live", compute="_compute_clover_checklist", compute_sudo=True, sanitize=False
    )

    @api.depends("clover_connection_state", "clover_remote_app_id", "clover_public_key")
    @api.depends_context("lang", "tz")
    def _compute_clover_status(self):
        for provider in self:
            ours = provider.code == const.PROVIDER_CODE
            for block in (
                "connection",
                "terminals",
                "online",
                "webhooks",
                "surcharge",
                "advanced",
            ):
                say = getattr(provider, f"_clover_say_{block}")
                provider[f"clover_status_{block}"] = say() if ours else False

    @api.depends("clover_connection_state", "clover_remote_app_id", "clover_merchant_id")
    @api.depends_context("lang")
    def _compute_clover_checklist(self):
        for provider in self:
            if provider.code != const.PROVIDER_CODE:
                provider.clover_checklist = False
                continue
            provider.clover_checklist = self.env["ir.qweb"]._render(
                "fusion_clover.go_live_checklist", {"steps": provider._clover_go_live_steps()}
            )

    # === BLOCKS === #

    def _clover_say_connection(self):
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

    def _clover_say_terminals(self):
        if self.clover_connection_state != "connected":
            return self.env._("Terminals need a connection by Connect; tokens by hand do not do.")
        if not self.clover_remote_app_id:
            if self.state == "enabled":
                return self.env._("Enter the Remote App ID (RAID): terminals ask for it.")
            return self.env._("Works in the sandbox; production asks for the Remote App ID.")
        return self.env._("Ready for terminals.")

    def _clover_say_online(self):
        if self.clover_connection_state != "connected" and not self.clover_api_key:
            return self.env._("Cards cannot be entered yet: connect first.")
        if not self.clover_public_key:
            return self.env._("Ready; the key for the card form is read when it is first needed.")
        return self.env._("Ready: card numbers go from the card form to Clover, never to Odoo.")

    def _clover_say_webhooks(self):
        if not self.clover_webhook_auth_code and not self.clover_webhook_signing_secret:
            return self.env._(
                "No Auth Code: nothing that Clover tells is processed. Enter the webhook address "
                "in the developer dashboard, verify it, and copy the Auth Code from there."
            )
        latest = self._clover_latest_event()
        if not latest:
            return self.env._("Auth Code entered; nothing has arrived yet.")
        return self.env._(
            "Working; the latest notice arrived on %s.",
            format_datetime(self.env, latest.received_at, tz=self.env.context.get("tz")),
        )

    def _clover_latest_event(self):
        """Return the latest notice about this merchant, which sandbox and production never share.

        The key of a notice begins with its merchant.
        """
        if not self.clover_merchant_id:
            return self.env["fusion.event"]
        return self.env["fusion.event"].search(
            [
                ("source", "=", const.PROVIDER_CODE),
                ("company_id", "=", self.company_id.id),
                ("event_key", "=like", f"{self.clover_merchant_id}:%"),
            ],
            order="received_at desc",
            limit=1,
        )

    def _clover_say_surcharge(self):
        if not self.clover_tested_at:
            return self.env._("Not known yet: click Test Connection.")
        return self._clover_surcharge_in_words()

    def _clover_say_advanced(self):
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

    def _clover_go_live_steps(self):
        """Return the steps to production: dicts of ``done``, ``title`` and ``hint`` (what to do).

        To be extended by whatever else has to be ready.
        """
        self.ensure_one()
        live = self.state == "enabled"
        connected = live and self.clover_connection_state == "connected"
        heard = connected and bool(self.clover_webhook_auth_code and self._clover_latest_event())
        return [
            {
                "done": live
                and bool(self.clover_app_id and self.clover_app_secret)
                and "clover_app_id" not in self._clover_sandbox_credentials(),
                "title": self.env._("Production app"),
                "hint": self.env._(
                    "Have Clover approve the app, enter its production App ID and App Secret, "
                    "choose Enabled and save. The sandbox's are refused."
                ),
            },
            {
                "done": live and bool(self.clover_remote_app_id),
                "title": self.env._("Remote App ID of the production app"),
                "hint": self.env._("Copy it from the developer dashboard; terminals ask for it."),
            },
            {
                "done": connected,
                "title": self.env._("Connected by OAuth"),
                "hint": self.env._("Click Connect while Enabled."),
            },
            {
                "done": connected and self.clover_token_id.merchant_id == self.clover_merchant_id,
                "title": self.env._("Merchant confirmed by Clover"),
                "hint": self.env._("Connect fills in the Merchant ID; do not change it by hand."),
            },
            {
                "done": heard,
                "title": self.env._("Webhook verified"),
                "hint": self.env._(
                    "Verify the webhook's address in the developer dashboard and enter the Auth "
                    "Code; this is ticked by the first notice that arrives."
                ),
            },
            {
                "done": connected and self._clover_has_refunded_payment(),
                "title": self.env._("First payment taken and refunded"),
                "hint": self.env._(
                    "Collect a small invoice with a card of your own, then refund it."
                ),
            },
        ]

    def _clover_has_refunded_payment(self):
        """Return whether real money went to Clover and back; on the same day Clover voids it."""
        refunded = Domain("operation", "=", "refund") & Domain("state", "=", "done")
        domain = (
            Domain("provider_id", "=", self.id)
            & Domain("clover_environment", "=", "production")
            & Domain("source_transaction_id.state", "=", "done")
            & (refunded | Domain("clover_returned_as", "!=", False))
        )
        return bool(self.env["payment.transaction"].search_count(domain, limit=1))
