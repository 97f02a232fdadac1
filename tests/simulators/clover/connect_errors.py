"""Error answers of REST Pay Display: ``{message, type, requestType}`` ("Issues and errors")."""

from typing import Any

from .errors import CloverError


class ConnectError(CloverError):
    """An answer other than 200. ``replayed``: a repetition under the same key gets it again."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "",
        request: str = "",
        replayed: bool = False,
    ) -> None:
        super().__init__(status, message=message, keeps_key=replayed)
        self._kind, self._request = kind, request

    def body(self, locale: str = "en") -> dict[str, Any]:
        """The envelope, without what is empty."""
        body = {"message": self.message, "type": self._kind, "requestType": self._request}
        return {name: value for name, value in body.items() if value}


def bad_request(message: str, request: str = "") -> ConnectError:
    """400."""
    return ConnectError(400, message, kind="BAD_REQUEST", request=request)


def cancelled(request: str, replayed: bool) -> ConnectError:
    """209: a 2xx that is no approval."""
    return ConnectError(
        209, "The payment request was canceled.", request=request, replayed=replayed
    )


def conflict(status: int) -> ConnectError:
    """Another request is on the device; the status is not documented for sure."""
    return ConnectError(
        status,
        "Conflicting request (CreateCharge) currently in progress for operation type: FOREGROUND",
        kind="RESOURCE_CONFLICT",
    )


def busy() -> ConnectError:
    """503: somebody uses the device by hand."""
    return ConnectError(503, "The device is busy. Please try again later.", kind="DEVICE_BUSY")


def no_link(serial: str) -> ConnectError:
    """503: the cloud has no connection to the device."""
    return ConnectError(
        503,
        f"A connection to your Clover device {serial} could not be established. Please manually "
        "start (or restart) the Cloud Pay Display application",
    )


def no_answer() -> ConnectError:
    """504: the device did not answer (in time)."""
    return ConnectError(
        504, "Please manually start Cloud Pay Display on your Clover device and try again"
    )
