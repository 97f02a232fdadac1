import re

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import idempotency
from odoo.addons.fusion_payment_common.lib.redaction import contains_pan

from ... import const
from ...client.saving import CardToSave
from ...client.types import StoredCredentials
from ..fusion_operation import SAVE_CARD


class PaymentTransaction(models.Model):
    """Saved cards: save one with or without a payment, and charge it."""

    _inherit = "payment.transaction"

    # === CHARGE === #

    def _send_payment_request(self):
        """Override of `payment` to charge a saved card, exactly once."""
        if self.provider_code != const.PROVIDER_CODE:
            super()._send_payment_request()
            return
        refusal = self._clover_saved_card_refusal()
        if refusal:
            self._set_error(refusal)
            return
        try:
            intent = self._clover_charge_intent(self.token_id.provider_ref, entry_mode="ecom")
        except UserError as error:
            # A batch may hold several payments: one that cannot be sent must not undo others.
            self._set_error(str(error))
            return
        check = self._clover_due_check()
        if self.operation != "offline":
            check = self._clover_shopper_check()
        self._fusion_perform_within(intent, check=check)

    def _clover_saved_card_refusal(self):
        """Return why the saved card must not be charged, None if it may be."""
        if not self.token_id.active:
            return self.env._("This card is no longer saved. Choose another one.")
        if not self.token_id._clover_usable():
            return self.env._("The saved card has expired. Choose another one.")
        if self.operation == "online_token" and self.env.user._is_public():
            # A document's link can be passed on, but only the card's owner may use the card.
            return self.env._("Log in to pay with a saved card.")
        return None

    def _clover_stored_credentials(self, source):
        """Return Clover's stored-credential data: who initiates the charge, first or later use.

        None for a card that is neither saved nor to be saved.
        """
        if self.token_id and source == self.token_id.provider_ref:
            initiator = "MERCHANT" if self.operation == "offline" else "CARDHOLDER"
            return StoredCredentials(sequence="SUBSEQUENT", initiator=initiator)
        if self.tokenize:
            return StoredCredentials(sequence="FIRST", initiator="CARDHOLDER")
        return None

    # === SAVE === #

    def _clover_card_to_save(self, source):
        return CardToSave(
            source=source, email=self.partner_id.email, name=self.partner_id.name or None
        )

    def _clover_save_intent(self, source, card):
        """Return the intent to save a card without charging it.

        :param dict card: the card form's data about the card, for its label
        :raise UserError: the customer has no e-mail address, which Clover requires
        """
        self.ensure_one()
        if not self.partner_id.email:
            raise UserError(self.env._("Enter your e-mail address in your account first."))
        key = self._clover_idempotency_key(SAVE_CARD)
        return self._fusion_intent(
            SAVE_CARD,
            key=key,
            external_reference=idempotency.short_reference(key),
            parameters={"source": source},
            payload={
                "provider_id": self.provider_id.id,
                "save_card": self._clover_card_to_save(source).to_dict(),
                "label": _clean_label(card),
            },
            lease_seconds=self._clover_lease_seconds(),
        )

    # === PROCESSING === #

    def _extract_token_values(self, payment_data):
        """Override of `payment` to store the saved card's reference, last digits and expiry."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._extract_token_values(payment_data)
        if not payment_data.get("customer_id"):
            return {}
        return {
            "provider_ref": payment_data["customer_id"],
            "payment_details": payment_data.get("card_last4"),
            "clover_expiry": payment_data.get("card_expiry"),
        }

    def _clover_report_unsaved_card(self, problem):
        """Log on the documents that the card could not be saved.

        :param str problem: Clover's error code
        """
        self.tokenize = False
        self._log_message_on_linked_documents(
            self.env._(
                "Clover did not save the card of payment %(reference)s (%(problem)s). The "
                "payment itself is fine.",
                reference=self.reference,
                problem=problem,
            )
        )


def _clean_label(card):
    """Return only the valid, harmless parts of the card form's data: digits, expiry, brand."""
    last4, month, year, brand = (
        str(card.get(name) or "") for name in ("last4", "exp_month", "exp_year", "brand")
    )
    label = {}
    if re.fullmatch(r"\d{4}", last4):
        label["card_last4"] = last4
    if re.fullmatch(r"0?[1-9]|1[0-2]", month) and re.fullmatch(r"20\d\d", year):
        label["card_expiry"] = f"{int(month):02}/{year}"
    if brand in const.BRAND_TO_METHOD_CODE and not contains_pan(brand):
        label["card_brand"] = brand
    return label
