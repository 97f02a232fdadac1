"""Deliveries without a database: build requests, judge answers, plan retries."""

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

#: Characters of an answer to keep.
EXCERPT_LENGTH = 500
#: Failures in a row after which the circuit of an endpoint opens.
CIRCUIT_THRESHOLD = 5
#: Seconds of the first pause; it doubles with every failed probe, up to the longest pause.
CIRCUIT_PAUSE = 30
CIRCUIT_LONGEST_PAUSE = 900
#: Maximum seconds of a planned delay.
LONGEST_DELAY = 24 * 3600.0

FLAT = "flat"
STANDARD = "standard"


@dataclass(frozen=True)
class Verdict:
    """The result of one attempt.

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
    """One delivery in the format of its endpoint.

    :param delivery_id: the same for every attempt; contains no full stop.
    :param occurred_at: time of the reported event (UTC, aware).
    :param shape: :data:`FLAT`, the body as it is, or :data:`STANDARD`, wrapped in ``type``,
        ``timestamp`` and ``data`` as in Standard Webhooks 1.0.0.
    :param numbered: put ``_delivery_id`` and ``_delivery_attempt`` into the body.
    """

    delivery_id: str
    event_type: str
    body: Mapping[str, Any]
    occurred_at: datetime
    shape: str = FLAT
    numbered: bool = True

    def content(self, attempt: int) -> bytes:
        """Return the bytes of attempt number ``attempt`` (1 = the first)."""
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
    """Return the HTTP request of one attempt, signed with every valid secret.

    :param timestamp: unix seconds of this attempt.
    :param secrets: empty for a receiver that verifies no signature.
    :raises EmptySecretError: a secret is empty or too short.
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
    """Return the verdict on an answer: 2xx is success; all else is retried, including 3xx."""
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
    """Return the verdict on an attempt without an answer, including one that hit a bug."""
    is_ours = isinstance(error, errors.ConfigurationError)
    if is_ours or not isinstance(error, errors.GatewayError):
        return judge_preparation(error)
    return Verdict(accepted=False, is_alive=False, error=error.code or error.message)


def judge_preparation(error: BaseException) -> Verdict:
    """Return the verdict on an attempt that ended before the receiver was called.

    Wrong settings, a bug, or a failing provider of the body do not tell whether the receiver works.
    """
    text = type(error).__name__
    if isinstance(error, errors.ConfigurationError):
        text = error.code or error.message
    elif isinstance(error, errors.GatewayError):
        # Do not use the code alone: "read_timeout" would look like the receiver's.
        text = f"before sending: {error.message}"
    return Verdict(accepted=False, is_alive=None, error=text)


def excerpt(body: bytes) -> str | None:
    """Return the beginning of an answer as text, without card data and credentials."""
    text = body[: 4 * EXCERPT_LENGTH].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return redact_text(text)[:EXCERPT_LENGTH].strip() or None


def circuit_pause(failures: int) -> int | None:
    """Return the seconds to pause an endpoint after ``failures`` in a row, or None for no pause."""
    beyond = failures - CIRCUIT_THRESHOLD
    if beyond < 0:
        return None
    return min(CIRCUIT_PAUSE << min(beyond, 10), CIRCUIT_LONGEST_PAUSE)


def parse_schedule(delays: str, horizon_hours: float) -> Schedule:
    """Return the schedule for ``delays`` ("5, 30, 300": seconds between attempts).

    :param horizon_hours: repeat the last delay until this total time; 0 ends with the list.
    :raises ValueError: the list is empty, or a delay is not a number, negative or above a day.
    """
    numbers = tuple(float(part) for part in delays.replace(",", " ").split())
    if any(number != number or number > LONGEST_DELAY for number in numbers):
        raise ValueError("no delay is longer than a day")
    return Schedule(
        numbers, cap=LONGEST_DELAY, horizon=horizon_hours * 3600 if horizon_hours else None
    )


def attempts_of(schedule: Schedule, limit: int = 10_000) -> int:
    """Return the number of attempts that a schedule allows, including the first one."""
    attempt = 1
    while attempt < limit and schedule.planned(attempt) is not None:
        attempt += 1
    return attempt
