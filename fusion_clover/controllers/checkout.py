from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from .. import const


class CloverCheckoutController(http.Controller):
    @http.route(const.PROCESS_CARD_PATH, type="jsonrpc", auth="public", methods=["POST"])
    def clover_process_card(self, reference, access_token, source, card=None, **_kwargs):
        """Charge or save the card that a shopper entered, for this page's transaction.

        The transaction was committed by the request that created it. A second call for it returns
        the result of the first and charges nothing.

        :param str reference: of the transaction
        :param str access_token: signs its reference, amount, currency and partner
        :param str source: token of Clover's card form, never a card number
        :param dict card: the form's data about a card that is only saved
        :return: ``{"state": done|pending|declined|refused, "message": sentence}``
        """
        transaction = _transaction_of(reference, access_token)
        if not transaction:
            return _refused(
                request.env._("This page is out of date. Nothing was charged. Reload it.")
            )
        if transaction.operation not in ("online_direct", "validation"):
            return _refused(request.env._("This payment needs no card. Reload the page."))
        # Tabs share a session: make the status page show this payment.
        PaymentPostProcessing.monitor_transaction(transaction)
        return transaction._clover_pay_online(source, card if isinstance(card, dict) else None)

    @http.route(const.QUOTE_PATH, type="jsonrpc", auth="public", methods=["POST"])
    def clover_quote(self, reference, access_token, source, card=None, **_kwargs):
        """Set the surcharge for the card that a shopper entered, and return it for display.

        :param str reference: of the transaction
        :param str access_token: signs its reference, amount, currency and partner
        :param str source: token of Clover's card form, never a card number
        :param dict card: the form's data about the card
        :return: ``{"surcharge": text, "total": text, "message": sentence}``, or ``{"state":
            "refused", "message": sentence}``
        """
        transaction = _transaction_of(reference, access_token)
        if not transaction:
            return _refused(
                request.env._("This page is out of date. Nothing was charged. Reload it.")
            )
        try:
            return transaction._clover_quote(source, card if isinstance(card, dict) else None)
        except UserError as error:
            return _refused(str(error))

    @http.route(const.RETURN_PATH, type="http", auth="public", methods=["GET"])
    def clover_return(self, **_kwargs):
        """Redirect a shopper who returns from another site to the payment's status page."""
        return request.redirect("/payment/status")


def _transaction_of(reference, access_token):
    """Return the transaction (elevated) for which the access token is valid, or none."""
    # Elevated: shoppers have no access to transactions; the token authorizes this one.
    transaction = request.env["payment.transaction"].sudo().search(
        [("reference", "=", str(reference)), ("provider_code", "=", const.PROVIDER_CODE)]
    )
    if transaction and payment_utils.check_access_token(
        str(access_token), *transaction._clover_token_values()
    ):
        return transaction
    return transaction.browse()


def _refused(message):
    return {"state": "refused", "message": message}
