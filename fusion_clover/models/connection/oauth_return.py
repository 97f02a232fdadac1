from odoo import api, models
from odoo.exceptions import UserError

from ... import const
from .payment_provider_connection import CONNECT_PURPOSE


class PaymentProvider(models.Model):
    """What happens when Clover sends an administrator's browser back to Odoo."""

    _inherit = "payment.provider"

    @api.model
    def _clover_return_from_oauth(self, *, state, code, merchant_id):
        """Finish the connection that the administrator began.

        Nothing in the address is trusted: the state is verified and used up, the merchant is read
        from Clover with the new token.

        :param str state: empty when somebody opened the app at Clover
        :return: the provider whose form says what came of it, or none
        :raise AccessError: the user may not change that provider
        :raise UserError: the state is not genuine, was used before, or is too old
        """
        if not state:
            return self._clover_opened_at_clover(code)
        # Elevated: the row that makes the state valid only once is nobody's to read.
        states = self.env["fusion.signed.state"].sudo()
        provider = states._redeem(
            CONNECT_PURPOSE,
            state,
            secret=self._clover_state_secret(),
            allowed_hosts=self._clover_allowed_state_hosts(),
        ).with_user(self.env.user)
        provider.check_access("write")
        provider.clover_connect_started_at = False
        try:
            if not code or not merchant_id:
                raise UserError(
                    self.env._("Clover did not allow the connection. Try again and press Allow.")
                )
            provider._clover_complete_connection(code=code, merchant_id=merchant_id)
        except UserError as error:
            provider.clover_connection_message = str(error)
        return provider

    @api.model
    def _clover_opened_at_clover(self, code):
        """Say on the company's provider what is next: at Clover nothing was begun by anybody here.

        :return: the provider, or none
        """
        provider = self.search(
            [("code", "=", const.PROVIDER_CODE), ("company_id", "=", self.env.company.id)],
            limit=1,
        )
        if code and provider:
            provider.check_access("write")
            # The code is not exchanged: nobody here has asked for it, it may be anybody's.
            provider.clover_connection_message = provider._clover_legacy_launch()
        return provider
