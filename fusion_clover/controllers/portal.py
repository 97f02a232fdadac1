from odoo import http

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from .. import const


class CloverPostProcessing(PaymentPostProcessing):
    @http.route()
    def poll_status(self, **kwargs):
        """Override of `payment` to look up an answer of Clover's that got lost.

        The status page does the completer's work for its payment, as the dialog does.
        """
        transaction = self._get_monitored_transaction()
        if transaction.provider_code == const.PROVIDER_CODE:
            state = transaction._clover_find_out()
            if state and state != transaction.state:
                # The ledger booked it on a separate cursor; this snapshot does not include it.
                return {
                    "provider_code": transaction.provider_code,
                    "state": state,
                    "landing_route": transaction.landing_route,
                }
        return super().poll_status(**kwargs)
