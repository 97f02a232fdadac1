"""Idempotency keys: the same key gives the same answer and one effect only."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from ..core.clock import Clock
from ..core.misbehaviour import processing_point
from .errors import CloverError, idempotency_error, invalid
from .switches import CloverSwitches


@dataclass
class _Record:
    fingerprint: str
    expires: float
    body: dict[str, Any] | None = None
    error: CloverError | None = None

    @property
    def in_progress(self) -> bool:
        return self.body is None and self.error is None


class IdempotencyKeys:
    """Keys per merchant with the answers they are bound to."""

    def __init__(self, clock: Clock, switches: Callable[[], CloverSwitches]) -> None:
        self._clock = clock
        self._switches = switches
        self._records: dict[tuple[str, str], _Record] = {}

    async def run(
        self,
        request: web.Request,
        merchant_id: str,
        body: dict[str, Any],
        execute: Callable[[str | None], dict[str, Any]],
    ) -> web.Response:
        """Execute once per key and answer; ``execute`` gets the key.

        A refused request (400, 404) sets its key free again; a decline keeps it when the switch
        ``replay_declines`` says so.

        :raises CloverError: the key is bound to another request or to a running one, or
            ``execute`` refused.
        """
        key = request.headers.get("Idempotency-Key")
        if not key:
            if self._switches().require_idempotency_key:
                raise invalid("idempotency-key header is required", "missing")
            await processing_point(request)
            return web.json_response(execute(None))
        record = self._known(request, merchant_id, key, _fingerprint(request, body))
        if record is not None:
            request["journal"].replayed = True
            if record.error is not None:
                raise record.error
            return web.json_response(record.body)
        return await self._first_time(request, (merchant_id, key), body, execute)

    async def _first_time(
        self,
        request: web.Request,
        slot: tuple[str, str],
        body: dict[str, Any],
        execute: Callable[[str | None], dict[str, Any]],
    ) -> web.Response:
        expires = self._clock.now() + self._switches().idempotency_lifetime_s
        record = self._records[slot] = _Record(_fingerprint(request, body), expires)
        try:
            await processing_point(request)
            record.body = execute(slot[1])
        except CloverError as error:
            if error.keeps_key:
                record.error = error
            raise
        finally:
            if record.in_progress:
                self._records.pop(slot, None)
        return web.json_response(record.body)

    def _known(
        self, request: web.Request, merchant_id: str, key: str, fingerprint: str
    ) -> _Record | None:
        record = self._records.get((merchant_id, key))
        if record is None or record.expires <= self._clock.now():
            return None
        if record.fingerprint != fingerprint:
            raise idempotency_error(
                self._switches().conflict_status,
                "idempotency_key_reused",
                "The idempotency key was used for a request with other parameters",
            )
        if record.in_progress:
            raise idempotency_error(
                self._switches().in_progress_status,
                "request_in_progress",
                "A request with this idempotency key is still in progress",
            )
        return record


def _fingerprint(request: web.Request, body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{request.method} {request.path} {canonical}".encode()).hexdigest()
