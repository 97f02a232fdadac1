"""Idempotency keys of intents, and fingerprints of their parameters."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def derive_key(*parts: str) -> str:
    """Return the idempotency key of the intent that ``parts`` name: same parts, same key.

    The key has the form of a version-4 UUID (36 characters), because providers ask for "UUIDv4 or
    equal quality". Parts are length-prefixed, so ``("ab", "c")`` differs from ``("a", "bc")``.

    :raises ValueError: there are no parts, or one is empty.
    :raises TypeError: a part is not text.
    """
    if not parts:
        raise ValueError("an idempotency key needs at least one part")
    digest = hashlib.sha256()
    for part in parts:
        if not isinstance(part, str):
            raise TypeError(f"parts of a key are text, not {type(part).__name__}")
        if not part:
            raise ValueError("a part of an idempotency key is empty")
        raw = part.encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return str(uuid.UUID(bytes=digest.digest()[:16], version=4))


def fingerprint(parameters: Mapping[str, Any]) -> str:
    """Return the SHA-256 (64 hex digits) of the parameters, whatever the order of their keys.

    It is computed over canonical JSON.

    :raises TypeError: a value is a float or has no exact form in JSON.
    """
    canonical = _canonical(parameters, "parameters")
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def short_reference(key: str, length: int = 12) -> str:
    """Return a short upper-case base-36 name for ``key``, for fields with a tight limit.

    It is deterministic. With twelve characters, the chance of any collision among three million
    keys is one in a million.

    :raises ValueError: the key is empty, or ``length`` is outside 6-32.
    """
    if not key:
        raise ValueError("cannot shorten an empty key")
    if not 6 <= length <= 32:
        raise ValueError("length must be from 6 to 32")
    number = int.from_bytes(hashlib.sha256(key.encode()).digest(), "big")
    characters = []
    for _ in range(length):
        number, index = divmod(number, 36)
        characters.append(_BASE36[index])
    return "".join(characters)


def _canonical(value: object, path: str) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{path}: keys must be text")
        return {key: _canonical(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item, f"{path}[{index}]") for index, item in enumerate(value)]
    raise TypeError(f"{path}: {type(value).__name__} has no canonical form")
