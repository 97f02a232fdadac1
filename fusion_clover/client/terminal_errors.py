"""Map error answers of REST Pay Display, by status and type; text is never parsed.

Sources: "Issues and errors" and "Status code and error reference", docs.clover.com; bodies seen
live are any subset of ``{code, message, type, requestId, requestType}``.
"""

from __future__ import annotations

from typing import Any

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import CallContext
from odoo.addons.fusion_payment_common.lib.transport import Response

from .errors import map_error

#: HTTP status of a request cancelled by the customer, the staff or us. It is a 2xx; "Status
#: code and error reference", docs.clover.com.
CANCELLED_STATUS = 209

#: Our codes for the answers of a terminal.
CANCELLED = "cancelled"
CONFLICT = "terminal_conflict"
UNSUPPORTED = "terminal_unsupported"
UNAVAILABLE = "terminal_unavailable"
ASLEEP = "terminal_asleep"
INDETERMINATE = "terminal_indeterminate"
REFUSES_APP = "terminal_refuses_app"


def map_terminal_error(
    response: Response, context: CallContext
) -> errors.GatewayError | None:
    """Return the error of an answer other than 200."""
    error = map_error(response, context)
    details: dict[str, Any] = {
        "http_status": response.status,
        "request_id": getattr(error, "request_id", None),
        "detail": getattr(error, "detail", None),
        "retry_after": getattr(error, "retry_after", None),
    }
    if response.status == CANCELLED_STATUS:
        return errors.RequestRejectedError("cancelled at the terminal", code=CANCELLED, **details)
    if getattr(error, "code", None) == "RESOURCE_CONFLICT" or response.status == 409:
        # The documentation gives both 409 and 503 as its status.
        return errors.InProgressError(
            "another request is on the terminal", code=CONFLICT, **details
        )
    if response.status == 401 and context.token_refreshed:
        return errors.PermissionDeniedError(
            "Clover refuses the app at terminals", code=REFUSES_APP, **details
        )
    if response.status == 501:
        return errors.RequestRejectedError(
            "the terminal cannot do this", code=UNSUPPORTED, **details
        )
    unknown = {500: INDETERMINATE, 503: UNAVAILABLE, 504: ASLEEP}.get(response.status)
    if unknown:
        return errors.UnknownOutcomeError(
            f"the terminal answered HTTP {response.status}", code=unknown, **details
        )
    return error
