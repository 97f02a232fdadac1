"""The WEX simulator: its parts put together."""

from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from ..core.journal import CONTROL_PREFIX
from ..core.simulator import Simulator
from .activity import ActivityRoutes
from .creating import Creating
from .errors import WexError
from .logs import LogRoutes
from .pushing import PushRoutes
from .state import CLOSED, OPEN, MerchantLog, State
from .switches import STRANGER, WexSwitches

_EXPIRED = "expired"


class WexSimulator(Simulator):
    """EnCompass's merchant logs at ``/api/merchant-logs/v1``."""

    name = "wex"
    Switches = WexSwitches
    STRANGER = STRANGER

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.creating = Creating(self)

    def clear_state(self, *, keep: frozenset[str] = frozenset()) -> None:
        """Forget all payments."""
        self.state = State()

    def add_routes(self, app: web.Application) -> None:
        """The vendor's routes and the control of cards."""
        LogRoutes(self).add_routes(app)
        ActivityRoutes(self).add_routes(app)
        PushRoutes(self).add_routes(app)

    def middlewares(self) -> list[Any]:
        """Errors in EnCompass's wording."""

        @web.middleware
        async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(CONTROL_PREFIX):
                return await handler(request)
            try:
                return await handler(request)
            except WexError as error:
                shape = self.switches.error_shape
                return error.answer("detailed" if shape == "ok" else shape)
            except web.HTTPException as error:
                return self.error_answer(error.status)

        return [errors]

    def error_answer(self, status: int) -> web.Response:
        """An error of the platform itself, as the fault dial makes it (ASP.NET style)."""
        return web.json_response({"Message": f"An error has occurred ({status})."}, status=status)

    def today(self) -> str:
        """The simulated day, ISO, UTC."""
        return self.clock.iso()[:10]

    def status(self, log: MerchantLog) -> str:
        """The word for where the payment stands; the validity ends by the clock."""
        if log.status == OPEN and log.max_auth_date and log.max_auth_date < self.today():
            self.expire(log)
        return log.status

    def expire(self, log: MerchantLog) -> None:
        """End the validity; what is left of the limit is free again."""
        if log.status == OPEN:
            log.status = _EXPIRED
            self.record("card_expire", log, 0, released=log.available)

    def close(self, log: MerchantLog) -> None:
        """Cancel; authorisations that are held may still be posted."""
        if log.status != CLOSED:
            log.status = CLOSED
            self.record("card_cancel", log, 0, released=log.available)

    def record(
        self,
        kind: str,
        log: MerchantLog,
        amount: int,
        *,
        idempotency_key: str | None = None,
        **detail: Any,
    ) -> None:
        """One effect. Of ``card_issue`` the amount is the limit, else what moved."""
        self.ledger.record(
            id=log.id,
            kind=kind,
            amount=amount,
            currency=log.currency,
            idempotency_key=idempotency_key,
            reference=log.reference(self.switches.reference_slot),
            source_id=log.merchant_code,
            user_defined_fields=list(log.udf),
            last4=log.number[-4:] if log.number else None,
            **detail,
        )
