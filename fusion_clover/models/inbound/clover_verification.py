from datetime import timedelta

from odoo import api, fields, models

from ... import const_dispatcher


class CloverVerification(models.Model):
    """Codes that Clover's dashboard asks for, to verify that the webhook address is ours.

    They arrive without proof, so anybody can send one. Their rate is limited, and they are only
    shown to an administrator.
    """

    _name = "clover.verification"
    _description = "Clover Verification Code"
    _order = "id desc"
    _rec_name = "code"

    code = fields.Char(required=True, readonly=True)
    received_at = fields.Datetime(required=True, readonly=True, index=True)

    @api.model
    def _keep(self, code):
        """Store the code for the administrator.

        :return: False if too many arrived within the minute; nothing was written
        """
        now = fields.Datetime.now()
        recent = self.search_count(
            [("received_at", ">", now - timedelta(minutes=1))],
            limit=const_dispatcher.CHALLENGES_PER_MINUTE,
        )
        if recent >= const_dispatcher.CHALLENGES_PER_MINUTE:
            return False
        self.create({"code": code, "received_at": now})
        self.search([("id", "!=", False)], offset=const_dispatcher.CHALLENGES_KEPT).unlink()
        return True
