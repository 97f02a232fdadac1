"""Remove card numbers, card codes and credentials from everything that is stored or logged.

Entries are removed by a deny-list of keys, values by what they look like.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from .cards import luhn_valid

MASK = "***"

#: Keys (lower case, letters and digits only) whose values are never kept.
SECRET_KEYS = frozenset(
    {
        "accesstoken", "accountnumber", "apiaccesskey", "apikey", "apitoken", "authorization",
        "authorizationcode", "authtoken", "bankaccountnumber", "bankroutingnumber", "bearertoken",
        "cardcode", "cardnumber", "cardsecuritycode", "clientsecret", "codeverifier", "cookie",
        "csc", "cvc", "cvc2", "cvd", "cvv", "cvv2", "encryptedpan", "idtoken", "number", "pan",
        "passphrase", "passwd", "password", "pin", "pinblock", "primaryaccountnumber", "privatekey",
        "proxyauthorization", "pwd", "recoverytoken", "refreshtoken", "secret", "securitycode",
        "setcookie", "token", "track1", "track2", "trackdata", "xapikey",
    }
)  # fmt: skip
_SECRET_SUFFIXES = (
    "accesstoken", "apikey", "apitoken", "cardnumber", "cvv", "password", "privatekey",
    "refreshtoken", "secret", "webhookauthcode",
)  # fmt: skip
#: Headers in which a provider sends a static value to authenticate itself.
_AUTH_HEADER = re.compile(r"x[a-z]+auth(?:code)?")
_MASKED = re.compile(r"(?:clv_)?\*{3}[A-Za-z0-9]{0,4}")
#: Next to these keys, a key ``code`` is an authorization code, not an error code.
_GRANT_COMPANIONS = frozenset({"clientsecret", "codeverifier", "redirecturi"})
_MAX_DEPTH = 40

_UUID = r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
_DIGIT_RUN = r"(?<![0-9])[0-9](?:[ \t\u00a0\-]{0,2}[0-9]){11,}(?![0-9])"
_UUID_OR_DIGITS = re.compile(rf"(?P<uuid>{_UUID})|(?P<run>{_DIGIT_RUN})")
_DIGITS = re.compile(r"[0-9]+")
_SCHEME = re.compile(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=\-]{4,}")
#: An authorization code in a URL, as in access logs.
_CODE_IN_QUERY = re.compile(r"([?&]code=)[^&#\s\"']{8,}")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]*)?")
_SOURCE_TOKEN = re.compile(r"\b(clv_)[A-Za-z0-9]*?([A-Za-z0-9]{4})\b")
_OPAQUE_TOKEN = re.compile(r"\b(whsec_|whsk_|clvroar-)[A-Za-z0-9+/=_\-]+")
_KEY_NAMES = (
    r"(?<![\w\-])(?:[\w\-]{0,60}(?:access[_\-]?token|refresh[_\-]?token|recovery[_\-]?token"
    r"|api[_\-]?token|api[_\-]?key|api[_\-]?access[_\-]?key|secret|password|passwd"
    r"|private[_\-]?key|code[_\-]?verifier|card[_\-]?number|security[_\-]?code|cvv2?|cvc2?)"
    r"|cvd|csc|pan|pin|pwd|authorization|cookie|set-cookie)"
)
#: ``"cvv": "123"``, ``client_secret=abc``, ``{'password': 'x'}`` in free text. A quoted name may be
#: escaped once (JSON inside JSON).
_KEY_VALUE = re.compile(
    rf"(?i)((?:{_KEY_NAMES})(?:\\?[\"'])?\s*(?:=>|[:=])\s*)"
    r"(\\?\"(?:[^\"\\]|\\(?!\").)*\\?\"|'(?:[^'\\]|\\.)*'|[^\s,;&}\])\"']+)"
)
#: Order of the lengths to try when digit groups can be read as more than one card number.
_LENGTHS = (16, 15, 14, 19, 18, 17, 13, 12)


def redact(value: object) -> object:
    """Return a copy of ``value`` without card data and credentials; safe to log and to store.

    Nested mappings, sequences, text and bytes are redacted. Numbers, booleans, dates and None are
    kept, except an integer that looks like a card number. Anything else becomes redacted text.
    """
    return _redact(value, 0)


def redact_text(text: str) -> str:
    """Return ``text`` with card numbers masked to the last four digits, and without credentials."""
    text = _SCHEME.sub(rf"\1\2{MASK}", text)
    text = _KEY_VALUE.sub(_mask_pair, text)
    text = _CODE_IN_QUERY.sub(rf"\1{MASK}", text)
    text = _JWT.sub(MASK, text)
    text = _SOURCE_TOKEN.sub(rf"\1{MASK}\2", text)
    text = _OPAQUE_TOKEN.sub(rf"\1{MASK}", text)
    return _UUID_OR_DIGITS.sub(_mask_run, text)


def contains_pan(value: object) -> bool:
    """Return whether a card number occurs anywhere in ``value``, including in keys.

    Use it to refuse input. Its test is narrower than that of masking (first digit 2-6), so that
    fewer harmless references are refused.
    """
    if isinstance(value, Mapping):
        return any(contains_pan(key) or contains_pan(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return any(contains_pan(item) for item in value)
    if isinstance(value, bytes | bytearray):
        return contains_pan(bytes(value).decode("utf-8", "replace"))
    if isinstance(value, str):
        return any(
            _is_card_number(digits) for run in _runs(value) for _, _, digits in _windows(run)
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return _is_card_number(str(value))
    return False


class RedactingFilter(logging.Filter):
    """Redact card numbers and credentials in log records before they are written.

    Attach it to handlers or to each logger: a filter of a parent logger does not see the records of
    its children. It never drops a record.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact message, arguments, traceback and stack of ``record`` in place; always True."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError, IndexError):
            # Redact a record even if its arguments do not fit its text.
            message = f"{record.msg} {record.args!r}"
        record.msg = redact_text(message)
        record.args = None
        if record.exc_info and record.exc_info[0] is not None and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact_text(record.exc_text)
            # Formatters and collectors would use exc_info to render the original again.
            record.exc_info = None
        if record.stack_info:
            record.stack_info = redact_text(record.stack_info)
        return True


# --- nested values ----------------------------------------------------------------------------


def _redact(value: object, depth: int) -> object:
    if depth > _MAX_DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return _redact_mapping(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        items = [_redact(item, depth + 1) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, bytes | bytearray):
        return _redact_document(bytes(value).decode("utf-8", "replace"), depth).encode()
    if isinstance(value, str):
        return _redact_document(value, depth)
    if isinstance(value, int) and not isinstance(value, bool):
        return _redact_integer(value)
    if value is None or isinstance(value, bool | float | Decimal | date):
        return value
    return redact_text(str(value))


def _redact_mapping(mapping: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    names = {_normal(key) for key in mapping}
    is_grant = not names.isdisjoint(_GRANT_COMPANIONS)
    result = {}
    for key, value in mapping.items():
        name = _normal(key)
        safe_key = redact_text(key) if isinstance(key, str) else key
        if _is_secret(name) or (is_grant and name == "code"):
            result[safe_key] = _mask_secret(value)
        else:
            result[safe_key] = _redact(value, depth + 1)
    return result


def _redact_document(text: str, depth: int) -> str:
    """Redact text, by its structure if the whole text is a JSON object or list."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return redact_text(text)
        return json.dumps(_redact(document, depth + 1), ensure_ascii=False)
    return redact_text(text)


def _redact_integer(value: int) -> object:
    text = redact_text(str(value))
    return value if text == str(value) else text


def _normal(key: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(key).lower())


def _is_secret(name: str) -> bool:
    return (
        name in SECRET_KEYS
        or name.endswith(_SECRET_SUFFIXES)
        or _AUTH_HEADER.fullmatch(name) is not None
    )


def _mask_secret(value: object) -> object:
    """Mask the whole value, but keep the last four characters of card numbers and tokens."""
    if value is None or value == "" or isinstance(value, bool):
        return value
    text = str(value)
    if _MASKED.fullmatch(text):
        return text
    if _SOURCE_TOKEN.fullmatch(text):
        return redact_text(text)
    digits = re.sub(r"[\s.\-]", "", text)
    if 12 <= len(digits) <= 19 and _DIGITS.fullmatch(digits):
        return MASK + digits[-4:]
    return MASK


# --- card numbers in text ---------------------------------------------------------------------


def _mask_pair(match: re.Match[str]) -> str:
    value = match.group(2)
    quote = re.match(r"\\?[\"']", value)
    mark = quote.group() if quote else ""
    inner = value[len(mark) : len(value) - len(mark)] if mark else value
    return f"{match.group(1)}{mark}{_mask_secret(inner)}{mark}"


def _mask_run(match: re.Match[str]) -> str:
    run = match.group("run")
    if run is None:
        return match.group()
    pieces = []
    done = 0
    for start, end, digits in _windows(run):
        if start >= done:
            pieces += [run[done:start], MASK, digits[-4:]]
            done = end
    return "".join([*pieces, run[done:]])


def _runs(text: str) -> Iterator[str]:
    for match in _UUID_OR_DIGITS.finditer(text):
        if match.group("run") is not None:
            yield match.group("run")


def _windows(run: str) -> Iterator[tuple[int, int, str]]:
    """Yield ``(start, end, digits)`` of the card numbers in a run of digit groups, left to right.

    Groups are tested both joined and alone, to find ``4242 4242 4242 4242`` as well as
    ``12 4242424242424242 123``.
    """
    groups = [(match.start(), match.end()) for match in _DIGITS.finditer(run)]
    index = 0
    while index < len(groups):
        best = _best_window(run, groups, index)
        if best is None:
            index += 1
            continue
        last, digits = best
        yield groups[index][0], groups[last][1], digits
        index = last + 1


def _best_window(
    run: str, groups: list[tuple[int, int]], first: int
) -> tuple[int, str] | None:
    found: dict[int, tuple[int, str]] = {}
    digits = ""
    for last in range(first, len(groups)):
        digits += run[groups[last][0] : groups[last][1]]
        if len(digits) > 19:
            break
        if len(digits) >= 12 and not _is_milliseconds(digits) and luhn_valid(digits):
            found[len(digits)] = (last, digits)
    return next((found[length] for length in _LENGTHS if length in found), None)


def _is_milliseconds(digits: str) -> bool:
    """Return whether ``digits`` are a Unix time in milliseconds: 13 digits, the first is 1.

    No card number has this form.
    """
    return len(digits) == 13 and digits[0] == "1"


def _is_card_number(digits: str) -> bool:
    return bool(re.fullmatch(r"[2-6][0-9]{11,18}", digits)) and luhn_valid(digits)
