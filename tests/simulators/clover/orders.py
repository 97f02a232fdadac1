"""Ecommerce orders: create, pay, return (docs: orders of the Ecommerce API)."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..core.ids import vendor_id
from .access import ECOMMERCE
from .errors import invalid, not_found
from .fields import integer, json_object, required_text, text
from .render_ecommerce import charge_json, order_json
from .state import Merchant, Order

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_PASSED_ON = ("ecomind", "tip_amount", "stored_credentials", "external_reference_id")


class OrderRoutes:
    """``/v1/orders``. A return always gives back the whole order, whatever was asked."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.add_routes(
            [
                web.post("/v1/orders", self.create),
                web.get("/v1/orders/{id}", self.get),
                web.post("/v1/orders/{id}/pay", self.pay),
                web.post("/v1/orders/{id}/returns", self.return_order),
            ]
        )

    async def create(self, request: web.Request) -> web.Response:
        """Open an order over its items."""
        merchant = self._sim.access.merchant(request, ECOMMERCE)
        body = await json_object(request)

        def execute(key: str | None) -> dict[str, Any]:
            order = Order(
                id=vendor_id(),
                merchant_id=merchant.id,
                created_ms=self._sim.clock.now_ms(),
                currency=required_text(body, "currency").lower(),
                email=text(body, "email"),
                items=_items(body),
                amount=0,
            )
            order.amount = sum(item["amount"] * item.get("quantity", 1) for item in order.items)
            self._sim.state.orders[order.id] = order
            return order_json(order)

        return await self._sim.keys.run(request, merchant.id, body, execute)

    def _find(self, request: web.Request) -> tuple[Merchant, Order]:
        merchant = self._sim.access.merchant(request, ECOMMERCE)
        order = self._sim.state.orders.get(request.match_info["id"])
        if order is None or order.merchant_id != merchant.id:
            raise not_found("order")
        return merchant, order

    async def get(self, request: web.Request) -> web.Response:
        """One order."""
        return web.json_response(order_json(self._find(request)[1]))

    async def pay(self, request: web.Request) -> web.Response:
        """Charge the order, or part of it."""
        merchant, order = self._find(request)
        body = await json_object(request)

        def execute(key: str | None) -> dict[str, Any]:
            if order.status != "created":
                raise invalid("Order has already been paid", "order_already_paid")
            left = order.amount - order.amount_paid
            amount = integer(body, "amount", minimum=1, code="invalid_charge_amount") or left
            if amount > left:
                raise invalid("amount is invalid", "invalid_charge_amount", "amount")
            fields = {name: body[name] for name in _PASSED_ON if name in body}
            fields |= {"source": text(body, "source") or text(body, "customer")}
            fields |= {"amount": amount, "currency": order.currency}
            charge = self._sim.charging.create(merchant, fields, key)
            charge.order_id = order.id
            order.charge_ids.append(charge.id)
            order.amount_paid += amount
            if order.amount_paid == order.amount:
                order.status, order.paid_ms = "paid", charge.created_ms
            shape = self._sim.switches.additional_charges_shape
            paid = charge_json(charge, shape=shape, full=False)
            shared = {name: paid[name] for name in ("ref_num", "auth_code", "source", "ecomind")}
            return order_json(order) | shared

        return await self._sim.keys.run(request, merchant.id, body, execute)

    async def return_order(self, request: web.Request) -> web.Response:
        """Give the whole order back."""
        merchant, order = self._find(request)
        body = await json_object(request)

        def execute(key: str | None) -> dict[str, Any]:
            if order.status not in ("paid", "fulfilled"):
                raise invalid("Order cannot be returned")
            for charge_id in order.charge_ids:
                self._sim.refunding.create(merchant, {"charge": charge_id}, key)
            order.status, order.amount_returned = "returned", order.amount
            return order_json(order)

        return await self._sim.keys.run(request, merchant.id, body, execute)


def _items(body: dict[str, Any]) -> list[dict[str, Any]]:
    items = body.get("items")
    if not isinstance(items, list) or not items:
        raise invalid("items are required", "missing", "items")
    for item in items:
        if not isinstance(item, dict) or integer(item, "amount", minimum=1) is None:
            raise invalid("Invalid JSON format", param="items")
        integer(item, "quantity", minimum=1)
    return items
