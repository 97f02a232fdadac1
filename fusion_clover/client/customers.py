"""Cards on file: "Create a customer", "Save a card for future transactions", docs.clover.com."""

from __future__ import annotations

from typing import Any

from .gateway_calls import MerchantCalls, path_id
from .reading import Reader
from .types import Customer


class Customers:
    """A customer holds one card; charging the customer's id charges that card."""

    def __init__(self, calls: MerchantCalls) -> None:
        self._calls = calls

    def create(
        self, *, email: str, source: str, name: str | None = None, phone: str | None = None
    ) -> Customer:
        """Save the card behind a source token, which becomes reusable.

        The interface has no idempotency key: if the answer is lost, a customer may be left at
        Clover, which costs nothing.
        """
        body = {"email": email, "source": source, "ecomind": "ecom", "name": name, "phone": phone}
        filled = {field: value for field, value in body.items() if value}
        return _read(self._calls.ecommerce("POST", "/v1/customers", json=filled))

    def retrieve(self, customer_id: str) -> Customer:
        """:raises NotFoundError: Clover does not know the customer."""
        return _read(
            self._calls.ecommerce("GET", f"/v1/customers/{path_id(customer_id, 'customer id')}")
        )

    def delete_source(self, customer_id: str, source_id: str) -> None:
        """Remove a saved card.

        :raises NotFoundError: the card does not exist (any more).
        """
        customer = path_id(customer_id, "customer id")
        self._calls.ecommerce(
            "DELETE", f"/v1/customers/{customer}/sources/{path_id(source_id, 'card id')}"
        )


def _read(document: Any) -> Customer:
    reader = Reader(document, "the customer")
    sources = reader.child("sources").value("data") or []
    ids = [item if isinstance(item, str) else Reader(item, "a card").text("id") for item in sources]
    return Customer(
        id=reader.required_text("id"),
        email=reader.text("email"),
        name=reader.text("name"),
        source_ids=tuple(identifier for identifier in ids if identifier),
    )
