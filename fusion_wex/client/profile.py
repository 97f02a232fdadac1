"""All uncertain details of WEX EnCompass's REST interface in one place, as data.

Defaults: names observed in public code (``merchant_code``, ``total_amount``,
``user_defined_fields``, ``invoices``, ``virtual_card``, ``org_bank_id``, ``org_company_id``), else
names reported by third parties or taken from the documented SOAP twin (CreateMerchantLog of
services.encompass-suite.com/services/APService.asmx: CreditLimit, ActiveFromDate, IsExactMatch,
...). An account overrides single entries as JSON; nothing else in the addon knows these names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Self
from zoneinfo import ZoneInfo

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError

from .types import CardStatus

#: Values of a :class:`CardRequest` that can fill a slot of ``user_defined_fields``.
UDF_SOURCES = ("vendor_name", "reference", "payment_name", "memo", "employee", "")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

#: Our name -> name in the body of a create. Empty: the issuer has no such field.
REQUEST_FIELDS = {
    "merchant_code": "merchant_code",
    "amount": "total_amount",
    "udf": "user_defined_fields",
    "invoices": "invoices",
    "invoice_number": "invoice_number",
    "invoice_date": "invoice_date",
    "invoice_amount": "total_amount",
    "invoice_description": "description",
    "bank_number": "org_bank_id",
    "company_number": "org_company_id",
    "credit_limit": "credit_limit",
    "currency": "billing_currency",
    "valid_from": "min_auth_date",
    "valid_until": "max_auth_date",
    "max_uses": "max_auth_count",
    "exact_amount": "is_exact_match",
    "delivery_method": "delivery_method",
    "delivery_email": "delivery_address",
}

#: Our name -> names in answers, tried in order.
ANSWER_FIELDS = {
    "message": ("detailed_response_message",),
    "id": ("id", "merchant_log_unique_id", "unique_id"),
    "status": ("payment_status", "status"),
    "amount": ("total_amount",),
    "credit_limit": ("credit_limit",),
    "currency": ("billing_currency",),
    "merchant_code": ("merchant_code",),
    "udf": ("user_defined_fields",),
    "valid_from": ("min_auth_date",),
    "valid_until": ("max_auth_date",),
    "created_at": ("created_date", "create_date"),
    "card": ("virtual_card",),
    "card_number": ("number",),
    "card_code": ("security_code",),
    "card_expiry": ("expiration",),
    "logs": ("merchant_logs", "items"),
    "authorizations": ("authorizations",),
    "transactions": ("transactions",),
    "row_id": ("id", "authorization_id", "reference_number"),
    "row_currency": ("billing_currency", "currency"),
    "row_amount": ("billing_amount", "amount"),
    "merchant_name": ("merchant_description", "merchant_name"),
    "merchant_category": ("merchant_category_code", "category_code", "merchant_class"),
    "authorized_at": ("authorization_date_time",),
    "response": ("response", "status"),
    "approval_code": ("approval_code",),
    "decline_code": ("decline_reason_code", "decline_reason_1"),
    "decline_reason": ("decline_reason_message", "decline_reason_2"),
    "transaction_date": ("transaction_date",),
    "posting_date": ("posting_date",),
    "transaction_type": ("transaction_type",),
    "is_credit": ("is_credit",),
}

#: Our name -> parameter of a query; QueryMerchantLogs of APService.asmx has the same filters.
QUERY_FIELDS = {
    "reference": "user_defined_field",
    "limit": "max_returned",
}

#: The issuer's words (lower case, letters only) -> ours. APService.asmx, MerchantLog.Status;
#: ``open`` and ``closed`` are reported for REST.
STATUSES = {
    "open": CardStatus.OPEN,
    "waitingforapproval": CardStatus.AWAITING_APPROVAL,
    "awaitingapproval": CardStatus.AWAITING_APPROVAL,
    "matched": CardStatus.SETTLED,
    "reconciled": CardStatus.SETTLED,
    "closed": CardStatus.CLOSED,
    "cancelled": CardStatus.CLOSED,
    "canceled": CardStatus.CLOSED,
    "expired": CardStatus.EXPIRED,
    "error": CardStatus.ERROR,
    "overdrawn": CardStatus.ERROR,
    "insufficientfunds": CardStatus.ERROR,
}


@dataclass(frozen=True, slots=True)
class Verb:
    """One call below the collection: ``{id}`` in ``path`` is the card's id."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.method not in _METHODS or not re.fullmatch(r"(/[\w{}\-]+)*", self.path):
            raise ConfigurationError("a call of the WEX profile is malformed", code="profile")


@dataclass(frozen=True, slots=True)
class EncompassProfile:
    """How one installation of EnCompass is called.

    :param path: the collection, if the account's URL is a bare origin.
    :param udf_slots: content of each slot of ``user_defined_fields``, in order; one of them is
        ``reference``, which is needed to look up lost answers.
    :param udf_max_length: characters per slot; longer names are cut, longer references refused.
    :param amounts_as: ``number`` or ``text``.
    :param reads_number_later: a later read shows number and code.
    :param absence_after_s: seconds after a create from which "not found" is believed.
    :param query_limit: most rows requested; a full list proves nothing about missing rows.
    :param resend: None if the installation does not support it.
    :param timezone: of dates without one.
    :raises ConfigurationError: on invalid values.
    """

    path: str = "/api/merchant-logs/v1"
    request: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(REQUEST_FIELDS))
    answer: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType(ANSWER_FIELDS)
    )
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(QUERY_FIELDS))
    statuses: Mapping[str, CardStatus] = field(
        default_factory=lambda: MappingProxyType(STATUSES)
    )
    udf_slots: tuple[str, ...] = ("vendor_name", "reference")
    udf_max_length: int = 50
    amounts_as: str = "number"
    email_delivery_word: str = "Email"
    reads_number_later: bool = True
    absence_after_s: int = 120
    query_limit: int = 50
    timezone: str = "UTC"
    find: Verb = Verb("GET", "")
    cancel: Verb = Verb("PUT", "/{id}", MappingProxyType({"payment_status": "closed"}))
    resend: Verb | None = Verb("POST", "/{id}/notifications")
    authorizations: Verb = Verb("GET", "/{id}/authorizations")
    transactions: Verb = Verb("GET", "/{id}/transactions")

    def __post_init__(self) -> None:
        problems = {
            "udf_slots has no reference": "reference" not in self.udf_slots,
            "udf_slots has an unknown source": bool(set(self.udf_slots) - set(UDF_SOURCES)),
            "udf_max_length is no length": self.udf_max_length < 1,
            "amounts_as is neither number nor text": self.amounts_as not in ("number", "text"),
            "absence_after_s is negative": self.absence_after_s < 0,
            "query_limit is less than two": self.query_limit < 2,
            "amount and udf need a name": not (
                self.request.get("amount") and self.request.get("udf")
            ),
            "the query needs a name for the reference": not self.query.get("reference"),
            "the path is no path": not re.fullmatch(r"(/[\w.\-]+)+", self.path),
            "the time zone is unknown": not _is_timezone(self.timezone),
        }
        for problem, is_there in problems.items():
            if is_there:
                raise ConfigurationError(f"WEX profile: {problem}", code="profile")

    @classmethod
    def configured(cls, overrides: Mapping[str, Any] | None) -> Self:
        """Return the default, overridden by an account's JSON; tables are merged entry by entry.

        :raises ConfigurationError: on an unknown entry or a wrong type.
        """
        default = cls()
        known = {item.name for item in fields(cls)}
        changes = {}
        for name, value in (overrides or {}).items():
            if name not in known:
                raise ConfigurationError(f"WEX profile: unknown entry {name!r}", code="profile")
            try:
                changes[name] = _READERS.get(name, _same_type)(getattr(default, name), value)
            except (TypeError, ValueError, AttributeError) as error:
                raise ConfigurationError(
                    f"WEX profile: {name} has a wrong value", code="profile"
                ) from error
        return replace(default, **changes)

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone of dates without one."""
        return ZoneInfo(self.timezone)

    @property
    def reference_slot(self) -> int:
        """Return the index of our reference in ``user_defined_fields``."""
        return self.udf_slots.index("reference")

    @property
    def controls(self) -> frozenset[str]:
        """Return the controls that have a field name; see :attr:`CardRequest.controls`."""
        names = ("valid_from", "valid_until", "max_uses", "exact_amount", "delivery_email")
        return frozenset(name for name in names if self.request.get(name))

    def status(self, word: str | None) -> CardStatus:
        """Return our word for the issuer's; ``unknown`` for an unknown word."""
        letters = re.sub(r"[^a-z]", "", (word or "").lower())
        return self.statuses.get(letters, CardStatus.UNKNOWN)


def _is_timezone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


def _same_type(default: Any, value: Any) -> Any:
    if type(value) is not type(default):
        raise TypeError("another type than the default")
    return value


def _names(default: Mapping[str, str], value: Mapping[str, str | None]) -> Mapping[str, str]:
    """Return one name per entry; null or empty removes the entry."""
    _check_keys(default, value)
    return MappingProxyType({**default, **{key: _text(name or "") for key, name in value.items()}})


def _aliases(
    default: Mapping[str, tuple[str, ...]], value: Mapping[str, str | list[str]]
) -> Mapping[str, tuple[str, ...]]:
    _check_keys(default, value)
    given = {
        key: tuple(map(_text, [names] if isinstance(names, str) else names))
        for key, names in value.items()
    }
    return MappingProxyType({**default, **given})


def _words(
    default: Mapping[str, CardStatus], value: Mapping[str, str]
) -> Mapping[str, CardStatus]:
    given = {re.sub(r"[^a-z]", "", word.lower()): CardStatus(own) for word, own in value.items()}
    return MappingProxyType({**default, **given})


def _slots(_default: Any, value: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("a list of slots")
    return tuple(map(_text, value))


def _verb(_default: Any, value: Mapping[str, Any]) -> Verb:
    return Verb(**value)


def _optional_verb(default: Any, value: Mapping[str, Any] | None) -> Verb | None:
    return None if value is None else _verb(default, value)


def _check_keys(default: Mapping[str, Any], value: Mapping[str, Any]) -> None:
    if set(value) - set(default):
        raise ValueError("an unknown name")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


_READERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "request": _names,
    "query": _names,
    "answer": _aliases,
    "statuses": _words,
    "udf_slots": _slots,
    "find": _verb,
    "cancel": _verb,
    "resend": _optional_verb,
    "authorizations": _verb,
    "transactions": _verb,
}
