from odoo import api, models
from odoo.exceptions import UserError

from ... import const
from .payment_provider_connection import CONNECT_PURPOSE


class PaymentProvider(models.Model):
    """Handle the redirect of an administrator's browser from Clover back to Odoo."""

    _inherit = "payment.provider"

    @api.model
    def _clover_return_from_oauth(self, *, state, code, merchant_id):
        """Finish the connection that the administrator started.

        Nothing in the address is trusted: the state is verified and used up, and the merchant is
        read from Clover with the new token.

        :param str state: empty when the app was opened at Clover
        :return: the provider whose form shows the result, or none
        :raise AccessError: the user may not change that provider
        :raise UserError: the state is not genuine, was used before, or is too old
        """
        if not state:
            return self._clover_opened_at_clover(code)
        # Elevated: users cannot read the rows that make each state valid only once.
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
        """Show the next step on the company's provider: no connection was started in Odoo.

        :return: the provider, or none
        """
        provider = self.search(
            [("code", "=", const.PROVIDER_CODE), ("company_id", "=", self.env.company.id)],
            limit=1,
        )
        if code and provider:
            provider.check_access("write")
            # Do not exchange the code: nobody here requested it, so it may belong to anybody.
            provider.clover_connection_message = provider._clover_legacy_launch()
        return provider
