"""Read Clover's app webhooks; docs.clover.com "webhooks".

``{"appId": ..., "merchants": {"<mid>": [{"objectId": "P:<id>", "type": "CREATE", "ts": <ms>}]}}``;
the object's id has also been seen as ``P:<mid>/<id>``. Everything else in a body is ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

_MERCHANT = re.compile(r"[0-9A-Za-z]{1,32}")
_CODE = re.compile(r"[0-9A-Za-z\-]{8,64}")
_KIND = re.compile(r"[A-Z]{1,3}")
_ACTION = re.compile(r"[A-Z]{1,16}")
_OBJECT = re.compile(r"[0-9A-Za-z\-]{1,64}")
#: Largest time accepted, in milliseconds: the year 2286.
_MAX_MILLISECONDS = 10**13


class Kind(StrEnum):
    """Meanings of a notice. There is none for refunds: they arrive as updates of the payment."""

    PAYMENT_CREATED = "payment_created"
    PAYMENT_UPDATED = "payment_updated"
    ORDER_CHANGED = "order_changed"
    APP_INSTALLED = "app_installed"
    APP_UPDATED = "app_updated"
    APP_UNINSTALLED = "app_uninstalled"
    MERCHANT_CHANGED = "merchant_changed"
    CUSTOMER_CHANGED = "customer_changed"


#: Letters and actions of docs.clover.com "webhooks"; ``*`` is any other action.
_KINDS = {
    ("P", "CREATE"): Kind.PAYMENT_CREATED,
    ("P", "*"): Kind.PAYMENT_UPDATED,
    ("O", "*"): Kind.ORDER_CHANGED,
    ("A", "CREATE"): Kind.APP_INSTALLED,
    ("A", "DELETE"): Kind.APP_UNINSTALLED,
    ("A", "*"): Kind.APP_UPDATED,
    ("M", "*"): Kind.MERCHANT_CHANGED,
    ("C", "*"): Kind.CUSTOMER_CHANGED,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A change of a merchant's object; the details must be read from Clover.

    :param kind: letters of docs.clover.com "webhooks": ``P`` payment, ``O`` order, ``A`` app, ...
    :param action: ``CREATE``, ``UPDATE`` or ``DELETE``.
    :param milliseconds: unix time, as Clover reports it.
    """

    merchant_id: str
    kind: str
    object_id: str
    action: str
    milliseconds: int

    @property
    def key(self) -> str:
        """Return the same key for every copy of the notice, however its object's id is spelled."""
        return f"{self.merchant_id}:{self.object_ref}:{self.action}:{self.milliseconds}"

    @property
    def object_ref(self) -> str:
        """Return kind and id of the object."""
        return f"{self.kind}:{self.object_id}"

    @property
    def meaning(self) -> Kind | None:
        """Return its meaning for us, None for kinds that we do not use."""
        return _KINDS.get((self.kind, self.action)) or _KINDS.get((self.kind, "*"))

    @property
    def occurred_at(self) -> datetime | None:
        """Return when it happened: UTC, naive; None if Clover does not say."""
        if not self.milliseconds:
            return None
        return datetime.fromtimestamp(self.milliseconds / 1000, tz=UTC).replace(tzinfo=None)


def verification_code(body: bytes) -> str | None:
    """Return the code of ``{"verificationCode": ...}``, None for any other body.

    Clover sends it once, without any proof, and its dashboard asks for it ("webhooks").
    """
    try:
        document = _document(body)
    except ValueError:
        return None
    code = document.get("verificationCode")
    if len(document) != 1 or not isinstance(code, str) or not _CODE.fullmatch(code):
        return None
    return code


def merchant_ids(body: bytes) -> tuple[str, ...]:
    """Return the merchants that a body is about, each once, in its order.

    Both shapes: many merchants (app webhooks) or a ``merchantId`` in any case of letters (Hosted
    Checkout). Empty when it names none.

    :raises ValueError: the body is not a JSON object.
    """
    document = _document(body)
    merchants = document.get("merchants")
    if isinstance(merchants, Mapping):
        found = list(merchants)
    else:
        found = [value for name, value in document.items() if name.lower() == "merchantid"]
    proper = (name for name in found if isinstance(name, str) and _MERCHANT.fullmatch(name))
    return tuple(dict.fromkeys(proper))


def notices(body: bytes) -> list[Notice]:
    """Return the notices of a body in its order, without entries that are not notices.

    :raises ValueError: the body is not a JSON object.
    """
    merchants = _document(body).get("merchants")
    if not isinstance(merchants, Mapping):
        return []
    read = [
        _notice(merchant_id, item)
        for merchant_id, items in merchants.items()
        if isinstance(items, list) and _MERCHANT.fullmatch(merchant_id)
        for item in items
    ]
    return [notice for notice in read if notice]


def checkout_notice(body: bytes) -> Notice | None:
    """Return the notice of a Hosted Checkout body ("Hosted Checkout webhooks"), None if it is none.

    Its keys have been seen with several uses of capitals and spaces. Whether the card was approved
    is read from the payment, not from the body.

    :raises ValueError: the body is not a JSON object.
    """
    document = {
        re.sub(r"[^a-z]", "", name.lower()): value for name, value in _document(body).items()
    }
    merchant_id, payment_id = document.get("merchantid"), document.get("id")
    if str(document.get("type", "")).upper() != "PAYMENT":
        return None
    if not isinstance(merchant_id, str) or not isinstance(payment_id, str):
        return None
    if not _MERCHANT.fullmatch(merchant_id) or not _OBJECT.fullmatch(payment_id):
        return None
    status = str(document.get("status", "")).upper()
    action = f"CHECKOUT{status}" if _ACTION.fullmatch(status) else "CHECKOUT"
    return Notice(merchant_id, "P", payment_id, action, 0)


def stored(notice: Notice) -> str:
    """Return a notice as one line, in Clover's own words; see :func:`stored_notice`."""
    return json.dumps(
        {
            "merchantId": notice.merchant_id,
            "objectId": notice.object_ref,
            "type": notice.action,
            "ts": notice.milliseconds,
        }
    )


def stored_notice(document: Any) -> Notice | None:
    """Return the notice that :func:`stored` wrote; None for anything else."""
    if not isinstance(document, Mapping):
        return None
    merchant_id = document.get("merchantId")
    if not isinstance(merchant_id, str) or not _MERCHANT.fullmatch(merchant_id):
        return None
    return _notice(merchant_id, document)


def _notice(merchant_id: str, item: Any) -> Notice | None:
    if not isinstance(item, Mapping):
        return None
    reference, action, moment = (item.get(name) for name in ("objectId", "type", "ts"))
    if not isinstance(reference, str) or not isinstance(action, str):
        return None
    if type(moment) is not int or not 0 <= moment < _MAX_MILLISECONDS:
        return None
    kind, _colon, path = reference.partition(":")
    object_id = path.rpartition("/")[2]
    is_proper = (
        _KIND.fullmatch(kind) and _OBJECT.fullmatch(object_id) and _ACTION.fullmatch(action)
    )
    return Notice(merchant_id, kind, object_id, action, moment) if is_proper else None


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    if not isinstance(document, Mapping):
        raise ValueError("the body is not a JSON object")
    return document
