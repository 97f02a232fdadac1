import uuid

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import idempotency
from odoo.addons.fusion_payment_common.lib.ledger import Answer, Intent
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ... import const
from .wex_virtual_card import FINAL_STATES

RESEND = "card_resend"


class WexVirtualCard(models.Model):
    """Having WEX send a card to the vendor once more, through the ledger like every change."""

    _inherit = "wex.virtual.card"

    delivery_email = fields.Char(related="request_id.delivery_email", string="Sent by WEX To")

    def action_wex_resend(self):
        """Have WEX send the cards again to where it sent them first.

        :raise UserError: WEX does not send one of them, or it has ended
        """
        self.env["wex.card.request"]._wex_check_may(const.USER_GROUP)
        self.check_access("read")
        for card in self:
            if not card.delivery_email or card.state in FINAL_STATES:
                raise UserError(self.env._("WEX does not send %s.", card.display_name))
            key = str(uuid.uuid4())
            operation = self.env["fusion.operation"]._enqueue(
                Intent(
                    kind=RESEND,
                    provider_code=const.PROVIDER_CODE,
                    handler=self._name,
                    idempotency_key=key,
                    reference=f"{card.name}-{idempotency.short_reference(key)}",
                    external_reference=card.reference,
                    parameters={"kind": RESEND, "card": card.reference},
                    payload={"card_id": card.id},
                    company_id=card.company_id.id,
                    currency_id=card.currency_id.id,
                    documents=((self._name, card.id),),
                    send_within=const.SEND_WITHIN,
                    summary={"card": card.name},
                )
            )
            operation.write({"res_model": self._name, "res_id": card.id})

    # === OPERATION HANDLER === #

    def _fusion_prepare_call(self, operation, observer):
        """Override to have the card sent."""
        if operation.kind != RESEND:
            return super()._fusion_prepare_call(operation, observer)
        card = self._wex_of(operation)
        issuer, card_id = card.account_id._wex_client(observer), card.wex_id or ""

        def resend():
            issuer.resend(card_id)
            return Answer(outcome=Outcome.SUCCEEDED, provider_reference=card_id or None)

        return resend

    def _fusion_prepare_lookup(self, operation, observer):
        """Override: WEX does not tell what it sent, and a second message does no harm."""
        if operation.kind != RESEND:
            return super()._fusion_prepare_lookup(operation, observer)
        return lambda: None

    def _fusion_apply(self, operation, answer):
        """Override to say on the card that it was sent."""
        if operation.kind != RESEND:
            super()._fusion_apply(operation, answer)
            return
        if answer.outcome == Outcome.SUCCEEDED:
            card = self._wex_of(operation)
            card.message_post(
                body=self.env._("WEX has sent the card again to %s.", card.delivery_email)
            )
