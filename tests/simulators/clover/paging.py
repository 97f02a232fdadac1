"""Lists of the Ecommerce API: newest first, cursors by id."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from multidict import MultiMapping

from .errors import invalid

T = TypeVar("T")


def page(
    items: Sequence[T],
    query: MultiMapping[str],
    url: str,
    id_of: Callable[[T], str],
    render: Callable[[T], dict[str, Any]],
) -> dict[str, Any]:
    """One page of ``items`` (newest first) by ``limit``, ``starting_after``, ``ending_before``.

    :raises CloverError: ``limit`` is not 1 to 100 or a cursor is unknown.
    """
    limit_text = query.get("limit", "10")
    if not limit_text.isdigit() or not 1 <= int(limit_text) <= 100:
        raise invalid("limit must be between 1 and 100", param="limit")
    ids = [id_of(item) for item in items]
    start, end = 0, len(items)
    if "starting_after" in query:
        start = _index(ids, query["starting_after"], "starting_after") + 1
    if "ending_before" in query:
        end = _index(ids, query["ending_before"], "ending_before")
        start = max(start, end - int(limit_text))
    window = list(items[start:end])
    shown = window[: int(limit_text)]
    return {
        "object": "list",
        "url": url,
        "has_more": len(window) > len(shown),
        "data": [render(item) for item in shown],
    }


def _index(ids: list[str], cursor: str, name: str) -> int:
    if cursor not in ids:
        raise invalid(f"{name} is unknown", param=name)
    return ids.index(cursor)
