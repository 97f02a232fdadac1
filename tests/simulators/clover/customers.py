"""Customers with a card on file (docs: card-on-file pages)."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..core.ids import vendor_id
from .access import ECOMMERCE
from .errors import invalid, not_found
from .fields import json_object, required_text, text
from .render_ecommerce import customer_json
from .state import Customer, Merchant, SourceToken

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_FIELDS = ("firstName", "lastName", "name", "phone", "shipping")


class CustomerRoutes:
    """``/v1/customers``: one card a customer; saving makes its token multi-pay."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.add_routes(
            [
                web.post("/v1/customers", self.create),
                web.get("/v1/customers/{id}", self.get),
                web.put("/v1/customers/{id}", self.update),
                web.delete("/v1/customers/{id}", self.delete),
                web.delete("/v1/customers/{id}/sources/{card}", self.delete_source),
            ]
        )

    async def create(self, request: web.Request) -> web.Response:
        """Save a card for a new customer."""
        merchant = self._sim.access.merchant(request, ECOMMERCE)
        body = await json_object(request)

        def execute(key: str | None) -> dict[str, Any]:
            email = required_text(body, "email")
            if "@" not in email:
                raise invalid("email is invalid", "email_invalid", "email")
            token = self._saveable(merchant, required_text(body, "source"))
            customer = Customer(
                id=vendor_id(),
                merchant_id=merchant.id,
                created_ms=self._sim.clock.now_ms(),
                email=email,
                fields={name: body[name] for name in _FIELDS if name in body},
            )
            _save(customer, token)
            self._sim.state.customers[customer.id] = customer
            return customer_json(customer, merchant.currency)

        return await self._sim.keys.run(request, merchant.id, body, execute)

    def _saveable(self, merchant: Merchant, source: str) -> SourceToken:
        if not self._sim.switches.supports_multi_pay_token:
            raise invalid("Merchant does not support multi-pay tokens")
        token = self._sim.state.tokens.get(source)
        if token is None or token.merchant_id != merchant.id:
            raise invalid("Card on file is missing", "card_on_file_missing", "source")
        if token.used and not token.multi_pay:
            raise invalid("Token has already been used", "token_already_used", "source")
        return token

    def _find(self, request: web.Request) -> tuple[Merchant, Customer]:
        merchant = self._sim.access.merchant(request, ECOMMERCE)
        customer = self._sim.state.customers.get(request.match_info["id"])
        if customer is None or customer.merchant_id != merchant.id:
            raise not_found("customer")
        return merchant, customer

    async def get(self, request: web.Request) -> web.Response:
        """One customer."""
        merchant, customer = self._find(request)
        return web.json_response(customer_json(customer, merchant.currency))

    async def update(self, request: web.Request) -> web.Response:
        """Change fields; a ``source`` replaces the card on file."""
        merchant, customer = self._find(request)
        body = await json_object(request)
        source = text(body, "source")
        if source is not None:
            _save(customer, self._saveable(merchant, source))
        customer.email = text(body, "email") or customer.email
        customer.fields |= {name: body[name] for name in _FIELDS if name in body}
        return web.json_response(customer_json(customer, merchant.currency))

    async def delete(self, request: web.Request) -> web.Response:
        """Forget a customer and its card."""
        _, customer = self._find(request)
        del self._sim.state.customers[customer.id]
        return web.json_response({"id": customer.id, "object": "customer", "deleted": True})

    async def delete_source(self, request: web.Request) -> web.Response:
        """Remove the card on file; neither it nor its token can be charged any more."""
        _, customer = self._find(request)
        card_id = request.match_info["card"]
        if customer.card_id != card_id or customer.token is None:
            raise not_found("source")
        self._sim.state.tokens.pop(customer.token.id, None)
        customer.card_id = customer.token = None
        return web.json_response({"id": card_id, "object": "card", "deleted": True})


def _save(customer: Customer, token: SourceToken) -> None:
    token.multi_pay = True
    customer.token = token
    customer.card_id = vendor_id()
