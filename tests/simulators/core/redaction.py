"""Redaction of what the journal keeps.

Card data is masked for good. Secrets of high entropy (tokens) become a short fingerprint, so that
a test can still tell whether two calls carried the same one.
"""

import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qsl

MASK = "***"
_CARD_KEYS = {"cvv", "cvc", "cvv2", "securitycode", "pin", "encryptedpan", "track1", "track2"}
_SECRET_KEYS = {
    "authorization",
    "proxyauthorization",
    "cookie",
    "setcookie",
    "apikey",
    "accesstoken",
    "refreshtoken",
    "recoverytoken",
    "authtoken",
    "clientsecret",
    "secret",
    "password",
    "code",
    "codeverifier",
    "xcloverauth",
    "xproxyauthtoken",
    "xstudioproxyauthtoken",
    "bankaccountnumber",
}
_DIGIT_RUN = r"(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)"
#: Idempotency keys, with and without dashes: their digits can look like a card number.
_UUID = (
    r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
    r"|\b(?=\d*[a-fA-F])[0-9a-fA-F]{32}\b"
)
_UUID_OR_DIGITS = re.compile(rf"(?P<uuid>{_UUID})|{_DIGIT_RUN}")
_MAX_BODY = 64 * 1024


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _mask_run(match: re.Match[str]) -> str:
    if match["uuid"]:
        return match.group()
    digits = re.sub(r"\D", "", match.group())
    return f"{MASK}{digits[-4:]}" if _luhn(digits) else match.group()


def mask_cards(text: str) -> str:
    """``text`` with every card number in it reduced to its last four digits."""
    return _UUID_OR_DIGITS.sub(_mask_run, text)


def fingerprint(secret: str) -> str:
    """A stand-in for a secret: the same secret always gives the same text."""
    return f"[redacted {hashlib.sha256(secret.encode()).hexdigest()[:10]}]"


def redact(value: Any, key: str = "") -> Any:
    """A copy of ``value`` without card data and secrets; ``key`` is the name it was found under."""
    name = re.sub(r"[^a-z0-9]", "", key.lower())
    if isinstance(value, dict):
        return {k: redact(v, str(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [redact(item, key) for item in value]
    if name in _CARD_KEYS:
        return MASK
    if name == "number" and isinstance(value, (str, int)):
        return f"{MASK}{str(value)[-4:]}"
    if name in _SECRET_KEYS and isinstance(value, (str, int)):
        return fingerprint(str(value))
    return mask_cards(value) if isinstance(value, str) else value


def redact_body(raw: bytes, content_type: str) -> Any:
    """A body as the journal keeps it: parsed and redacted JSON or form, otherwise masked text."""
    if not raw:
        return None
    text = raw[:_MAX_BODY].decode("utf-8", "replace")
    if "x-www-form-urlencoded" in content_type:
        return redact(dict(parse_qsl(text, keep_blank_values=True)))
    try:
        return redact(json.loads(text))
    except ValueError:
        return mask_cards(text)
