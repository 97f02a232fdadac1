"""Reading request bodies as strictly as Clover does."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from .errors import bare, invalid

_MAX_REFERENCE = 12


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body is an empty object.

    :raises CloverError: 415 when it is not declared as JSON, 400 when it is not a JSON object.
    """
    raw = await request.read()
    if not raw:
        return {}
    if request.content_type != "application/json":
        raise bare(415)
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise invalid("Invalid JSON format") from error
    if not isinstance(body, dict):
        raise invalid("Invalid JSON format")
    return body


def integer(
    body: Mapping[str, Any], name: str, *, minimum: int = 0, code: str = "invalid_request"
) -> int | None:
    """An optional whole number; a string or a fraction is bad JSON to Clover.

    :raises CloverError: another type, or below ``minimum``.
    """
    value = body.get(name)
    if value is None:
        return None
    if type(value) is not int:
        raise invalid("Invalid JSON format", param=name)
    if value < minimum:
        raise invalid(f"{name} is invalid", code, name)
    return value


def text(body: Mapping[str, Any], name: str, *, longest: int = 0) -> str | None:
    """An optional string.

    :raises CloverError: another type, or longer than ``longest`` (0: any length).
    """
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise invalid("Invalid JSON format", param=name)
    if longest and len(value) > longest:
        raise invalid(f"{name} must be at most {longest} characters", param=name)
    return value


def required_text(body: Mapping[str, Any], name: str) -> str:
    """A string that must be there.

    :raises CloverError: it is missing or empty.
    """
    value = text(body, name)
    if not value:
        raise invalid(f"{name} is required", "missing", name)
    return value


def boolean(body: Mapping[str, Any], name: str, default: bool) -> bool:
    """An optional boolean.

    :raises CloverError: another type.
    """
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise invalid("Invalid JSON format", param=name)
    return value


def choice(body: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str | None:
    """An optional word out of ``allowed``.

    :raises CloverError: another word.
    """
    value = text(body, name)
    if value is not None and value not in allowed:
        raise invalid(f"{name} must be one of {', '.join(allowed)}", param=name)
    return value


def external_reference(body: Mapping[str, Any]) -> str | None:
    """``external_reference_id``: at most 12 letters and digits, blanks only inside.

    :raises CloverError: longer or with other characters.
    """
    value = text(body, "external_reference_id", longest=_MAX_REFERENCE)
    if value is None:
        return None
    if value != value.strip() or not value.replace(" ", "").isalnum():
        raise invalid("external_reference_id must be alphanumeric", param="external_reference_id")
    return value
