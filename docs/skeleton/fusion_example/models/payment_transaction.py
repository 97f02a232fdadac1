from odoo import models

from odoo.addons.fusion_payment_common.lib import idempotency
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools.amounts import to_amount, to_money

from .. import const
from ..client.answers import charge_answer, find_charge
from ..client.types import ChargeRequest


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    # === BUSINESS METHODS === #

    def _example_charge(self, source):
        """Charge the card behind ``source`` for this transaction, exactly once.

        The transaction must be committed: its reference is the intent. A second call for it, in a
        re-run or another tab, replays the first one's answer.

        :param str source: token of the provider's card form
        :return: the :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer`
        :raise OperationInProgress: another payment of the same document is not finished
        """
        self.ensure_one()
        # Elevated: the database's identity is part of the key, many databases share one account.
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        key = idempotency.derive_key(database, const.PROVIDER_CODE, "charge", self.reference)
        reference = idempotency.short_reference(key)
        amount = to_money(self.amount, self.currency_id)
        request = ChargeRequest(amount, source, reference)
        return self._fusion_perform(
            self._fusion_intent(
                "charge",
                key=key,
                external_reference=reference,
                # What the key stands for: other values under it are refused.
                parameters={"amount": amount.minor, "currency": amount.currency, "source": source},
                payload={"provider_id": self.provider_id.id, "request": request.to_dict()},
                # Longer than the call can take, once more with fresh credentials included.
                lease_seconds=2 * (const.CONNECT_TIMEOUT + const.READ_TIMEOUT) + 5,
            )
        )

    # === OPERATION HANDLER === #

    def _fusion_prepare_call(self, operation, observer):
        """Override of `fusion_payment_common` to charge under the operation's key."""
        if operation.provider_code != const.PROVIDER_CODE:
            return super()._fusion_prepare_call(operation, observer)
        client, request = self._example_parts(operation, observer)
        key = operation.idempotency_key
        return lambda: charge_answer(client.charge(request, key), request)

    def _fusion_prepare_lookup(self, operation, observer):
        """Override of `fusion_payment_common` to find a charge by our reference."""
        if operation.provider_code != const.PROVIDER_CODE:
            return super()._fusion_prepare_lookup(operation, observer)
        client, request = self._example_parts(operation, observer)
        return lambda: find_charge(client, request)

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Override of `fusion_payment_common` to read the charge that a Manager names."""
        if operation.provider_code != const.PROVIDER_CODE:
            return super()._fusion_prepare_read(operation, provider_reference, observer)
        client, request = self._example_parts(operation, observer)
        return lambda: charge_answer(client.retrieve(provider_reference), request)

    def _example_parts(self, operation, observer):
        """Return the client and the request of an operation, read before anything is sent."""
        # Elevated: the ledger acts for whoever started the operation; the request is kept for it.
        payload = operation.sudo().request_payload
        provider = self.env["payment.provider"].sudo().browse(payload["provider_id"])
        return provider._example_client(observer), ChargeRequest.from_dict(payload["request"])

    # === PROCESSING === #

    def _extract_amount_data(self, payment_data):
        """Override of `payment` to compare what moved with what was asked."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._extract_amount_data(payment_data)
        if payment_data["outcome"] != Outcome.SUCCEEDED or payment_data.get("review"):
            return None
        amount = to_amount(payment_data["amount"], self.currency_id)
        return {"amount": amount, "currency_code": payment_data["currency"]}

    def _apply_updates(self, payment_data):
        """Override of `payment` to record the answer and move to the state it stands for."""
        if self.provider_code != const.PROVIDER_CODE:
            super()._apply_updates(payment_data)
            return
        if payment_data.get("provider_reference"):
            self.provider_reference = payment_data["provider_reference"]
        self._fusion_apply_outcome(
            payment_data,
            declined_message=self.env._("The card was declined. Nothing was charged."),
        )
