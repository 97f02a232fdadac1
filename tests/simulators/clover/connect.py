"""REST Pay Display over HTTP: money on devices (docs tree "rest-pay-overview")."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import connect_errors as errors
from .access import PAYMENTS
from .devices import Device, Script
from .fields import json_object
from .state import Charge, Merchant
from .terminal_payments import VOID_WINDOW_MS, amount_of
from .terminal_runs import Wanted

if TYPE_CHECKING:
    from .simulator import CloverSimulator

BASE = "/connect/v1"


class Connection:
    """Who calls, and which device is meant."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def open(self, request: web.Request) -> tuple[Merchant, Device]:
        """The merchant and the device named in the headers.

        :raises CloverError: 400 on a header, 401 on the token or an app without RAID.
        """
        sim = self._sim
        value = request.headers.get("Authorization", "").partition(" ")[2].strip()
        if sim.grants.bearer(value) is None:
            # The merchant's own tokens do not do here.
            raise errors.ConnectError(401, "401 Unauthorized")
        merchant = sim.access.merchant(request, PAYMENTS)
        if not sim.switches.raid_configured:
            raise errors.ConnectError(
                401,
                "Authentication successful, but no Remote Application ID has been configured for "
                "Application",
            )
        for name in ("X-POS-Id", "User-Agent", "X-Clover-Device-Id"):
            if not request.headers.get(name):
                raise errors.bad_request(f"Request missing required header: {name}")
        serial = request.headers["X-Clover-Device-Id"]
        for device in sim.devices_of(merchant):
            if device.serial == serial:
                return merchant, device
        raise errors.bad_request(
            f"An invalid device serial number [{serial}] or token was provided."
        )


class ConnectRoutes:
    """Payments, refunds and credits."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator
        self._connection = Connection(simulator)

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.add_routes(
            [
                web.post(f"{BASE}/payments", self.pay),
                web.get(f"{BASE}/payments/external/{{id}}", self.external_payment),
                web.get(f"{BASE}/payments/{{id}}", self.payment),
                web.post(f"{BASE}/payments/{{id}}/refunds", self.refund),
                web.post(f"{BASE}/payments/{{id}}/void", self.void),
                web.post(f"{BASE}/payments/{{id}}/receipt", self.receipt),
                web.post(f"{BASE}/credits", self.credit),
                web.post(f"{BASE}/credits/{{id}}/receipt", self.receipt),
            ]
        )

    async def pay(self, request: web.Request) -> web.Response:
        """Show a payment on the device and wait for the customer."""
        merchant, device = self._connection.open(request)
        body = await json_object(request)
        payments = self._sim.terminal_payments
        payments.check_payment(merchant, body)
        key = request.headers.get("Idempotency-Key")

        def carry_out(script: Script) -> dict[str, Any]:
            return payments.pay(merchant, device, body, key, script)

        wanted = Wanted("PAY", body["amount"], body.get("externalPaymentId"), carry_out)
        return await self._run(request, merchant, device, body, wanted)

    async def refund(self, request: web.Request) -> web.Response:
        """Give back a payment in whole or in part; the card's network may want the card."""
        merchant, device = self._connection.open(request)
        body = await json_object(request)
        charge = self._charge(request, merchant)
        whole = body.get("fullRefund") is True
        left = charge.refundable - charge.refunded
        amount = left if whole else amount_of(body, "REFUND")
        key = request.headers.get("Idempotency-Key")

        def carry_out(script: Script) -> dict[str, Any]:
            if script.action == "decline":
                raise errors.bad_request("The refund was declined", "REFUND")
            return self._sim.terminal_payments.give_back(charge, amount, key)

        wanted = Wanted("REFUND", amount, charge.id, carry_out)
        return await self._run(request, merchant, device, body, wanted)

    async def void(self, request: web.Request) -> web.Response:
        """Take a payment back; after the window it is a refund."""
        merchant, device = self._connection.open(request)
        await self._sim.terminal_runs.reach(device)
        charge = self._charge(request, merchant)
        if self._sim.clock.now_ms() - charge.created_ms > VOID_WINDOW_MS:
            self._sim.state.batch_closed_ms = charge.created_ms
        answer = self._sim.terminal_payments.give_back(
            charge, charge.refundable - charge.refunded, request.headers.get("Idempotency-Key")
        )
        shown = {"id": answer["id"], "payment": self._sim.terminal_payments.payment_json(charge)}
        return web.json_response(shown)

    async def credit(self, request: web.Request) -> web.Response:
        """Give money to the card that the customer presents."""
        merchant, device = self._connection.open(request)
        body = await json_object(request)
        amount = amount_of(body, "CREDIT")
        if not self._sim.switches.supports_naked_credit:
            raise errors.ConnectError(501, "Credits are not supported by the gateway")
        key = request.headers.get("Idempotency-Key")

        def carry_out(script: Script) -> dict[str, Any]:
            return self._sim.terminal_payments.credit(merchant, device, amount, key, script)

        wanted = Wanted("CREDIT", amount, None, carry_out)
        return await self._run(request, merchant, device, body, wanted)

    async def payment(self, request: web.Request) -> web.Response:
        """One payment."""
        merchant, _device = self._connection.open(request)
        charge = self._charge(request, merchant)
        return web.json_response({"payment": self._sim.terminal_payments.payment_json(charge)})

    async def external_payment(self, request: web.Request) -> web.Response:
        """The payment under an external id; what failed does not hide what went through."""
        merchant, _device = self._connection.open(request)
        wanted = request.match_info["id"]
        found = [
            charge
            for charge in self._sim.state.charges_of(merchant)
            if charge.external_payment_id == wanted
        ]
        if not found:
            raise errors.ConnectError(404, "Payment not found")
        charge = next((charge for charge in found if charge.paid), found[0])
        return web.json_response({"payment": self._sim.terminal_payments.payment_json(charge)})

    async def receipt(self, request: web.Request) -> web.Response:
        """Print or send a receipt."""
        _merchant, device = self._connection.open(request)
        body = await json_object(request)
        option = body.get("deliveryOption")
        if not isinstance(option, dict) or option.get("method") not in ("PRINT", "EMAIL", "SMS"):
            raise errors.bad_request("deliveryOption is invalid", "PRINT_RECEIPT")
        if option["method"] != "PRINT" and not option.get("additionalData"):
            raise errors.bad_request("additionalData is missing", "PRINT_RECEIPT")
        await self._sim.terminal_runs.reach(device)
        device.printed.append({"of": request.match_info["id"], **option})
        return web.json_response({})

    async def _run(
        self,
        request: web.Request,
        merchant: Merchant,
        device: Device,
        body: dict[str, Any],
        wanted: Wanted,
    ) -> web.Response:
        runs = self._sim.terminal_runs
        return web.json_response(await runs.run(request, merchant.id, device, body, wanted))

    def _charge(self, request: web.Request, merchant: Merchant) -> Charge:
        charge = self._sim.charging.find(merchant, request.match_info["id"])
        if charge is None:
            raise errors.ConnectError(404, "Payment not found")
        return charge
