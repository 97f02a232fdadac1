"""The routes of the earlier proxy, with its fields, answers and status codes."""

from odoo import SUPERUSER_ID, http
from odoo.http import request

from odoo.addons.fusion_payment_common.controllers.webhook import webhook_route

from ..client import proxy_wire

#: Bytes; a request is a handful of short texts.
MAX_BODY = 16 * 1024


class WexProxy(http.Controller):
    @webhook_route(["/proxy", "/wex/proxy"], max_body=MAX_BODY)
    def proxy(self):
        """Issue a card and answer with it; the delivery is queued independently.

        200 with the card; 400 when the body cannot be used or WEX refuses; 401 without a token of
        an account; 409 for another request under a used ``_id``; 502 when WEX has not answered:
        the same ``_id`` may then be sent again, it makes no second card.
        """
        account, document, refusal = _authenticated()
        if refusal:
            return refusal
        try:
            asked = proxy_wire.read_request(document)
        except proxy_wire.WireError as error:
            return _answer(proxy_wire.INVALID, error.answer())
        status, body = account.env["wex.card.request"]._wex_answer_proxy(account, asked)
        return _answer(status, body)

    @webhook_route(["/ack", "/wex/ack"], max_body=MAX_BODY)
    def acknowledge(self):
        """Record that the receiver has the card of a payment.

        200 when its delivery is ended, now or before; 404 when there is none (yet); 400 and 401 as
        above. ``_delivery_id`` in the body says exactly which delivery is meant.
        """
        account, document, refusal = _authenticated()
        if refusal:
            return refusal
        try:
            payment = proxy_wire.acknowledged_payment(document)
        except proxy_wire.WireError as error:
            return _answer(proxy_wire.INVALID, {"error": error.error})
        delivery_id = document.get(proxy_wire.DELIVERY_FIELD)
        known = account.env["fusion.delivery"]._wex_acknowledge(
            account, payment, delivery_id if isinstance(delivery_id, str) else None
        )
        if not known:
            return _answer(proxy_wire.UNKNOWN, {"error": "Unknown payment_id"})
        return _answer(proxy_wire.OK, {"status": "acknowledged", "payment_id": payment})


def _authenticated():
    """Return ``(account, document, None)``, or what to answer instead in the last place.

    A token in the header is looked at before the body is; one in the body only after it is read,
    which is bounded. Whoever has none learns nothing about their body. To whoever asks for the
    methods, a health check as the old proxy's description has it, nothing is said but those.
    """
    if request.httprequest.method == "OPTIONS":
        return None, None, request.make_response(b"", headers=[("Allow", "OPTIONS, POST")])
    # Elevated: the caller is no user. Only the account of its token is read.
    accounts = request.env(user=SUPERUSER_ID, su=True)["wex.account"]
    account = accounts._wex_of_proxy_token(
        request.httprequest.headers.get(proxy_wire.TOKEN_HEADER) or ""
    )
    problem, document = None, {}
    try:
        document = proxy_wire.read_document(request.httprequest.get_data(parse_form_data=False))
    except proxy_wire.WireError as error:
        problem = error
    account = account or accounts._wex_of_proxy_token(proxy_wire.token_in(document))
    if not account:
        return None, None, _answer(proxy_wire.UNAUTHORIZED, {"error": "Unauthorized"})
    if problem:
        return None, None, _answer(proxy_wire.INVALID, problem.answer())
    return account, document, None


def _answer(status, content):
    return request.make_json_response(content, status=status)
