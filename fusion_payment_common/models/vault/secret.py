import time

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from odoo.addons.base.models.res_users import check_identity

from ...tools.cursors import in_own_transaction

REVEAL_GROUP = "fusion_payment_common.group_fusion_card_viewer"
#: Minimum length of the reason for a reveal, in characters.
MIN_REASON = 5
#: Seconds for which a confirmed identity is valid, as in core's ``check_identity``.
IDENTITY_SECONDS = 600


class FusionSecret(models.Model):
    """A value that is stored encrypted, shown only to permitted users, and wiped when it expires.

    ``fusion.secret.access`` records permanently who saw it, when, why and from where.
    """

    _name = "fusion.secret"
    _description = "Encrypted Value"
    _order = "id desc"
    _rec_name = "label"

    purpose = fields.Char(required=True, readonly=True, index=True, help="What it is, in one word.")
    label = fields.Char(required=True, readonly=True, help="How people tell it from others.")
    payload = fields.Text(readonly=True, copy=False, groups=fields.NO_ACCESS)
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True, index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    expires_at = fields.Datetime(readonly=True, index="btree_not_null")
    wiped_at = fields.Datetime(readonly=True, help="When the value itself was erased.")
    access_ids = fields.One2many("fusion.secret.access", "secret_id", readonly=True)
    access_count = fields.Integer(compute="_compute_access_count", string="Reveals")

    @api.depends("access_ids")
    def _compute_access_count(self):
        counts = dict(
            self.env["fusion.secret.access"]._read_group(
                [("secret_id", "in", self.ids)], ["secret_id"], ["__count"]
            )
        )
        for secret in self:
            secret.access_count = counts.get(secret, 0)

    # === STORING === #

    @api.model
    def _store(self, purpose, plain, *, label, record=None, company=None, expires_at=None):
        """Encrypt ``plain`` and return the ``fusion.secret`` that holds it.

        :param str purpose: the kind of value, e.g. ``"card_number"``
        :param str label: the name shown to users; must not contain the value
        :param record: the document of the value; users need read access to it to reveal the value
        :param company: ``res.company``; the current one by default
        :param datetime expires_at: UTC, naive; from then on the value cannot be revealed and is
            wiped
        :raise UserError: no usable encryption key; nothing was stored
        """
        self.env["fusion.vault"]._require()
        return self.create(
            {
                "purpose": purpose,
                "label": label,
                "payload": self.env["fusion.vault"]._encrypt(plain),
                "res_model": record._name if record else False,
                "res_id": record.id if record else False,
                "company_id": (company or self.env.company).id,
                "expires_at": expires_at,
            }
        )

    def _open(self):
        """Return the value, for code that sends it on; users must call :meth:`reveal`.

        :raise UserError: it is wiped or expired, or no key decrypts it
        """
        self.ensure_one()
        self._check_alive()
        # Elevated: no group may read the column.
        return self.env["fusion.vault"]._decrypt(self.sudo().payload)

    def _wipe(self):
        """Erase the values; keep the rows and the records of their reveals."""
        self.write({"payload": False, "wiped_at": fields.Datetime.now()})

    # === REVEALING === #

    @check_identity
    def reveal(self, reason):
        """Return the value to a permitted user who confirmed their password, and record it.

        The record is committed before the value is decrypted, so every reveal is recorded.

        :param str reason: why the user needs to see it
        :return: the value, or core's password dialog when the identity must be confirmed first
        :raise AccessError: the user is not permitted, or may not read the document
        :raise UserError: there is no reason, or the value is expired or wiped
        """
        self.ensure_one()
        self._record_access(reason)
        return self._open()

    def _record_access(self, reason):
        """Check that the user may see the value, and record the reveal.

        :return: id of the record, which the caller's snapshot does not contain
        """
        self.ensure_one()
        self._check_may_reveal()
        self._check_alive()
        reason = (reason or "").strip()
        if len(reason) < MIN_REASON:
            raise UserError(self.env._("Say why you need to see it."))
        values = {
            "secret_id": self.id,
            "user_id": self.env.uid,
            "revealed_at": fields.Datetime.now(),
            "reason": reason,
            "ip_address": request.httprequest.remote_addr if request else False,
        }
        # Use a separate transaction: the record must survive a rollback of the request.
        return in_own_transaction(
            self.env, lambda env: env["fusion.secret.access"].create(values).id
        )

    def _check_may_reveal(self):
        if not self.env.user.has_group(REVEAL_GROUP):
            raise AccessError(self.env._("You are not permitted to see card data."))
        self.check_access("read")
        if self.res_model and self.res_id:
            self.env[self.res_model].browse(self.res_id).check_access("read")

    def _check_alive(self):
        # Elevated: users may know whether there is a value, but may not read it.
        payload = self.sudo().payload
        if not payload or (self.expires_at and self.expires_at <= fields.Datetime.now()):
            raise UserError(self.env._("%s is no longer stored.", self.label))

    @api.model
    def _identity_is_fresh(self):
        """Return whether the user of this session has recently confirmed their password."""
        return bool(request) and (
            request.session.get("identity-check-last", 0) > time.time() - IDENTITY_SECONDS
        )

    def action_reveal(self):
        """Open the dialog that asks for the reason and shows the value."""
        self.ensure_one()
        self._check_may_reveal()
        self._check_alive()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reveal %s", self.label),
            "res_model": "fusion.secret.reveal",
            "view_mode": "form",
            "target": "new",
            "context": {"default_secret_id": self.id},
        }

    @api.autovacuum
    def _gc_expired(self):
        """Erase expired values."""
        self.search(
            [("expires_at", "<=", fields.Datetime.now()), ("wiped_at", "=", False)], limit=5000
        )._wipe()
