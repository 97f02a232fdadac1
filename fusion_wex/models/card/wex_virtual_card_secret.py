from functools import partial

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.fusion_payment_common.models.vault.secret import REVEAL_GROUP

from ...client.issuing import sealed_text, unsealed
from .wex_virtual_card import FINAL_STATES

NUMBER_PURPOSE = "wex_card"


class WexAccount(models.Model):
    _inherit = "wex.account"

    def _wex_seal(self):
        """Return the function that encrypts a number, or None where numbers are not kept.

        It needs no database, so that it can be used in any thread.
        """
        if not self.keeps_number or self.env["fusion.vault"]._problem():
            return None
        return self.env["fusion.vault"]._vault().encrypt

    def _wex_witness(self):
        """Return the reference of a card that exists at WEX for certain, or None."""
        card = self.env["wex.virtual.card"].search(
            [("account_id", "=", self.id), ("wex_id", "!=", False)], limit=1
        )
        return card.reference or None


class WexVirtualCard(models.Model):
    """Number and security code: encrypted for as long as the account says, or not kept."""

    _inherit = "wex.virtual.card"

    secret_id = fields.Many2one("fusion.secret", readonly=True, copy=False)

    def _wex_store_sealed(self, sealed):
        """Put a sealed number into the vault; without one, it is read from WEX when needed.

        :param str sealed: ciphertext of :func:`.sealed_text`, or None
        """
        self.ensure_one()
        if not sealed:
            return
        self._wex_store(self.env["fusion.vault"]._decrypt(sealed))

    def _wex_store(self, text):
        """Encrypt the text of a number for the account's days."""
        days = self.account_id.keep_number_days
        # Elevated: users do not write secrets.
        own = self.sudo()
        own.secret_id = own.env["fusion.secret"]._store(
            NUMBER_PURPOSE,
            text,
            label=self.display_name,
            record=self,
            company=self.company_id,
            expires_at=fields.Datetime.add(fields.Datetime.now(), days=days),
        )

    def _wex_has_number(self):
        """Return whether the vault has the number."""
        # Elevated: users may know that there is a value, not the value.
        secret = self.secret_id.sudo()
        return bool(secret) and not secret.wiped_at and (
            not secret.expires_at or secret.expires_at > fields.Datetime.now()
        )

    def action_wex_reveal(self):
        """Open the dialog that shows the number to a permitted person, after password and reason.

        :raise AccessError: the user may not see card numbers
        :raise UserError: the card has ended
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group(REVEAL_GROUP):
            raise AccessError(self.env._("You are not permitted to see card data."))
        if self.state in FINAL_STATES:
            raise UserError(
                self.env._("%s has ended: its number is not shown any more.", self.display_name)
            )
        if not self.secret_id:
            # Elevated: users do not write secrets. This one has no value; it records who sees
            # what WEX shows.
            self.sudo().secret_id = self.env["fusion.secret"].sudo()._wex_entry_without_value(self)
        return self.secret_id.action_reveal()

    def _wex_secret(self):
        """Return the card's number and code, for a program that sends them on.

        From the vault where they are kept, else by a call to WEX: not to be used while a
        transaction is open.

        :return: a :class:`~odoo.addons.fusion_wex.client.types.CardSecret`
        :raise GatewayError: WEX does not show them, or not now
        :raise UserError: the vault cannot be opened
        """
        return self._wex_secret_reader()()

    def _wex_secret_reader(self):
        """Return the function that returns what :meth:`_wex_secret` does; it needs no database.

        :raise UserError: the vault cannot be opened, or the account is disabled
        """
        self.ensure_one()
        if self._wex_has_number():
            # Elevated: the value is for programs; people go through the recorded reveal.
            secret = unsealed(self.secret_id.sudo()._open())
            return lambda: secret
        return partial(self.account_id._wex_client().reveal, self.wex_id or "")

    def _wex_after_delivery(self):
        """Delete the code where it was kept for the delivery only."""
        self.filtered(lambda card: card.account_id.drop_code_on == "delivery")._wex_delete_code()

    def _wex_delete_code(self):
        """Delete the security code and keep the number."""
        for card in self.filtered(lambda one: one._wex_has_number()):
            # Elevated: users do not write secrets.
            secret = card.secret_id.sudo()
            kept = unsealed(secret._open())
            if kept.reveal_security_code() is None:
                continue
            without = type(kept)(
                kept.reveal_number(), None, kept.expiry_month, kept.expiry_year
            )
            secret.payload = self.env["fusion.vault"]._encrypt(sealed_text(without))
