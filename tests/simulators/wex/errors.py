"""EnCompass's refusals in the three shapes that have been seen, and as a 200 without Success."""

from typing import Any

from aiohttp import web

_STATUS = {
    "InvalidUserCredentials": 401,
    "NoPrivilege": 403,
    "MerchantLogNotFound": 404,
    "UnavailableAtThisTime": 503,
}


class WexError(Exception):
    """A refusal with a ResponseCode of the documented SOAP twin."""

    def __init__(self, code: str, text: str, status: int | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.status = status or _STATUS.get(code, 400)

    def answer(self, shape: str) -> web.Response:
        """The HTTP answer; ``ok`` refuses with status 200, which only creates do."""
        bodies: dict[str, dict[str, Any]] = {
            "message": {"Message": self.text},
            "errors": {"errors": [{"message": self.text}]},
        }
        body = bodies.get(shape) or {"detailed_response_message": str(self)}
        return web.json_response(body, status=200 if shape == "ok" else self.status)


def invalid(text: str) -> WexError:
    """A field that is missing, unknown or out of range."""
    return WexError("StandardFieldValidationFailed", text)


def not_found() -> WexError:
    """No payment of this id."""
    return WexError("MerchantLogNotFound", "The merchant log was not found")
