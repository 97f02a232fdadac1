from odoo import api, fields, models
from odoo.exceptions import UserError


class FusionSecretAccess(models.Model):
    """A user saw an encrypted value. Written once; never changed or deleted."""

    _name = "fusion.secret.access"
    _description = "Reveal of an Encrypted Value"
    _order = "id desc"
    _rec_name = "secret_id"

    secret_id = fields.Many2one(
        "fusion.secret", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="secret_id.company_id", store=True, index=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")
    revealed_at = fields.Datetime(required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True)
    ip_address = fields.Char(string="IP Address", readonly=True)

    def write(self, vals):
        """Override of `models` to refuse every change.

        :raise UserError: any value is given
        """
        if vals:
            raise UserError(self.env._("The record of who saw card data cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The record of who saw card data cannot be deleted."))
