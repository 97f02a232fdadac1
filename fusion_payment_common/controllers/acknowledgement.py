"""The route where receivers acknowledge deliveries, before, during or after the request to them."""

import json

from odoo import SUPERUSER_ID, http
from odoo.http import request

from .webhook import webhook_route

#: Maximum bytes; an acknowledgement is only an id and a token.
MAX_BODY = 4096
#: Accepted names; the last one is that of the proxy that the suite replaces.
_TOKEN_HEADERS = ("X-Fusion-Ack-Token", "X-Proxy-Auth-Token")
_TOKEN_FIELDS = ("token", "x_studio_proxy_auth_token")
_ID_FIELDS = ("_delivery_id", "delivery_id")
_STATUS = {"acknowledged": 200, "unknown": 404, "refused": 401, "unreadable": 400}


class DeliveryAcknowledgement(http.Controller):
    @webhook_route("/fusion/delivery/ack", max_body=MAX_BODY)
    def acknowledge(self):
        """Acknowledge a delivery: ``{"_delivery_id": ..., "token": ...}``, or token in a header.

        Answer 200 when it is acknowledged (now or before), 404 when the id does not belong to the
        token, 401 without a valid token, 400 when there is no delivery id. Only a receiver that
        got the 200 can rely on no further attempt.
        """
        token = _token_of_headers(request.httprequest.headers)
        document = _document(request.httprequest.get_data(parse_form_data=False))
        token = token or _first_text(document, _TOKEN_FIELDS)
        delivery_id = _first_text(document, _ID_FIELDS)
        if token and not delivery_id:
            return _answer("unreadable", delivery_id)
        # Elevated: the receiver is not a user; its token is checked before any delivery is read.
        deliveries = request.env(user=SUPERUSER_ID, su=True)["fusion.delivery"]
        return _answer(deliveries._acknowledge_by_token(token, delivery_id), delivery_id)


def _token_of_headers(headers):
    scheme, _, credentials = (headers.get("Authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return next((headers[name] for name in _TOKEN_HEADERS if headers.get(name)), "")


def _document(body):
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _first_text(document, names):
    found = (document.get(name) for name in names)
    # Refuse NUL and lone surrogates, which JSON allows but no token or id contains.
    return next(
        (value for value in found if isinstance(value, str) and value and value.isprintable()), ""
    )


def _answer(verdict, delivery_id):
    content = {"status": verdict}
    if verdict == "acknowledged":
        content["delivery_id"] = delivery_id
    return request.make_json_response(content, status=_STATUS[verdict])
