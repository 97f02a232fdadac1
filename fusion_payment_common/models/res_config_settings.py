import secrets

from odoo import api, fields, models

from .inbox import event as fusion_event
from .operation import reaper as fusion_operation_reaper
from .outbox import delivery as fusion_delivery

#: Retention settings in days, where 0 means for ever.
RETENTIONS = {
    "fusion_event_retention_days": fusion_event.RETENTION_PARAMETER,
    "fusion_delivery_retention_days": fusion_delivery.RETENTION_PARAMETER,
    "fusion_operation_detail_days": fusion_operation_reaper.DETAIL_PARAMETER,
    "fusion_operation_retention_days": fusion_operation_reaper.RETENTION_PARAMETER,
}


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    fusion_event_retention_days = fields.Integer(
        string="Keep Events For",
        config_parameter=fusion_event.RETENTION_PARAMETER,
        default=fusion_event.RETENTION_DAYS,
        help="Days for which processed events are kept; 0 keeps them for ever.",
    )
    fusion_delivery_retention_days = fields.Integer(
        string="Keep Deliveries For",
        config_parameter=fusion_delivery.RETENTION_PARAMETER,
        default=fusion_delivery.RETENTION_DAYS,
        help="Days for which deliveries that arrived are kept; 0 keeps them for ever.",
    )
    fusion_operation_detail_days = fields.Integer(
        string="Keep Requests and Answers For",
        config_parameter=fusion_operation_reaper.DETAIL_PARAMETER,
        default=fusion_operation_reaper.DETAIL_DAYS,
        help="Days for which a finished operation keeps what was sent and answered; 0 keeps it for "
        "ever.",
    )
    fusion_operation_retention_days = fields.Integer(
        string="Keep Operations For",
        config_parameter=fusion_operation_reaper.RETENTION_PARAMETER,
        default=fusion_operation_reaper.RETENTION_DAYS,
        help="Days after which a finished operation is deleted, at least 90; 0 keeps it for ever.",
    )
    fusion_health_token = fields.Char(
        string="Health Token",
        config_parameter="fusion_payment_common.health_token",
        help="What a monitoring system must present; empty: the route is closed.",
    )
    fusion_surcharge_product_id = fields.Many2one(
        related="company_id.fusion_surcharge_product_id", readonly=False
    )
    fusion_vault_problem = fields.Char(compute="_compute_fusion_vault_problem")

    @api.depends_context("lang")
    def _compute_fusion_vault_problem(self):
        problem = self.env["fusion.vault"]._problem()
        for settings in self:
            settings.fusion_vault_problem = problem

    def set_values(self):
        """Override of `base`, which drops a parameter of 0, so that the default would apply."""
        super().set_values()
        for name, parameter in RETENTIONS.items():
            if not self[name]:
                # Elevated: as in `base`, users who may open the settings may change these.
                self.env["ir.config_parameter"].sudo().set_param(parameter, "0")

    def action_fusion_generate_health_token(self):
        """Replace the token with a new one now."""
        self.env["ir.config_parameter"].set_param(
            "fusion_payment_common.health_token", secrets.token_urlsafe(32)
        )
        return {"type": "ir.actions.client", "tag": "reload"}

    def action_fusion_rotate_vault(self):
        """Re-encrypt all stored values under the first configured key and show the result."""
        self.env["ir.config_parameter"].check_access("write")
        # Elevated: an administrator may re-encrypt values without the right to read them.
        rotation = self.env["fusion.vault"].sudo()._rotate()
        if rotation.unreadable:
            kind = "danger"
            message = self.env._(
                "%(rotated)s values re-encrypted, but no configured key opens %(lost)s. Keep the "
                "old keys and see the log.",
                rotated=rotation.rotated,
                lost=len(rotation.unreadable),
            )
        else:
            kind = "success"
            message = self.env._(
                "%s values re-encrypted under the first key. The other keys can be removed.",
                rotation.rotated,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "sticky": kind == "danger"},
        }
