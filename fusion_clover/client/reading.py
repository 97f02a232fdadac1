"""Read Clover's JSON with type checks; never guess at a wrong type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from odoo.addons.fusion_payment_common.lib.errors import MalformedResponseError

T = TypeVar("T")


class Reader:
    """Typed access to one JSON object.

    Every method takes the names a value may have, tries them in order and treats null as absent.
    An absent value gives the default, or an error if there is no default.

    :param document: the parsed JSON.
    :param what: name of the object, for messages.
    :raises MalformedResponseError: it is not a JSON object, or a value has another type.
    """

    def __init__(self, document: Any, what: str) -> None:
        if not isinstance(document, Mapping):
            raise MalformedResponseError(f"{what} is not a JSON object", code="unexpected_shape")
        self._document = document
        self._what = what

    def text(self, *names: str, default: str | None = None, required: bool = False) -> str | None:
        """Return text; also accept numbers, because Clover has been seen to send either."""
        value = self._first(names)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return self._checked(value, str, names, default, required)

    def required_text(self, *names: str) -> str:
        """Return text that must be present and not empty."""
        value = self.text(*names, required=True)
        if not value:
            raise self._complaint(names, "is empty")
        return value

    def integer(
        self, *names: str, default: int | None = None, required: bool = False
    ) -> int | None:
        """Return a whole number; true, 1.0 and "1" are rejected."""
        value = self._first(names)
        if isinstance(value, bool):
            raise self._complaint(names, "is not a whole number")
        return self._checked(value, int, names, default, required)

    def required_integer(self, *names: str) -> int:
        """Return a whole number that must be present."""
        value = self.integer(*names, required=True)
        assert value is not None  # for type checkers: ``required`` has raised otherwise
        return value

    def flag(self, *names: str, default: bool = False) -> bool:
        """Return true or false."""
        return bool(self._checked(self._first(names), bool, names, default, False))

    def number_text(self, *names: str) -> str | None:
        """Return a JSON number of any kind as its shortest text; never used for money."""
        value = self._first(names)
        if isinstance(value, bool) or not isinstance(value, int | float | str | None):
            raise self._complaint(names, "is not a number")
        return None if value is None else str(value)

    def child(self, *names: str) -> Reader:
        """Return a nested object; an absent one reads as empty."""
        value = self._first(names)
        return Reader({} if value is None else value, f"{names[0]} of {self._what}")

    def children(self, *names: str) -> list[Reader]:
        """Return a list of objects, sent as an array, as ``{elements: [...]}`` or as one object."""
        value = self._first(names)
        if isinstance(value, Mapping):
            value = value.get("elements", [value] if value else [])
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._complaint(names, "is not a list")
        return [Reader(item, f"{names[0]} of {self._what}") for item in value]

    def value(self, name: str) -> Any:
        """Return the raw value, for the few fields with several types."""
        return self._document.get(name)

    def _first(self, names: tuple[str, ...]) -> Any:
        values = (self._document.get(name) for name in names)
        return next((value for value in values if value is not None), None)

    def _checked(
        self, value: Any, kind: type[T], names: tuple[str, ...], default: T | None, required: bool
    ) -> T | None:
        if value is None:
            if required:
                raise self._complaint(names, "is missing")
            return default
        if not isinstance(value, kind):
            raise self._complaint(names, f"is not of type {kind.__name__}")
        return value

    def _complaint(self, names: tuple[str, ...], problem: str) -> MalformedResponseError:
        return MalformedResponseError(
            f"{names[0]} of {self._what} {problem}", code="unexpected_shape"
        )
