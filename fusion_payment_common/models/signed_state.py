import secrets
from datetime import UTC, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..lib import signed_state


class FusionSignedState(models.Model):
    """A signed state that is sent through a browser and can be redeemed once.

    The signature proves that this database issued it. This row proves that it was not used before,
    and stores the record and the user that it was issued for.
    """

    _name = "fusion.signed.state"
    _description = "Signed State in Transit"
    _rec_name = "nonce"

    nonce = fields.Char(required=True, readonly=True, index=True)
    purpose = fields.Char(required=True, readonly=True)
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True, readonly=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="cascade")
    expires_at = fields.Datetime(required=True, readonly=True, index=True)

    _nonce_unique = models.Constraint("unique(nonce)", "This state was issued before.")

    @api.model
    def _issue(self, purpose, record, *, secret, redirect_to):
        """Return a signed state for ``record`` that can be redeemed once within an hour.

        :param str purpose: the purpose that it can be redeemed for
        :param str secret: signing key; an empty one is refused
        :param str redirect_to: where the relay sends the browser
        """
        now = datetime.now(UTC)
        nonce = secrets.token_hex(16)
        token = signed_state.issue(
            secret,
            nonce=nonce,
            redirect_to=redirect_to,
            customer=record.env.company.name,
            now=int(now.timestamp()),
        )
        self.create(
            {
                "nonce": nonce,
                "purpose": purpose,
                "res_model": record._name,
                "res_id": record.id,
                "user_id": self.env.uid,
                "expires_at": now.replace(tzinfo=None) + timedelta(hours=1),
            }
        )
        return token

    @api.model
    def _redeem(self, purpose, token, *, secret, allowed_hosts):
        """Return the record that a state was issued for, and delete the state.

        :raise UserError: the state is malformed, forged, expired, used before, or issued to
            another user
        """
        try:
            payload = signed_state.verify(
                secret,
                token,
                now=int(datetime.now(UTC).timestamp()),
                allowed_hosts=allowed_hosts,
            )
        except signed_state.StateError as error:
            raise UserError(
                self.env._(
                    "This link was not issued by this database, or it is older than an hour."
                )
            ) from error
        row = self.search(
            [
                ("nonce", "=", payload.nonce),
                ("purpose", "=", purpose),
                ("expires_at", ">", fields.Datetime.now()),
            ]
        )
        if not row.try_lock_for_update():
            raise UserError(self.env._("This link was used before. Start again."))
        if row.user_id != self.env.user:
            raise UserError(self.env._("This link was issued to another user. Start again."))
        record = self.env[row.res_model].browse(row.res_id).exists()
        row.unlink()
        return record

    @api.autovacuum
    def _gc_expired(self):
        """Delete expired states."""
        self.search([("expires_at", "<", fields.Datetime.now())], limit=1000).unlink()
