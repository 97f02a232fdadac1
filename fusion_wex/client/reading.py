"""Read an issuer's JSON with type checks; never guess at a wrong type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from odoo.addons.fusion_payment_common.lib.errors import MalformedResponseError
from odoo.addons.fusion_payment_common.lib.money import MoneyError

from .amounts import read_amount

_ISO_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-.*)?")
_CARD_MONTH = re.compile(r"(\d{2})/?(\d{4}|\d{2})")


class Reader:
    """Typed access to one JSON object by our own names; null and "" are absent.

    :param aliases: our name -> the issuer's names, tried in order.
    :param what: name of the object, for messages; values never appear in them.
    :raises MalformedResponseError: it is not a JSON object, or a value has another type.
    """

    def __init__(
        self, document: Any, aliases: Mapping[str, tuple[str, ...]], zone: ZoneInfo, what: str
    ) -> None:
        self._what = what
        if not isinstance(document, Mapping):
            raise self.complaint("is not a JSON object")
        self._document = document
        self._aliases = aliases
        self._zone = zone

    def text(self, name: str) -> str | None:
        """Return text; also accept whole numbers, because ids have been seen as either."""
        value = self.value(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            raise self.complaint(f"has no text as {name}")
        return value

    def amount(self, name: str) -> Decimal | None:
        """Return an amount, sent as a number or as text."""
        value = self.value(name)
        if value is None:
            return None
        try:
            return read_amount(value)
        except MoneyError:
            raise self.complaint(f"has no amount as {name}") from None

    def flag(self, name: str) -> bool:
        """Return true or false; false when absent."""
        value = self.value(name)
        if value is not None and not isinstance(value, bool):
            raise self.complaint(f"has neither true nor false as {name}")
        return bool(value)

    def day(self, name: str) -> date | None:
        """Return the date of a date or time, as written: no time zone moves it to another day."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            raise self.complaint(f"has no date as {name}") from None

    def moment(self, name: str) -> datetime | None:
        """Return a time in UTC; one without an offset is in the account's zone."""
        text = self.text(name)
        if text is None:
            return None
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            raise self.complaint(f"has no time as {name}") from None
        return (value if value.tzinfo else value.replace(tzinfo=self._zone)).astimezone(UTC)

    def month(self, name: str) -> tuple[int, int] | None:
        """Return ``(month, year)`` of an expiry: ISO date or time, ``MM/YY`` or ``MM/YYYY``."""
        text = self.text(name)
        if text is None:
            return None
        if match := _ISO_MONTH.fullmatch(text):
            year, month = int(match[1]), int(match[2])
        elif match := _CARD_MONTH.fullmatch(text):
            month, year = int(match[1]), int(match[2])
            year += 2000 if year < 100 else 0
        else:
            raise self.complaint(f"has no month as {name}")
        if not 1 <= month <= 12:
            raise self.complaint(f"has no month as {name}")
        return month, year

    def child(self, name: str) -> Reader | None:
        """Return a nested object, None when absent."""
        value = self.value(name)
        return None if value is None else self.nested(value, name)

    def nested(self, value: Any, name: str) -> Reader:
        """Return a reader of ``value`` with the same names."""
        return Reader(value, self._aliases, self._zone, f"{name} of {self._what}")

    def rows(self, name: str) -> list[Any]:
        """Return a list, which must be present."""
        value = self.value(name)
        if not isinstance(value, list):
            raise self.complaint(f"has no list as {name}")
        return value

    def value(self, name: str) -> Any:
        """Return the raw value under the first alias that has one."""
        values = (self._document.get(alias) for alias in self._aliases[name])
        return next((value for value in values if value not in (None, "")), None)

    def complaint(self, problem: str) -> MalformedResponseError:
        """Return the error that says what is wrong with this object."""
        return MalformedResponseError(f"{self._what} {problem}", code="unexpected_shape")
