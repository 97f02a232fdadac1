"""States that a dispatcher issues when a merchant launches the app from Clover's side.

The tenant's database did not request such a state, so its nonce has to prove which merchant it is
for: sixteen random digits and the beginning of an HMAC over them and the merchant.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from odoo.addons.fusion_payment_common.lib.signing import constant_time_equal

_HALF = 16


def launch_nonce(key: str, merchant_id: str) -> str:
    """Return a nonce for a state that connects this merchant and no other.

    :param key: the tenant's signing key.
    """
    random = secrets.token_hex(_HALF // 2)
    return random + _proof(key, random, merchant_id)


def is_launch_nonce(key: str, nonce: str, merchant_id: str) -> bool:
    """Return whether :func:`launch_nonce` made it with this key for this merchant."""
    random, proof = nonce[:_HALF], nonce[_HALF:]
    return constant_time_equal(proof, _proof(key, random, merchant_id))


def _proof(key: str, random: str, merchant_id: str) -> str:
    if not key.strip():
        raise ValueError("the key for launching is empty")
    message = f"clover.launch|{random}|{merchant_id}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:_HALF]
