"""Collaborators of the pure layers that record what they were asked to do."""

import json
from collections.abc import Iterable
from typing import Any

from odoo.addons.fusion_payment_common.lib.transport import Request, Response


def answer(status: int, document: Any = None, headers: dict | None = None) -> Response:
    """A JSON answer; bytes are taken as they are."""
    if isinstance(document, bytes):
        body = document
    else:
        body = b"" if document is None else json.dumps(document).encode()
    return Response(status, headers or {}, body, 7)


class ScriptedTransport:
    """Answers from a script, in order, and keeps every request. Exceptions are raised."""

    def __init__(self, *script: Response | Exception) -> None:
        self.script = list(script)
        self.requests: list[Request] = []

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) if request.body else None for request in self.requests]


class ScriptedAuthorizer:
    """Hands out ``tokens``: the first by ``token()``, the others one by one by ``refresh()``."""

    def __init__(self, tokens: Iterable[str | None | Exception]) -> None:
        self._tokens = list(tokens)
        self.rejected: list[str] = []

    def token(self) -> str:
        return self._next()

    def refresh(self, rejected: str) -> str | None:
        self.rejected.append(rejected)
        return self._next()

    def _next(self):
        token = self._tokens.pop(0)
        if isinstance(token, Exception):
            raise token
        return token
