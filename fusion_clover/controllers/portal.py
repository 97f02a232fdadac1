from odoo import http

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from .. import const


class CloverPostProcessing(PaymentPostProcessing):
    @http.route()
    def poll_status(self, **kwargs):
        """Override of `payment` to find out about an answer of Clover's that got lost.

        Whoever looks at the status page helps the completer along, as the dialog does.
        """
        transaction = self._get_monitored_transaction()
        if transaction.provider_code == const.PROVIDER_CODE:
            state = transaction._clover_find_out()
            if state and state != transaction.state:
                # Booked by the ledger, on a cursor that this one does not see.
                return {
                    "provider_code": transaction.provider_code,
                    "state": state,
                    "landing_route": transaction.landing_route,
                }
        return super().poll_status(**kwargs)
