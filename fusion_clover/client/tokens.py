"""The public key for card fields ("PAKMS"): "Ecommerce accepting payments", docs.clover.com.

Card data becomes a token between the shopper's browser and Clover; this side never sees it.
"""

from __future__ import annotations

from .gateway_calls import MerchantCalls
from .reading import Reader
from .types import PublicKey


class Tokens:
    """Data a page needs to let Clover collect a card."""

    def __init__(self, calls: MerchantCalls) -> None:
        self._calls = calls

    def public_key(self) -> PublicKey:
        """Return the merchant's public key. It does not expire; keep it."""
        reader = Reader(self._calls.ecommerce("GET", "/pakms/apikey"), "the public key")
        return PublicKey(
            api_access_key=reader.required_text("apiAccessKey"),
            active=reader.flag("active", default=True),
        )
