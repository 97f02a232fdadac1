"""``filter=field OP value`` of the platform's payment and refund lists."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from .errors import bare

T = TypeVar("T")
_FILTER = re.compile(r"^\s*([A-Za-z.]+)\s*(>=|<=|!=|=|>|<)\s*(.*?)\s*$", re.DOTALL)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def filtered(
    items: Iterable[T], filters: list[str], fields: Mapping[str, Callable[[T], Any]]
) -> list[T]:
    """The items all ``filters`` let through; ``fields`` reads each filterable field.

    :raises CloverError: 400, an unknown field, operator or a value of the wrong kind.
    """
    kept = list(items)
    for text in filters:
        name, compare, value = _parse(text, fields)
        read = fields[name]
        kept = [item for item in kept if _passes(compare, read(item), value, text)]
    return kept


def _parse(text: str, fields: Mapping[str, Any]) -> tuple[str, Callable[[Any, Any], bool], str]:
    match = _FILTER.match(text)
    if match is None or match.group(1) not in fields:
        raise bare(400, f"Invalid filter: {text}")
    return match.group(1), _OPERATORS[match.group(2)], match.group(3)


def _passes(compare: Callable[[Any, Any], bool], actual: Any, wanted: str, text: str) -> bool:
    if isinstance(actual, bool):
        return compare(actual, wanted.lower() == "true")
    if isinstance(actual, int):
        if not wanted.lstrip("-").isdigit():
            raise bare(400, f"Invalid filter: {text}")
        return compare(actual, int(wanted))
    return compare(actual or "", wanted)
