"""Saving a card for later: "Save a card for future transactions", docs.clover.com."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.lib.stored import Stored

from .client import CloverClient


@dataclass(frozen=True, slots=True)
class CardToSave(Stored):
    """The owner of the saved card. Clover sends an e-mail to ``email`` that a card was saved."""

    source: str
    email: str
    name: str | None = None


def and_save(answer: Answer | None, client: CloverClient, card: CardToSave) -> Answer | None:
    """Return the answer to a charge, with ``customer_id`` once the charged card is saved.

    Save only after the money has moved, so that no declined card is kept. A failure to save does
    not change the charge: ``saving_error`` gives the reason.
    """
    if answer is None or answer.outcome != Outcome.SUCCEEDED or answer.review:
        return answer
    try:
        customer = client.customers.create(email=card.email, source=card.source, name=card.name)
    except GatewayError as error:
        problem = error.code or type(error).__name__
        return replace(answer, data={**answer.data, "saving_error": problem})
    return replace(answer, data={**answer.data, "customer_id": customer.id})


def save_only(client: CloverClient, card: CardToSave, details: Mapping[str, str]) -> Answer:
    """Save a card without a charge. A repeat costs nothing but a second copy at Clover.

    :param details: the answer's facts about the card; Clover does not report any here.
    :raises GatewayError: it could not be saved.
    """
    customer = client.customers.create(email=card.email, source=card.source, name=card.name)
    return Answer(
        outcome=Outcome.SUCCEEDED,
        provider_reference=customer.id,
        data={**details, "customer_id": customer.id},
    )


def forget(client: CloverClient, customer_id: str) -> None:
    """Remove a customer's saved cards. A missing card or customer counts as removed.

    :raises GatewayError: Clover could not be reached.
    """
    for source_id in client.customers.retrieve(customer_id).source_ids:
        client.customers.delete_source(customer_id, source_id)
