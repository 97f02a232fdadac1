"""Reading request bodies strictly: exact decimals, no unknown names, no types guessed."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from .errors import invalid

_MOST = Decimal("99999999.99")


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object whose numbers are exact.

    :raises WexError: it is not declared as JSON, or is no object.
    """
    if request.content_type != "application/json":
        raise invalid("Content-Type must be application/json")
    try:
        body = json.loads(await request.read(), parse_float=Decimal)
    except ValueError as error:
        raise invalid("The body is not valid JSON") from error
    if not isinstance(body, dict):
        raise invalid("The body is not an object")
    return body


def known(body: Mapping[str, Any], names: frozenset[str], where: str) -> None:
    """Refuse names that are not in ``names``.

    :raises WexError: naming the first of them.
    """
    strangers = sorted(set(body) - names)
    if strangers:
        raise invalid(f"{where}: unknown field {strangers[0]}")


def amount(body: Mapping[str, Any], name: str, *, negative: bool = False) -> int | None:
    """An optional JSON number with at most two places, in minor units.

    :raises WexError: text, a fraction of a cent, or out of range.
    """
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise invalid(f"{name} must be a number")
    return minor(Decimal(value), name, negative=negative)


def minor(value: Decimal, name: str, *, negative: bool = False) -> int:
    """``value`` in minor units.

    :raises WexError: a fraction of a cent, or out of range.
    """
    if not value.is_finite() or value != value.quantize(Decimal("0.01")):
        raise invalid(f"{name} must have at most two decimals")
    if abs(value) > _MOST or (value <= 0 and not negative):
        raise invalid(f"{name} is out of range")
    return int(value * 100)


def text(body: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    """A string; a required one is not blank.

    :raises WexError: another type, or missing.
    """
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{name} must be a string")
    if required and not (value or "").strip():
        raise invalid(f"{name} is required")
    return value


def day(body: Mapping[str, Any], name: str) -> str | None:
    """An optional date, ``YYYY-MM-DD``.

    :raises WexError: anything else.
    """
    value = text(body, name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value).isoformat() if len(value) == 10 else _no_date(name)
    except ValueError:
        return _no_date(name)


def moment(body: Mapping[str, Any], name: str) -> str:
    """A required ISO time with an offset.

    :raises WexError: anything else.
    """
    value = text(body, name, required=True) or ""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return _no_date(name)
    return value if "T" in value and parsed.tzinfo else _no_date(name)


def flag(body: Mapping[str, Any], name: str) -> bool:
    """An optional boolean, false when absent.

    :raises WexError: another type.
    """
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise invalid(f"{name} must be a boolean")
    return value


def _no_date(name: str) -> str:
    raise invalid(f"{name} is not a valid date")
