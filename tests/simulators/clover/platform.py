"""Platform v3: merchant, devices, payments and refunds (docs pages of the REST API reference)."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from .access import DEVICES, EMPLOYEES, MERCHANT, MERCHANT_ITSELF, PAYMENTS
from .errors import bare
from .payment_filters import filtered
from .render_platform import (
    EXPANDABLE,
    credit_json,
    payment_json,
    payment_result,
    refund_json,
    tender_json,
)
from .state import Credit, Merchant

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_MOST = 1000
_BASE = "/v3/merchants/{mid}"
_PAYMENT_FIELDS = {
    "id": lambda c: c.id,
    "externalPaymentId": lambda c: c.external_payment_id,
    "device.id": lambda c: c.device_id,
    "externalReferenceId": lambda c: c.external_reference_id,
    "amount": lambda c: c.amount,
    "cardType": lambda c: c.card.brand,
    "result": payment_result,
    "voided": lambda c: c.voided,
    "offline": lambda c: c.offline,
    "createdTime": lambda c: c.created_ms,
    "clientCreatedTime": lambda c: c.created_ms,
    "modifiedTime": lambda c: c.modified_ms,
}
_REFUND_FIELDS = {
    "id": lambda r: r.id,
    "payment.id": lambda r: r.charge_id,
    "amount": lambda r: r.amount,
    "createdTime": lambda r: r.created_ms,
}
_CREDIT_FIELDS = {
    "id": lambda c: c.id,
    "amount": lambda c: c.amount,
    "device.id": lambda c: c.device_id,
    "clientCreatedTime": lambda c: c.created_ms,
}


class PlatformRoutes:
    """Everything below ``/v3/merchants/{mId}``."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.add_routes(
            [
                web.get(_BASE, self.merchant),
                web.get(f"{_BASE}/properties", self.properties),
                web.get(f"{_BASE}/gateway", self.gateway),
                web.get(f"{_BASE}/ecomm_payment_configs", self.payment_configs),
                web.get(f"{_BASE}/tenders", self.tenders),
                web.get(f"{_BASE}/devices", self.devices),
                web.get(f"{_BASE}/employees", self.employees),
                web.get(f"{_BASE}/payments", self.payments),
                web.get(f"{_BASE}/payments/{{id}}", self.payment),
                web.get(f"{_BASE}/orders/{{id}}", self.order),
                web.get(f"{_BASE}/refunds", self.refunds),
                web.get(f"{_BASE}/refunds/{{id}}", self.refund),
                web.get(f"{_BASE}/credits", self.credits),
                web.get(f"{_BASE}/credits/{{id}}", self.credit),
            ]
        )

    async def merchant(self, request: web.Request) -> web.Response:
        """The merchant; its address is a link unless expanded."""
        merchant = self._sim.access.merchant(request, MERCHANT_ITSELF)
        expand = _expand(request)
        href = f"{request.url.origin()}/v3/merchants/{merchant.id}"
        body: dict[str, Any] = {
            "href": href,
            "id": merchant.id,
            "name": merchant.name,
            "owner": {"href": f"{href}/employees/{merchant.employee_id}"},
            "address": {"href": f"{href}/address"},
            "defaultCurrency": merchant.currency,
        }
        if "address" in expand:
            body["address"] = {"country": merchant.country, "href": f"{href}/address"}
        if "tenders" in expand:
            body["tenders"] = {"elements": [tender_json(merchant)]}
        return web.json_response(body)

    async def properties(self, request: web.Request) -> web.Response:
        """Currency and locale."""
        merchant = self._sim.access.merchant(request, MERCHANT)
        return web.json_response(
            {
                "merchantRef": {"id": merchant.id},
                "defaultCurrency": merchant.currency,
                "locale": merchant.locale,
                "timezone": self._sim.switches.merchant_timezone,
                "tipsEnabled": False,
                "tipRateDefault": 0,
                "vat": False,
            }
        )

    async def gateway(self, request: web.Request) -> web.Response:
        """What the merchant's processor can do."""
        merchant = self._sim.access.merchant(request, MERCHANT)
        switches = self._sim.switches
        return web.json_response(
            {
                "accountName": merchant.name,
                "paymentGatewayApi": switches.payment_gateway_api,
                "closingTime": switches.batch_closing_time,
                "supportsMultiPayToken": switches.supports_multi_pay_token,
                "supportsNakedCredit": switches.supports_naked_credit,
                "supportsTipping": True,
                "supportsTipAdjust": merchant.country == "US",
            }
        )

    async def payment_configs(self, request: web.Request) -> web.Response:
        """Whether the gateway adds a surcharge, and how much."""
        self._sim.access.merchant(request, MERCHANT)
        surcharging: dict[str, Any] = {"supported": self._sim.switches.surcharge}
        if self._sim.switches.surcharge:
            surcharging["rate"] = self._sim.switches.surcharge_rate
        return web.json_response({"surcharging": surcharging})

    async def tenders(self, request: web.Request) -> web.Response:
        """The merchant's tenders."""
        merchant = self._sim.access.merchant(request, MERCHANT)
        return _elements(request, [tender_json(merchant)])

    async def devices(self, request: web.Request) -> web.Response:
        """The merchant's devices; ``name`` is null, as it usually is."""
        merchant = self._sim.access.merchant(request, DEVICES)
        return _elements(
            request, [device.as_json(merchant.id) for device in self._sim.devices_of(merchant)]
        )

    async def employees(self, request: web.Request) -> web.Response:
        """Who works there, with their PINs."""
        merchant = self._sim.access.merchant(request, EMPLOYEES)
        employee = {
            "id": merchant.employee_id,
            "name": merchant.employee_name,
            "nickname": merchant.employee_name.partition(" ")[0],
            "pin": "4711",
            "role": "EMPLOYEE",
        }
        return _elements(request, [employee])

    async def payments(self, request: web.Request) -> web.Response:
        """Payments, newest first, through all ``filter``s."""
        merchant = self._sim.access.merchant(request, PAYMENTS)
        expand = _expand(request, EXPANDABLE)
        filters = request.query.getall("filter", [])
        found = filtered(self._sim.state.charges_of(merchant), filters, _PAYMENT_FIELDS)
        return _elements(
            request, [payment_json(c, merchant, expand) for c in _window(request, found)]
        )

    async def payment(self, request: web.Request) -> web.Response:
        """One payment."""
        merchant = self._sim.access.merchant(request, PAYMENTS)
        charge = self._sim.charging.find(merchant, request.match_info["id"])
        if charge is None:
            raise bare(404, "Not Found")
        return web.json_response(payment_json(charge, merchant, _expand(request, EXPANDABLE)))

    async def order(self, request: web.Request) -> web.Response:
        """One order; its payments are a link unless expanded."""
        merchant = self._sim.access.merchant(request, PAYMENTS)
        order_id = request.match_info["id"]
        charges = [c for c in self._sim.state.charges_of(merchant) if c.order_id == order_id]
        if not charges:
            raise bare(404, "Not Found")
        payments: dict[str, Any] = {"href": f"{request.url}/payments"}
        if "payments" in _expand(request):
            payments["elements"] = [payment_json(c, merchant, frozenset()) for c in charges]
        return web.json_response(
            {
                "id": order_id,
                "currency": merchant.currency,
                "total": sum(charge.amount for charge in charges if charge.paid),
                "payments": payments,
            }
        )

    def _platform_refunds(self, merchant: Merchant) -> list[Any]:
        """Voids are not among the platform's refunds."""
        return [refund for refund in self._sim.state.refunds_of(merchant) if not refund.voided]

    async def refunds(self, request: web.Request) -> web.Response:
        """Refunds, newest first, through all ``filter``s."""
        merchant = self._sim.access.merchant(request, PAYMENTS)
        expand = _expand(request)
        found = filtered(
            self._platform_refunds(merchant), request.query.getall("filter", []), _REFUND_FIELDS
        )
        charges = self._sim.state.charges
        return _elements(
            request,
            [refund_json(r, charges[r.charge_id], expand) for r in _window(request, found)],
        )

    async def refund(self, request: web.Request) -> web.Response:
        """One refund."""
        merchant = self._sim.access.merchant(request, PAYMENTS)
        for refund in self._platform_refunds(merchant):
            if refund.id == request.match_info["id"]:
                charge = self._sim.state.charges[refund.charge_id]
                return web.json_response(refund_json(refund, charge, _expand(request)))
        raise bare(404, "Not Found")

    def _credits(self, request: web.Request) -> list[Credit]:
        merchant = self._sim.access.merchant(request, PAYMENTS)
        if not self._sim.switches.lists_credits:
            raise bare(404, "Not Found")
        return self._sim.state.credits_of(merchant)

    async def credits(self, request: web.Request) -> web.Response:
        """Money given on devices without a payment, newest first, through all ``filter``s."""
        filters = request.query.getall("filter", [])
        found = filtered(self._credits(request), filters, _CREDIT_FIELDS)
        return _elements(request, [credit_json(c) for c in _window(request, found)])

    async def credit(self, request: web.Request) -> web.Response:
        """One credit."""
        for credit in self._credits(request):
            if credit.id == request.match_info["id"]:
                return web.json_response(credit_json(credit))
        raise bare(404, "Not Found")


def _expand(request: web.Request, known: frozenset[str] = frozenset()) -> frozenset[str]:
    """The names in ``expand``; when ``known`` is given, others are refused."""
    names = frozenset(
        name for text in request.query.getall("expand", []) for name in text.split(",") if name
    )
    if known and names - known:
        raise bare(400, f"Invalid expand: {','.join(sorted(names - known))}")
    return names


def _window(request: web.Request, items: list[Any]) -> list[Any]:
    """``limit`` (default 100, at most 1000) and ``offset``."""
    limit, offset = request.query.get("limit", "100"), request.query.get("offset", "0")
    if not limit.isdigit() or not offset.isdigit() or int(limit) > _MOST:
        raise bare(400, "Invalid limit or offset")
    return items[int(offset) : int(offset) + int(limit)]


def _elements(request: web.Request, elements: list[Any]) -> web.Response:
    return web.json_response({"elements": elements, "href": str(request.url)})
