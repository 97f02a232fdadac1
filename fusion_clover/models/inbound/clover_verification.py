from datetime import timedelta

from odoo import api, fields, models

from ... import const_dispatcher


class CloverVerification(models.Model):
    """Codes by which Clover's dashboard wants to see that the webhook address is ours.

    They come without proof, so that anybody can send one: few are taken, and nothing is done with
    them but to show them to an administrator.
    """

    _name = "clover.verification"
    _description = "Clover Verification Code"
    _order = "id desc"
    _rec_name = "code"

    code = fields.Char(required=True, readonly=True)
    received_at = fields.Datetime(required=True, readonly=True, index=True)

    @api.model
    def _keep(self, code):
        """Keep the code for the administrator.

        :return: False when too many came within the minute; then nothing was written
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
