"""The Clover simulator: its parts put together."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from ..core.journal import CONTROL_PREFIX
from ..core.simulator import Simulator
from .access import Access
from .charging import Charging
from .connect import ConnectRoutes
from .connect_device import ConnectDeviceRoutes
from .customers import CustomerRoutes
from .dashboard import DashboardRoutes
from .device_control import DeviceControlRoutes
from .devices import Device, devices_of
from .ecommerce import EcommerceRoutes
from .errors import CloverError, bare
from .grants import Grants
from .hosted_fields import HostedFieldRoutes
from .idempotency import IdempotencyKeys
from .notices import NoticeRoutes, Notices
from .oauth import OAuthRoutes
from .orders import OrderRoutes
from .platform import PlatformRoutes
from .rates import RateLimiter
from .refunding import Refunding
from .state import Merchant, State
from .switches import STRANGER, CloverSwitches
from .terminal_payments import TerminalPayments
from .terminal_runs import TerminalRuns
from .token_service import TokenRoutes


class CloverSimulator(Simulator):
    """One origin for all of Clover's hosts."""

    name = "clover"
    Switches = CloverSwitches
    STRANGER = STRANGER

    def __init__(self, seed: int = 0) -> None:
        self.notices = Notices(self)
        super().__init__(seed)
        self.access = Access(self)
        self.charging = Charging(self)
        self.refunding = Refunding(self)
        self.terminal_payments = TerminalPayments(self)
        self.rates = RateLimiter(self.clock, lambda: self.switches)

    def clear_state(self, *, keep: frozenset[str] = frozenset()) -> None:
        """Forget merchants' data and, unless ``oauth`` is kept, all grants."""
        if hasattr(self, "terminal_runs"):
            self.terminal_runs.forget()
        self.state = State(devices_of(self.switches.devices))
        self.notices.clear()
        self.terminal_runs = TerminalRuns(self)
        self.keys = IdempotencyKeys(self.clock, lambda: self.switches)
        if "oauth" not in keep:
            self.grants = Grants(self.clock)
        self.merchant(self.switches.merchant_id)

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Set switches; other ``devices`` take the place of those that are there."""
        super().configure(changes)
        if "devices" in changes:
            self.state.devices = devices_of(self.switches.devices)

    def merchant(self, merchant_id: str) -> Merchant:
        """The merchant with this id; it comes into being when first spoken of."""
        merchant = self.state.merchants.get(merchant_id)
        if merchant is None:
            merchant = Merchant(merchant_id, "", "", "", "")
            self.state.merchants[merchant_id] = merchant
        switches = self.switches
        merchant.name, merchant.country = switches.merchant_name, switches.merchant_country
        merchant.currency, merchant.locale = switches.merchant_currency, switches.merchant_locale
        return merchant

    def devices_of(self, merchant: Merchant) -> list[Device]:
        """The devices that stand at this merchant's."""
        main = self.switches.merchant_id
        return [one for one in self.state.devices if (one.merchant_id or main) == merchant.id]

    def add_routes(self, app: web.Application) -> None:
        """All of Clover, and the control route that closes the batch."""
        for routes in (
            OAuthRoutes,
            TokenRoutes,
            EcommerceRoutes,
            CustomerRoutes,
            OrderRoutes,
            PlatformRoutes,
            HostedFieldRoutes,
            NoticeRoutes,
            DashboardRoutes,
            ConnectRoutes,
            ConnectDeviceRoutes,
            DeviceControlRoutes,
        ):
            routes(self).add_routes(app)
        app.router.add_post("/_sim/batch/close", self.close_batch)

    async def close_batch(self, request: web.Request) -> web.Response:
        """Control: settle everything so far; a later full refund is a refund, not a void."""
        self.state.batch_closed_ms = self.clock.now_ms()
        return web.json_response({"closed_at": self.clock.iso()})

    def middlewares(self) -> list[Any]:
        """Errors in Clover's wording, then rate limits."""

        @web.middleware
        async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(CONTROL_PREFIX):
                return await handler(request)
            try:
                return await handler(request)
            except CloverError as error:
                return error.answer(self.switches.merchant_locale)
            except web.HTTPException as error:
                return bare(error.status).answer()

        return [errors, self.rates.middleware()]

    def error_answer(self, status: int) -> web.Response:
        """An error of the platform itself, as the fault dial makes it."""
        headers = {"X_RateLimit_tokenLimit": "16", "Retry_After": "1"} if status == 429 else {}
        return bare(status, **headers).answer()
