"""Identifiers. They are never seeded: two runs against one database must not collide."""

import secrets
import string

_VENDOR_ALPHABET = string.digits + string.ascii_uppercase


def vendor_id() -> str:
    """A 13-character upper-case alphanumeric id, as Clover gives to its objects."""
    return "".join(secrets.choice(_VENDOR_ALPHABET) for _ in range(13))


def digits(length: int) -> str:
    """``length`` random decimal digits, the first one not zero."""
    first = secrets.choice("123456789")
    return first + "".join(secrets.choice(string.digits) for _ in range(length - 1))
