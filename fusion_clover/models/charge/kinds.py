"""Kinds of operations on a card: charged, only authorized, or only saved."""

from ...client.answers import charge_answer, find_charge
from ...client.saving import CardToSave, and_save, save_only
from ...client.types import ChargeRequest
from ..fusion_operation import SAVE_CARD
from ..kinds import Kind, register, since_ms
from .words import pending_for_shopper, refusal_for_clerk, refusal_for_shopper


class CardKind(Kind):
    """What is done with a card; a shopper, who reads it on the payment form, has other words."""

    def refusal(self, transaction, payment_data):
        """Return why nothing was charged, in words for whoever reads it."""
        refusal = refusal_for_shopper if transaction.landing_route else refusal_for_clerk
        return refusal(transaction.env, payment_data)

    def pending_message(self, transaction, payment_data):
        """Return what a shopper is told; the clerk's words are the usual ones."""
        return pending_for_shopper(transaction.env) if transaction.landing_route else None


@register("charge", "authorize")
class Charge(CardKind):
    """Money taken from a card, or held there; the card is saved as well where that is wanted."""

    request_class = ChargeRequest

    def call(self, transactions, operation, observer):
        """Return the function that charges the card."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        key = operation.idempotency_key
        return also_save(
            operation,
            client,
            lambda: charge_answer(client.charges.create(request, key), request),
        )

    def lookup(self, transactions, operation, observer):
        """Return the function that finds the charge by our reference."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        since = since_ms(operation)
        return also_save(operation, client, lambda: find_charge(client, request, since))

    def retrieve(self, transactions, operation, provider_reference, observer):
        """Return the function that reads the charge that a Manager names."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        return lambda: charge_answer(client.charges.retrieve(provider_reference), request)

    def apply_outcome(self, transaction, payment_data):
        """Extend to say on the documents that the card could not be saved."""
        super().apply_outcome(transaction, payment_data)
        if payment_data.get("saving_error"):
            transaction._clover_report_unsaved_card(payment_data["saving_error"])


@register(SAVE_CARD)
class SavedCard(CardKind):
    """A card that is saved without being charged; Clover has nothing to read about it later."""

    def call(self, transactions, operation, observer):
        """Return the function that saves the card."""
        client = operation._clover_client(observer)
        payload = _payload_of(operation)
        card, label = CardToSave.from_dict(payload["save_card"]), payload["label"]
        return lambda: save_only(client, card, label)

    def lookup(self, transactions, operation, observer):
        """Return that nothing is known: Clover cannot be asked, and saving again does no harm."""
        return lambda: None


def also_save(operation, client, charge):
    """Return ``charge``, and after it the saving of the card where the operation wants that.

    :param charge: function that charges the card, or finds its charge
    """
    payload = _payload_of(operation)
    if "save_card" not in payload:
        return charge
    card = CardToSave.from_dict(payload["save_card"])
    return lambda: and_save(charge(), client, card)


def _payload_of(operation):
    # Elevated: the request is kept for the ledger alone.
    return operation.sudo().request_payload
