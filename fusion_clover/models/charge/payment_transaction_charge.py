import re

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import idempotency
from odoo.addons.fusion_payment_common.lib.redaction import contains_pan
from odoo.addons.fusion_payment_common.tools.amounts import to_money

from ...client.types import ChargeRequest

#: A source token as Clover's card form returns it, or a customer id of 13 characters.
SOURCE_PATTERN = re.compile(r"clv_[0-9A-Za-z]{8,64}|[0-9A-Z]{13}")


class PaymentTransaction(models.Model):
    """The request to charge a card, for shoppers and clerks."""

    _inherit = "payment.transaction"

    def _clover_charge(self, source, *, entry_mode, check=None):
        """Charge the card behind ``source`` for this transaction, exactly once.

        The transaction must be committed, because its reference identifies the intent. A second
        call for it, from a retried request or another tab, replays the first one's answer.

        :param str source: token from Clover's card form; anything that looks like a card number is
            refused before it is stored or logged
        :param str entry_mode: ``moto`` when staff typed the card, ``ecom`` when the shopper did
        :param check: see :meth:`FusionOperation._perform`
        :return: the :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer`
        :raise UserError: nothing was sent; the message says why
        """
        intent = self._clover_charge_intent(source, entry_mode=entry_mode)
        return self._fusion_perform(intent, check=check)

    def _clover_charge_intent(self, source, *, entry_mode):
        """Return the intent to charge or authorize ``source``; see :meth:`_clover_charge`.

        :raise UserError: ``source`` is no Clover token, or the merchant cannot take the amount
        """
        self.ensure_one()
        self._clover_check_source(source)
        self.provider_id._clover_check_payable(self.amount, self.currency_id)
        amount = to_money(self._fusion_requested_amount(), self.currency_id)
        kind = "authorize" if self.provider_id.capture_manually else "charge"
        # Charge and authorize share a key: the setting may change between two calls.
        key = self._clover_idempotency_key("charge")
        external_reference = idempotency.short_reference(key)
        request = ChargeRequest(
            amount=amount,
            source=source,
            external_reference_id=external_reference,
            description=self.reference,
            capture=kind == "charge",
            ecomind=entry_mode,
            client_ip=self._clover_client_address(),
            stored_credentials=self._clover_stored_credentials(source),
            **self._clover_surcharge_request(source),
        )
        payload = {"provider_id": self.provider_id.id, "request": request.to_dict()}
        if self.tokenize and self.partner_id.email:
            payload["save_card"] = self._clover_card_to_save(source).to_dict()
        return self._fusion_intent(
            kind,
            key=key,
            external_reference=external_reference,
            parameters={"amount": amount.minor, "currency": amount.currency, "source": source},
            payload=payload,
            lease_seconds=self._clover_lease_seconds(),
        )

    def _clover_check_source(self, source):
        """Refuse card numbers and everything else that is no Clover token.

        :raise UserError: the message does not repeat the refused value
        """
        if not isinstance(source, str) or contains_pan(source):
            raise UserError(
                self.env._("Card numbers are not accepted here. Use Clover's card form.")
            )
        if not SOURCE_PATTERN.fullmatch(source):
            raise UserError(
                self.env._("The card form returned nothing usable. Enter the card again.")
            )
