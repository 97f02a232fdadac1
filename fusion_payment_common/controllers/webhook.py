"""How the routes of all addons take in events: cheap to refuse, stored before acknowledged.

A route is open to the world, so whatever an unknown sender can make us do is little: no session, no
user, no template, no row, a body that is only read when it can matter and never beyond a bound, and
one log line a minute. In this order: size, authenticity, form, storage, answer.
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

#: Bytes. Events are small; one body may carry many of them.
MAX_BODY = 256 * 1024
#: Content types that the framework would read as a form, before us, leaving no raw body.
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
    """What a route's authentication may look at. The body is read when it is first asked for."""

    def __init__(self, httprequest, env):
        self.headers = httprequest.headers
        self.env = env
        self._httprequest = httprequest

    @property
    def body(self):
        """The raw bytes as they arrived, at most as many as the route allows."""
        return self._httprequest.get_data(cache=True, parse_form_data=False)


def webhook_route(route, *, max_body=MAX_BODY, **kwargs):
    """Decorate a controller method as the route of a webhook; it answers with :func:`receive`.

    No user, no session, no CSRF token (the sender has no page of ours), a bounded body.
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
    """Take in the request of a webhook and return the answer.

    :param source: as registered in ``fusion.event._handlers``
    :param authenticate: returns something true for a genuine request, which ``parse`` is given;
        anything false refuses it. Should decide by the headers before it touches the body.
    :param parse: returns the events in the body; ``ValueError`` when it cannot be read,
        ``VaultError`` when what is secret in it cannot be encrypted now
    :param max_body: bytes, as given to :func:`webhook_route`
    :return: 200 once every event is committed; 401, 413, 415 or 400 when nothing was stored; 503
        when it cannot be stored now and should be sent again
    """
    # Elevated: the sender is no user. Nothing is read but what authentication asks for.
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
        # Genuine but unreadable: the sender keeps it and says so in its own log.
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
    """Return the status that refuses the request before its body is looked at, or None."""
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
