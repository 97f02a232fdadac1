from odoo import api, fields, models
from odoo.tools.urls import urljoin

from ... import const_dispatcher


class PaymentProvider(models.Model):
    """What the administrator needs to have Clover's dashboard verify the webhook's address."""

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
        # Elevated: for whoever may see the provider's form.
        code = self.env["clover.verification"].sudo().search([], limit=1).code
        for provider in self:
            provider.clover_webhook_url = urljoin(
                provider.get_base_url(), const_dispatcher.TENANT_WEBHOOK_PATH
            )
            provider.clover_verification_code = code
