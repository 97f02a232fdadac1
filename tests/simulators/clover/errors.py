"""Clover's error answers, in the shapes seen live (camelCase, ``error`` beside ``message``)."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

_FRENCH = {
    "DECLINED: No reason provided.": "REFUSÉ : aucune raison fournie.",
    "Refund bigger than original payment": "Remboursement supérieur au paiement d'origine",
}


class CloverError(Exception):
    """An error answer. ``keeps_key``: an idempotency key used for it stays bound to it."""

    def __init__(
        self,
        status: int,
        error: dict[str, Any] | None = None,
        *,
        message: str | None = None,
        headers: dict[str, str] | None = None,
        keeps_key: bool = False,
    ) -> None:
        super().__init__(message or status_line(status))
        self.status = status
        self.error = error
        self.message = message or status_line(status)
        self.headers = headers or {}
        self.keeps_key = keeps_key

    def body(self, locale: str = "en") -> dict[str, Any]:
        """The JSON body, its inner message in the merchant's language where known."""
        if self.error is None:
            return {"message": self.message}
        error = dict(self.error)
        if locale.startswith("fr"):
            error["message"] = _FRENCH.get(error.get("message", ""), error.get("message"))
        return {"message": self.message, "error": error}

    def answer(self, locale: str = "en") -> web.Response:
        """The HTTP answer."""
        return web.json_response(self.body(locale), status=self.status, headers=self.headers)


def status_line(status: int) -> str:
    """``400`` -> ``400 Bad Request``, as Clover's outer message reads."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def bare(status: int, message: str | None = None, **headers: str) -> CloverError:
    """An error with a message only."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CloverError(status, message=message, headers=named)


def unauthorized() -> CloverError:
    """Bad or expired token, but also a missing permission: Clover has no 403 for that."""
    return bare(401)


def invalid(message: str, code: str = "invalid_request", param: str | None = None) -> CloverError:
    """400 on a field."""
    error = {"type": "invalid_request_error", "code": code, "message": message}
    if param:
        error["param"] = param
    return CloverError(400, error)


def not_found(what: str) -> CloverError:
    """404 on an object of the Ecommerce API."""
    error = {
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": f"No such {what}",
    }
    return CloverError(404, error)


def processing_error(message: str) -> CloverError:
    """400 from the processor; live bodies carry no ``type``."""
    return CloverError(400, {"code": "processing_error", "message": message})


def declined(charge_id: str, code: str, decline_code: str, message: str, keep: bool) -> CloverError:
    """402: the issuer, or a rule before it, said no to an attempt that has an id."""
    error = {"code": code, "message": message, "charge": charge_id, "declineCode": decline_code}
    return CloverError(402, error, keeps_key=keep)


def idempotency_error(status: int, code: str, message: str) -> CloverError:
    """The key is bound to another request, or to one that is still being worked on."""
    return CloverError(status, {"type": "idempotency_error", "code": code, "message": message})
