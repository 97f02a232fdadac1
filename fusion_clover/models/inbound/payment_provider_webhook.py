from odoo import api, fields, models
from odoo.tools import format_datetime
from odoo.tools.urls import urljoin

from ... import const, const_dispatcher


class PaymentProvider(models.Model):
    """The webhook on the provider's form: its address for Clover's dashboard, and what arrived."""

    _inherit = "payment.provider"

    clover_webhook_url = fields.Char(
        string="Webhook URL",
        compute="_compute_clover_verification",
        help="For the developer dashboard, unless a dispatcher forwards to this database.",
    )
    clover_verification_code = fields.Char(
        string="Verification Code",
        compute="_compute_clover_verification",
        help="The latest one that was sent. Paste it into the developer dashboard.",
    )

    clover_webhook_is_closed = fields.Boolean(
        compute="_compute_clover_webhook_is_closed", compute_sudo=True
    )

    @api.depends("clover_webhook_auth_code", "clover_webhook_signing_secret", "clover_app_secret")
    def _compute_clover_webhook_is_closed(self):
        old_relay = self.env["clover.webhook"]._accepts_old_relay()
        for provider in self:
            provider.clover_webhook_is_closed = not (
                provider.clover_webhook_auth_code
                or provider.clover_webhook_signing_secret
                or (old_relay and provider.clover_app_secret)
            )

    def _compute_clover_verification(self):
        # Elevated: shown to users who may see the provider's form.
        code = self.env["clover.verification"].sudo().search([], limit=1).code
        for provider in self:
            provider.clover_webhook_url = urljoin(
                provider.get_base_url(), const_dispatcher.TENANT_WEBHOOK_PATH
            )
            provider.clover_verification_code = code

    # === STATUS === #

    def _clover_webhook_status(self):
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
        """Return the latest event about this merchant; a merchant is in one environment only.

        The key of an event begins with its merchant.
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

    def _clover_webhook_step(self):
        return {
            "done": self._clover_is_live()
            and bool(self.clover_webhook_auth_code and self._clover_latest_event()),
            "title": self.env._("Webhook verified"),
            "hint": self.env._(
                "Verify the webhook's address in the developer dashboard and enter the Auth "
                "Code; this is ticked by the first notice that arrives."
            ),
        }
