"""Deliveries without a database: what is sent, what an answer means, when to try again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import errors, signing
from .api_client import retry_after_of
from .redaction import redact_text
from .retry import Schedule
from .transport import Request, Response, Timeout

#: Characters of an answer that are kept.
EXCERPT_LENGTH = 500
#: Failures in a row after which an endpoint is left alone for a while.
CIRCUIT_THRESHOLD = 5
#: Seconds of the first pause; it doubles with every probe that fails, up to the longest one.
CIRCUIT_PAUSE = 30
CIRCUIT_LONGEST_PAUSE = 900
#: No planned delay is longer than a day.
LONGEST_DELAY = 24 * 3600.0

FLAT = "flat"
STANDARD = "standard"


@dataclass(frozen=True)
class Verdict:
    """What one attempt came to.

    :param accepted: the receiver answered 2xx.
    :param gone: the receiver asks us never to come back (410).
    :param is_alive: a sensible answer came, whether or not the message was wanted; None when
        the attempt says nothing about that. Only False counts against the circuit.
    :param retry_after: seconds the receiver asked us to wait.
    :param excerpt: beginning of the answer, redacted.
    """

    accepted: bool
    is_alive: bool | None
    gone: bool = False
    http_status: int | None = None
    error: str | None = None
    retry_after: float | None = None
    excerpt: str | None = None
    duration_ms: int = 0


@dataclass(frozen=True)
class Message:
    """One delivery as its endpoint wants it.

    :param delivery_id: the same for every attempt; has no full stop.
    :param occurred_at: when what it reports happened (UTC, aware).
    :param shape: :data:`FLAT`, the body as it is, or :data:`STANDARD`, wrapped into ``type``,
        ``timestamp`` and ``data`` as Standard Webhooks 1.0.0 has it.
    :param numbered: put ``_delivery_id`` and ``_delivery_attempt`` into the body.
    """

    delivery_id: str
    event_type: str
    body: Mapping[str, Any]
    occurred_at: datetime
    shape: str = FLAT
    numbered: bool = True

    def content(self, attempt: int) -> bytes:
        """The bytes of attempt number ``attempt`` (1 = the first)."""
        document = dict(self.body)
        if self.shape == STANDARD:
            moment = self.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
            document = {"type": self.event_type, "timestamp": moment, "data": document}
        if self.numbered:
            document["_delivery_id"] = self.delivery_id
            document["_delivery_attempt"] = attempt
        return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def request_for(
    message: Message,
    *,
    url: str,
    attempt: int,
    timestamp: int,
    secrets: Sequence[str],
    timeout: Timeout,
) -> Request:
    """The HTTP request of one attempt, signed with every secret in force.

    :param timestamp: unix seconds of this attempt.
    :param secrets: none for a receiver that verifies nothing.
    :raises EmptySecretError: a secret is there but is none.
    """
    content = message.content(attempt)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Fusion-Payments/19.0",
        "webhook-id": message.delivery_id,
        "webhook-timestamp": str(timestamp),
    }
    if secrets:
        headers |= signing.headers_for(secrets, message.delivery_id, timestamp, content)
    return Request("POST", url, headers=headers, body=content, timeout=timeout)


def judge(response: Response) -> Verdict:
    """What an answer means: 2xx is success, everything else is tried again (3xx included)."""
    status = response.status
    return Verdict(
        accepted=200 <= status < 300,
        gone=status == 410,
        is_alive=status < 500 and status != 429,
        http_status=status,
        error=None if 200 <= status < 300 else f"HTTP {status}",
        retry_after=retry_after_of(response),
        excerpt=excerpt(response.body),
        duration_ms=response.elapsed_ms,
    )


def judge_error(error: BaseException) -> Verdict:
    """What an attempt without an answer means; our own bugs count as one."""
    is_ours = isinstance(error, errors.ConfigurationError)
    if is_ours or not isinstance(error, errors.GatewayError):
        return judge_preparation(error)
    return Verdict(accepted=False, is_alive=False, error=error.code or error.message)


def judge_preparation(error: BaseException) -> Verdict:
    """What an attempt means that ended before the receiver was called.

    Our settings, a bug of ours, or a provider that was asked for the body say nothing about it.
    """
    text = type(error).__name__
    if isinstance(error, errors.ConfigurationError):
        text = error.code or error.message
    elif isinstance(error, errors.GatewayError):
        # Not the code alone: "read_timeout" would be taken for the receiver's.
        text = f"before sending: {error.message}"
    return Verdict(accepted=False, is_alive=None, error=text)


def excerpt(body: bytes) -> str | None:
    """The beginning of an answer as text that may be stored, without card data and credentials."""
    text = body[: 4 * EXCERPT_LENGTH].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return redact_text(text)[:EXCERPT_LENGTH].strip() or None


def circuit_pause(failures: int) -> int | None:
    """Seconds for which an endpoint is left alone after ``failures`` in a row; None: not yet."""
    beyond = failures - CIRCUIT_THRESHOLD
    if beyond < 0:
        return None
    return min(CIRCUIT_PAUSE << min(beyond, 10), CIRCUIT_LONGEST_PAUSE)


def parse_schedule(delays: str, horizon_hours: float) -> Schedule:
    """The schedule that ``delays`` ("5, 30, 300": seconds between attempts) stands for.

    :param horizon_hours: the last delay is repeated for so long in all; 0: the list is the end.
    :raises ValueError: no number, a negative one, or none at all.
    """
    numbers = tuple(float(part) for part in delays.replace(",", " ").split())
    if any(number != number or number > LONGEST_DELAY for number in numbers):
        raise ValueError("no delay is longer than a day")
    return Schedule(
        numbers, cap=LONGEST_DELAY, horizon=horizon_hours * 3600 if horizon_hours else None
    )


def attempts_of(schedule: Schedule, limit: int = 10_000) -> int:
    """How many attempts a schedule allows in all, the first one included."""
    attempt = 1
    while attempt < limit and schedule.planned(attempt) is not None:
        attempt += 1
    return attempt
