"""The token service and PAKMS (docs page "create-a-card-token")."""

import secrets
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .access import ECOMMERCE
from .cards import BRANDS, Card, luhn_valid, make_card
from .errors import invalid
from .fields import json_object
from .state import SourceToken

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_ADDRESS = ("address_line1", "address_line2", "address_city", "address_state", "address_country")


class TokenRoutes:
    """``POST /v1/tokens`` and ``GET /pakms/apikey``."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/pakms/apikey", self.api_key)
        app.router.add_post("/v1/tokens", self.create)

    async def api_key(self, request: web.Request) -> web.Response:
        """The public key to tokenise with."""
        merchant = self._sim.access.merchant(request, ECOMMERCE)
        return web.json_response(
            {
                "active": True,
                "apiAccessKey": self._sim.access.public_key(merchant),
                "merchantUuid": merchant.id,
            }
        )

    async def create(self, request: web.Request) -> web.Response:
        """Turn card data into a token; single-use unless ``multipay`` is asked for."""
        merchant = self._sim.access.merchant_of_public_key(request)
        body = await json_object(request)
        fields = body.get("card")
        if not isinstance(fields, dict):
            raise invalid("Please provide valid card details", "invalid_details", "card")
        card = _card(fields)
        token = SourceToken(
            id=f"clv_1{secrets.token_urlsafe(18).replace('-', 'A').replace('_', 'B')}",
            merchant_id=merchant.id,
            card=card,
            created_ms=self._sim.clock.now_ms(),
            multi_pay=body.get("multipay") is True and self._sim.switches.supports_multi_pay_token,
        )
        self._sim.state.tokens[token.id] = token
        return web.json_response({"id": token.id, "object": "token", "card": _shown(card, fields)})


def _card(fields: dict[str, Any]) -> Card:
    number = _digits(fields.get("number"))
    if not 12 <= len(number) <= 19 or not luhn_valid(number):
        raise invalid("Please provide valid card number", "invalid_number", "number")
    month = _digits(fields.get("exp_month"))
    if not month or not 1 <= int(month) <= 12:
        raise invalid("Please provide valid expiry month", "invalid_expiry_month", "exp_month")
    year = _digits(fields.get("exp_year"))
    if len(year) not in (2, 4):
        raise invalid("Please provide valid expiry year", "invalid_expiry_year", "exp_year")
    brand = fields.get("brand")
    if brand is not None and brand not in BRANDS:
        raise invalid("Please provide valid card brand", "invalid_card_type", "brand")
    card = make_card(
        number,
        int(month),
        int(year) + (2000 if len(year) == 2 else 0),
        address_zip=fields.get("address_zip"),
        name=fields.get("name"),
    )
    if len(_digits(fields.get("cvv"))) != (4 if card.brand == "AMEX" else 3):
        raise invalid("Please provide valid cvv value", "invalid_cvc", "cvv")
    return card


def _digits(value: Any) -> str:
    """The value as plain digits, or nothing when it is anything else."""
    text = str(value or "").replace(" ", "")
    return text if text.isascii() and text.isdigit() else ""


def _shown(card: Card, fields: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "exp_month": f"{card.exp_month:02d}",
        "exp_year": str(card.exp_year),
        "first6": card.first6,
        "last4": card.last4,
        "brand": card.brand,
        "address_zip": card.address_zip,
        "name": card.name,
    }
    shown |= {name: fields.get(name) for name in _ADDRESS}
    return {name: value for name, value in shown.items() if value is not None}
