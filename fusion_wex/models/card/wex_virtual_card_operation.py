import uuid

from odoo import models

from odoo.addons.fusion_payment_common.lib import idempotency
from odoo.addons.fusion_payment_common.lib.ledger import Answer, Intent
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ... import const
from ...client.cancelling import carry_out_cancel, find_cancel, read_cancel

CANCEL = "card_cancel"
RESEND = "card_resend"


class CancelCard:
    """Close a card at WEX. Asking twice does no harm, and the card itself shows whether it did."""

    @staticmethod
    def call(issuer, card_id, reference):
        """Return the answer to the request to close the card."""
        return carry_out_cancel(issuer, card_id, reference)

    @staticmethod
    def lookup(issuer, card_id, reference):
        """Return an answer if the card is closed, None if it is not."""
        return find_cancel(issuer, card_id, reference)

    @staticmethod
    def book(card, answer):
        """Close the card in Odoo, unless a person has to look at the answer first."""
        if not answer.review:
            card._wex_note_cancelled()


class ResendCard:
    """Have WEX send a card to the vendor again."""

    @staticmethod
    def call(issuer, card_id, reference):
        """Return the answer to the request to send the card."""
        issuer.resend(card_id)
        return Answer(outcome=Outcome.SUCCEEDED, provider_reference=card_id or None)

    @staticmethod
    def lookup(issuer, card_id, reference):
        """Return None: WEX does not say what it sent, and a second message does no harm."""
        return

    @staticmethod
    def book(card, answer):
        """Say on the card that it was sent."""
        card._wex_note_resent()


#: What can be done to a card at WEX, by the kind of the operation.
KINDS = {CANCEL: CancelCard, RESEND: ResendCard}


class WexVirtualCard(models.Model):
    """Operations on a card: queued in the ledger, carried out at WEX, booked on the card."""

    _name = "wex.virtual.card"
    _inherit = ["wex.virtual.card", "fusion.operation.handler"]

    def _wex_enqueue(self, kind):
        """Queue an operation on this card, and return it.

        :param str kind: a key of :data:`KINDS`
        """
        self.ensure_one()
        key = str(uuid.uuid4())
        operation = self.env["fusion.operation"]._enqueue(
            Intent(
                kind=kind,
                provider_code=const.PROVIDER_CODE,
                handler=self._name,
                idempotency_key=key,
                reference=f"{self.name}-{idempotency.short_reference(key)}",
                external_reference=self.reference,
                parameters={"kind": kind, "card": self.reference},
                payload={"card_id": self.id},
                company_id=self.company_id.id,
                currency_id=self.currency_id.id,
                documents=((self._name, self.id),),
                send_within=const.SEND_WITHIN,
                summary={"card": self.name},
            )
        )
        operation.write({"res_model": self._name, "res_id": self.id})
        return operation

    # === OPERATION HANDLER === #

    def _fusion_is_followed_by(self, operation, later):
        """Override of `fusion_payment_common`: what is done to a card has the card's id."""
        return operation.kind != later.kind

    def _fusion_prepare_call(self, operation, observer):
        """Override of `fusion_payment_common` to carry the operation out at WEX."""
        return self._wex_prepare(KINDS[operation.kind].call, operation, observer)

    def _fusion_prepare_lookup(self, operation, observer):
        """Override of `fusion_payment_common` to see at WEX whether it was carried out."""
        return self._wex_prepare(KINDS[operation.kind].lookup, operation, observer)

    def _wex_prepare(self, step, operation, observer):
        card = self._wex_card_of(operation)
        issuer = card.account_id._wex_client(observer)
        facts = (card.wex_id or "", card.reference)
        return lambda: step(issuer, *facts)

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Override of `fusion_payment_common` to read the card that a Manager names."""
        issuer = self._wex_card_of(operation).account_id._wex_client(observer)
        return lambda: read_cancel(issuer, provider_reference)

    def _fusion_apply(self, operation, answer):
        """Override of `fusion_payment_common` to write the result on the card."""
        if answer.outcome == Outcome.SUCCEEDED:
            KINDS[operation.kind].book(self._wex_card_of(operation), answer)

    def _wex_card_of(self, operation):
        """Return the card of an operation."""
        # Elevated: the payload is kept for the ledger alone.
        return self.browse(operation.sudo().request_payload["card_id"])
