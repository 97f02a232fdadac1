"""Receive events for the routes of all addons: cheap to refuse, stored before acknowledged.

The routes are public, so an unknown sender must cause little work: no session, no user, no
template, no row, one log line a minute, and a body that is bounded and only read when needed. The
order is size, authenticity, form, storage, answer.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from odoo import SUPERUSER_ID, http
from odoo.http import Response, request

from ..lib.refusal_log import RefusalLog
from ..lib.vault import VaultError

_logger = logging.getLogger(__name__)

#: Maximum bytes of a body. Events are small, but one body may contain many of them.
MAX_BODY = 256 * 1024
#: Content types that the framework parses as a form first, which leaves no raw body.
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True)
class InboundEvent:
    """One event as read from a body; see ``fusion.event._ingest`` for the meaning of the fields."""

    event_key: str
    event_type: str = ""
    object_ref: str = ""
    occurred_at: datetime | None = None
    payload: bytes | str = b""
    company: Any = None


class InboundRequest:
    """The data for a route's authentication. The body is read on first access."""

    def __init__(self, httprequest, env):
        self.headers = httprequest.headers
        self.env = env
        self._httprequest = httprequest

    @property
    def body(self):
        """The raw bytes as received, limited to the route's maximum."""
        return self._httprequest.get_data(cache=True, parse_form_data=False)


def webhook_route(route, *, max_body=MAX_BODY, **kwargs):
    """Decorate a controller method as the route of a webhook; it should return :func:`receive`.

    The route has no user, no session, a bounded body, and no CSRF token, as no form of this server
    is involved.
    """
    return http.route(
        route,
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=max_body,
        **kwargs,
    )


def receive(
    source: str,
    *,
    authenticate: Callable[[InboundRequest], Any],
    parse: Callable[[InboundRequest, Any], Iterable[InboundEvent]],
    max_body: int = MAX_BODY,
) -> Response:
    """Handle the request of a webhook and return the answer.

    :param source: as registered in ``fusion.event._handlers``
    :param authenticate: returns a true value for a genuine request, which is passed to ``parse``;
        a false value refuses it. It should check the headers before it reads the body.
    :param parse: returns the events in the body; raises ``ValueError`` when it cannot be read,
        ``VaultError`` when secret data in it cannot be encrypted now
    :param max_body: bytes, as given to :func:`webhook_route`
    :return: 200 once every event is committed; 401, 413, 415 or 400 when nothing was stored; 503
        when it cannot be stored now and should be sent again
    """
    # Elevated: the sender is not a user. Only authentication reads records before it succeeds.
    inbound = InboundRequest(request.httprequest, request.env(user=SUPERUSER_ID, su=True))
    if refusal := _refusal_by_form(request.httprequest, max_body):
        _note_refusal(source, refusal)
        return _answer(refusal)
    genuine = authenticate(inbound)
    if not genuine:
        _note_refusal(source, 401)
        return _answer(401)
    try:
        events = list(parse(inbound, genuine))
    except ValueError as error:
        # Genuine but unreadable: the sender keeps the event and logs the refusal.
        _logger.error("%s sent a body that cannot be read: %s", source, error)
        return _answer(400)
    except VaultError as error:
        _logger.error("An event of %s was refused for now: %s", source, error)
        return _answer(503)
    try:
        inbound.env["fusion.event"]._ingest_many(source, [_values(event) for event in events])
    except VaultError as error:
        _logger.error("An event of %s was refused for now: %s", source, error)
        return _answer(503)
    return _answer(200)


def _values(event):
    return {field.name: getattr(event, field.name) for field in fields(event)}


def _refusal_by_form(httprequest, max_body):
    """Return the status that refuses the request before its body is read, or None."""
    if (httprequest.content_length or 0) > max_body:
        return 413
    if httprequest.mimetype in _FORM_TYPES:
        return 415
    return None


def _answer(status):
    return Response(b"", status=status, content_type="text/plain; charset=utf-8")


_refusals = RefusalLog()


def _note_refusal(source, status):
    if count := _refusals.note((request.db, source), time.monotonic()):
        _logger.warning(
            "Refused %s request(s) to the webhook of %s, the last with %s", count, source, status
        )
