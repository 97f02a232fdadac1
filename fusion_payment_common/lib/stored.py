"""Dataclasses that can be stored in a JSON column and restored, with exact amounts."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from .money import Money


@dataclasses.dataclass(frozen=True)
class Stored:
    """Mixin for frozen dataclasses of text, integers, booleans, Decimals, :class:`Money`, dates,
    times, members of a StrEnum, nested dataclasses and tuples of these."""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe copy from which :meth:`from_dict` rebuilds an equal object.

        Decimals become text, so that no floats are used.
        """
        return {
            field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Rebuild an object from the result of :meth:`to_dict`; ignore unknown entries.

        :raises TypeError: an entry without a default is missing.
        """
        kind: type = cls  # mypy takes type[Self] for something that has no hash
        hints = _hints(kind)
        values = {
            field.name: _rebuilt(document[field.name], hints[field.name])
            for field in dataclasses.fields(cls)
            if field.name in document
        }
        return cls(**values)


@functools.cache
def _hints(cls: type) -> Mapping[str, Any]:
    return typing.get_type_hints(cls)


def _plain(value: Any) -> Any:
    if isinstance(value, Stored):
        return value.to_dict()
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency, "digits": value.digits}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal | StrEnum):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _rebuilt(value: Any, hint: Any) -> Any:
    if value is None:
        return None
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        candidates = [item for item in typing.get_args(hint) if item is not type(None)]
        return _rebuilt(value, candidates[0])
    if origin is tuple:
        return tuple(_rebuilt(item, typing.get_args(hint)[0]) for item in value)
    if hint is Money:
        return Money(**value)
    if hint in (datetime, date):
        return hint.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, Stored):
        return hint.from_dict(value)
    if isinstance(hint, type) and issubclass(hint, Decimal | StrEnum):
        return hint(value)
    return value
