import time

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import signed_state

from ... import const
from ...client.launch import is_launch_nonce
from ..connection.payment_provider_connection import CONNECT_PURPOSE

#: Context key: nonce of the state by which a dispatcher launched the connection.
LAUNCH_NONCE = "clover_launch_nonce"


class FusionSignedState(models.Model):
    _inherit = "fusion.signed.state"

    @api.model
    def _redeem(self, purpose, token, *, secret, allowed_hosts):
        """Override of common to accept states that the dispatcher issued for a launch."""
        if purpose == CONNECT_PURPOSE:
            launched = self._clover_redeem_launched(token, allowed_hosts)
            if launched:
                return launched
        return super()._redeem(purpose, token, secret=secret, allowed_hosts=allowed_hosts)

    @api.model
    def _clover_redeem_launched(self, token, allowed_hosts):
        """Return the provider to connect, or None if the state is not from a launch.

        The merchant it is valid for is checked when the connection is completed.
        """
        # Elevated: the key shared with the dispatcher.
        parameters = self.env["ir.config_parameter"].sudo()
        key = parameters.get_param(const.DISPATCHER_SECRET_PARAMETER)
        if not key:
            return None
        try:
            payload = signed_state.verify(
                key, token, now=time.time(), allowed_hosts=allowed_hosts
            )
        except signed_state.StateError:
            # The next check reports the reason.
            return None
        if self.search_count([("nonce", "=", payload.nonce)], limit=1):
            return None
        provider = self._clover_launched_provider(key, payload.nonce)
        if not provider:
            return None
        # A concurrent write makes Odoo retry the request, so lock before the state is used up.
        provider._clover_hold()
        # Elevated: no user can write this model.
        if not self.env["clover.used.state"].sudo()._use(payload.nonce):
            return None
        return provider.with_context(**{LAUNCH_NONCE: payload.nonce})

    @api.model
    def _clover_launched_provider(self, key, nonce):
        """Return the provider of the company whose merchant was launched, empty if there is none.

        Prefer the provider of this merchant, then the only one without a merchant, then the present
        company's, which will report that it is connected to another merchant.

        :raise UserError: several companies are not connected yet
        """
        providers = self.env["payment.provider"].search(
            [
                ("code", "=", const.PROVIDER_CODE),
                ("company_id", "in", self.env.companies.ids),
                ("state", "!=", "disabled"),
            ]
        )
        for provider in providers:
            merchant_id = provider.clover_merchant_id
            if merchant_id and is_launch_nonce(key, nonce, merchant_id):
                return provider
        unconnected = providers.filtered(lambda provider: not provider.clover_merchant_id)
        if len(unconnected) > 1:
            raise UserError(
                self.env._(
                    "Several companies here are not connected to Clover yet: %(companies)s. Open "
                    "the payment provider of the right one and click Connect.",
                    companies=", ".join(unconnected.company_id.mapped("name")),
                )
            )
        company = self.env.company
        return unconnected or providers.filtered(lambda one: one.company_id == company)[:1]


class PaymentProvider(models.Model):
    """Complete a connection that was started in Odoo or launched at Clover."""

    _inherit = "payment.provider"

    def _clover_complete_connection(self, *, code, merchant_id):
        """Connect the merchant that the browser returned with, requested here or launched.

        :param str code: single-use and short-lived; exchanged at once
        :param str merchant_id: from the browser; not trusted until Clover confirms it
        :raise UserError: with the reason and what to do about it
        """
        nonce = self.env.context.get(LAUNCH_NONCE)
        if nonce:
            self._clover_check_launch(nonce, merchant_id)
        self._clover_connect_merchant(code=code, merchant_id=merchant_id)

    def _clover_check_launch(self, nonce, merchant_id):
        """Refuse to connect any merchant but the one that the dispatcher's launch was made for.

        :raise UserError: with the reason and what to do about it
        """
        # Elevated: the key shared with the dispatcher.
        parameters = self.env["ir.config_parameter"].sudo()
        key = parameters.get_param(const.DISPATCHER_SECRET_PARAMETER)
        if not is_launch_nonce(key, nonce, merchant_id):
            raise UserError(
                self.env._(
                    "This launch was made for another merchant, or used before. Open the "
                    "payment provider and click Connect."
                )
            )
        if self.clover_merchant_id and self.clover_merchant_id != merchant_id:
            raise UserError(
                self.env._(
                    "Clover launched merchant %(launched)s, but this company is connected to "
                    "%(present)s. To change merchants, disconnect first, then click Connect.",
                    launched=merchant_id,
                    present=self.clover_merchant_id,
                )
            )
