from odoo import api, fields, models

from .. import const

#: Status fields of the form's sections, each with the method that returns its sentence.
STATUS = {
    "clover_status_connection": "_clover_connection_status",
    "clover_status_terminals": "_clover_terminal_status",
    "clover_status_online": "_clover_card_form_status",
    "clover_status_webhooks": "_clover_webhook_status",
    "clover_status_surcharge": "_clover_surcharge_status",
    "clover_status_advanced": "_clover_parameter_status",
}
#: The go-live checklist. Each method returns a step: ``done``, ``title`` and ``hint`` (what to do).
GO_LIVE_STEPS = (
    "_clover_app_step",
    "_clover_remote_app_step",
    "_clover_connection_step",
    "_clover_merchant_step",
    "_clover_webhook_step",
    "_clover_terminal_step",
    "_clover_first_payment_step",
)


class PaymentProvider(models.Model):
    """Status sentences of the form's sections, and the go-live checklist."""

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
        ours = self.filtered(lambda provider: provider.code == const.PROVIDER_CODE)
        (self - ours).update(dict.fromkeys(STATUS, False))
        for provider in ours:
            for name, method in STATUS.items():
                provider[name] = getattr(provider, method)()

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

    def _clover_go_live_steps(self):
        """Return the steps to production in order; for their format see ``GO_LIVE_STEPS``."""
        self.ensure_one()
        return [getattr(self, method)() for method in GO_LIVE_STEPS]
