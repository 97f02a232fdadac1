"""Who is calling: bearer tokens, keys, and the areas they open."""

import hashlib
from typing import TYPE_CHECKING

from aiohttp import web

from .errors import unauthorized
from .state import Merchant

if TYPE_CHECKING:
    from .simulator import CloverSimulator

ECOMMERCE, PAYMENTS, MERCHANT, DEVICES = "ecommerce", "payments", "merchant", "devices"
EMPLOYEES = "employees"
#: Of the merchant, its own record without what belongs to it: the Ecommerce key opens that, too.
MERCHANT_ITSELF = "merchant itself"


class Access:
    """Resolves the merchant a call acts for."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def merchant(self, request: web.Request, area: str) -> Merchant:
        """The merchant of the bearer token.

        An OAuth token opens every area, the merchant's API token the platform, the Ecommerce
        private key the Ecommerce API and ``MERCHANT_ITSELF``; on ``/v3/merchants/{mId}`` the ids
        must agree.

        :raises CloverError: 401, also for a permission that is missing.
        """
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        permission = MERCHANT if area == MERCHANT_ITSELF else area
        if scheme.lower() != "bearer" or permission in self._sim.switches.denied_areas:
            raise unauthorized()
        merchant = self._sim.merchant(self._merchant_id(value.strip(), area))
        if request.match_info.get("mid", merchant.id) != merchant.id:
            raise unauthorized()
        return merchant

    def _merchant_id(self, token: str, area: str) -> str:
        switches = self._sim.switches
        access = self._sim.grants.bearer(token)
        if access is not None:
            return access.merchant_id
        keys = {
            ECOMMERCE: (switches.ecommerce_private_key,),
            MERCHANT_ITSELF: (switches.merchant_api_token, switches.ecommerce_private_key),
        }
        if not token or token not in keys.get(area, (switches.merchant_api_token,)):
            raise unauthorized()
        return switches.merchant_id

    def public_key(self, merchant: Merchant) -> str:
        """The merchant's ``apiAccessKey``: public and the same for ever."""
        return hashlib.sha256(f"pakms {merchant.id}".encode()).hexdigest()[:32]

    def merchant_of_public_key(self, request: web.Request) -> Merchant:
        """The merchant whose public key is in the ``apikey`` header.

        :raises CloverError: 401, no or an unknown key.
        """
        key = request.headers.get("apikey", "")
        for merchant in self._sim.state.merchants.values():
            if key and key == self.public_key(merchant):
                return merchant
        raise unauthorized()
