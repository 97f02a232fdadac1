from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.base.models.res_users import check_identity

#: Seconds for which the dialog shows a revealed value.
SHOWN_SECONDS = 60


class FusionSecretReveal(models.TransientModel):
    """Ask for a reason, confirm the user's password, and show the value for a minute.

    The value is computed for each display and never written to the dialog's table.
    """

    _name = "fusion.secret.reveal"
    _description = "Reveal an Encrypted Value"

    secret_id = fields.Many2one("fusion.secret", required=True, readonly=True, ondelete="cascade")
    label = fields.Char(related="secret_id.label")
    reason = fields.Char()
    # Id of the record of this reveal, which no user can create. It is not a relation because
    # another transaction committed the record, so this transaction's snapshot does not contain it.
    access_number = fields.Integer(readonly=True)
    value = fields.Text(compute="_compute_value")

    @api.depends("access_number")
    @api.depends_context("uid")
    def _compute_value(self):
        since = fields.Datetime.now() - timedelta(seconds=SHOWN_SECONDS)
        for wizard in self:
            access = self.env["fusion.secret.access"].browse(wizard.access_number or []).exists()
            wizard.value = (
                wizard.secret_id._open()
                if access
                and access.user_id == self.env.user
                and access.secret_id == wizard.secret_id
                and access.revealed_at >= since
                and wizard.secret_id._identity_is_fresh()
                else False
            )

    @check_identity
    def action_reveal(self):
        """Record the reveal and show the value in this dialog."""
        self.ensure_one()
        self.access_number = self.secret_id._record_access(self.reason)
        return {
            "type": "ir.actions.act_window",
            "name": self.label,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
