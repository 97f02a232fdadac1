"""Switches: the open points of a provider's behaviour, changed at run time and checked by type."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

S = TypeVar("S")


class SwitchError(ValueError):
    """An unknown switch or a value of the wrong type; nothing was changed."""


def changed(switches: S, changes: Mapping[str, Any]) -> S:
    """A copy of the dataclass ``switches`` with ``changes`` made.

    :raises SwitchError: a name is unknown or a value has another type than the default.
    """
    known = {item.name for item in fields(switches)}  # type: ignore[arg-type]
    for name, value in changes.items():
        if name not in known:
            raise SwitchError(f"unknown switch {name!r}; known: {', '.join(sorted(known))}")
        current = getattr(type(switches)(), name)
        if not _same_type(current, value):
            raise SwitchError(f"switch {name!r} takes {type(current).__name__}, not {value!r}")
    return replace(switches, **changes)  # type: ignore[type-var]


def _same_type(current: Any, value: Any) -> bool:
    if current is None:
        return True
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(current, bool) and isinstance(value, bool)
    if isinstance(current, float):
        return isinstance(value, (int, float))
    return isinstance(value, type(current))
