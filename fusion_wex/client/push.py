"""Authorization pushes of WEX: POST ``<registered URL>/CreateDetailedAuthorization``.

WEX publishes no documentation of them; the names are those that two customers' programs read. How a
push is signed is not known, so it is only a hint: it says which card to read again, and lets a
repeated push be recognized. Amounts and answers in it are not trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from odoo.addons.fusion_payment_common.lib.errors import MalformedResponseError


@dataclass(frozen=True, slots=True)
class PushHint:
    """Which card to read again.

    :param event_key: the same for a repeated push of the same message.
    :param event_type: ``authorization`` with WEX's message type, e.g. ``authorization.0100``.
    :param card_id: the issuer's id of the payment, None where the push has none.
    :param references: user-defined fields, one of which may be our reference.
    """

    event_key: str
    event_type: str
    card_id: str | None
    references: tuple[str, ...]


def parse_push(document: Any) -> PushHint:
    """Read a push.

    :raises MalformedResponseError: it has no id to tell it from other pushes.
    """
    if not isinstance(document, Mapping):
        raise MalformedResponseError("the push is not a JSON object", code="unexpected_shape")
    identifier = _text(document.get("AuthorizationId"))
    if identifier is None:
        raise MalformedResponseError("the push has no AuthorizationId", code="unexpected_shape")
    kind = _text(document.get("TypeCode")) or "none"
    fields = document.get("UserDefinedFields")
    return PushHint(
        event_key=f"{identifier}:{kind}",
        event_type=f"authorization.{kind}",
        card_id=_text(document.get("UniqueId")),
        references=tuple(filter(None, map(_text, fields if isinstance(fields, list) else []))),
    )


def acknowledgement(*, accepted: bool) -> dict[str, Any]:
    """Return the answer that WEX expects: 0 accepted, 1 not."""
    return {
        "ResponseCode": 0 if accepted else 1,
        "ResponseDescription": "Accepted" if accepted else "Failed",
    }


def _text(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and value else None
