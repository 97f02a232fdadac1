"""Kinds of operations on a card: charge, authorize, and save without a charge."""

from ...client.answers import charge_answer, find_charge
from ...client.saving import CardToSave, and_save, save_only
from ...client.types import ChargeRequest
from ..fusion_operation import SAVE_CARD
from ..kinds import Kind, register, since_ms
from .words import pending_for_shopper, refusal_for_clerk, refusal_for_shopper


class CardKind(Kind):
    """An operation on a card. Messages differ for shoppers on the payment form and for clerks."""

    def refusal(self, transaction, payment_data):
        """Return why nothing was charged, worded for the shopper or for the clerk."""
        refusal = refusal_for_shopper if transaction.landing_route else refusal_for_clerk
        return refusal(transaction.env, payment_data)

    def pending_message(self, transaction, payment_data):
        """Return the shopper's message; None for clerks, who get the default message."""
        return pending_for_shopper(transaction.env) if transaction.landing_route else None


@register("charge", "authorize")
class Charge(CardKind):
    """A charge or an authorization of a card; saves the card as well if requested."""

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
        """Return the function that looks up the charge by its external reference."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        since = since_ms(operation)
        return also_save(operation, client, lambda: find_charge(client, request, since))

    def retrieve(self, transactions, operation, provider_reference, observer):
        """Return the function that reads the charge that a Manager has named."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        return lambda: charge_answer(client.charges.retrieve(provider_reference), request)

    def apply_outcome(self, transaction, payment_data):
        """Extend to log on the documents that the card could not be saved."""
        super().apply_outcome(transaction, payment_data)
        if payment_data.get("saving_error"):
            transaction._clover_report_unsaved_card(payment_data["saving_error"])


@register(SAVE_CARD)
class SavedCard(CardKind):
    """A card saved without a charge; Clover has no object to look up or read for it."""

    def call(self, transactions, operation, observer):
        """Return the function that saves the card."""
        client = operation._clover_client(observer)
        payload = _payload_of(operation)
        card, label = CardToSave.from_dict(payload["save_card"]), payload["label"]
        return lambda: save_only(client, card, label)

    def lookup(self, transactions, operation, observer):
        """Return a function that finds nothing: Clover has no lookup, and saving again is safe."""
        return lambda: None


def also_save(operation, client, charge):
    """Return ``charge``, followed by saving the card if the operation requests it.

    :param charge: function that charges the card, or looks its charge up
    """
    payload = _payload_of(operation)
    if "save_card" not in payload:
        return charge
    card = CardToSave.from_dict(payload["save_card"])
    return lambda: and_save(charge(), client, card)


def _payload_of(operation):
    # Elevated: only the ledger may read the stored request.
    return operation.sudo().request_payload
