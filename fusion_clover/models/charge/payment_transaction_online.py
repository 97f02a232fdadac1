from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.ledger import OPEN_STATES
from odoo.addons.fusion_payment_common.tools.amounts import to_money
from odoo.addons.fusion_payment_common.tools.cursors import own_environment
from odoo.addons.payment import utils as payment_utils

from ... import const


class PaymentTransaction(models.Model):
    """Payments that customers make themselves on Odoo's payment form."""

    _inherit = "payment.transaction"

    # === PAYMENT FORM === #

    @api.model
    def _get_specific_create_values(self, provider_code, values):
        """Override of `payment` to store the shopper's IP address."""
        specific = super()._get_specific_create_values(provider_code, values)
        if provider_code == const.PROVIDER_CODE and values.get("landing_route"):
            address = payment_utils.get_customer_ip_address()
            specific = {**specific, "clover_shopper_address": address or False}
        return specific

    def _get_specific_processing_values(self, processing_values):
        """Override of `payment` to give this page the token that allows the charge."""
        values = super()._get_specific_processing_values(processing_values)
        if self.provider_code != const.PROVIDER_CODE or self.operation == "online_token":
            return values
        return {
            **values,
            "access_token": payment_utils.generate_access_token(*self._clover_token_values()),
        }

    def _clover_token_values(self):
        """Return the values that the access token of the charging route signs."""
        self.ensure_one()
        minor = to_money(self.amount, self.currency_id).minor
        return (const.PROCESS_CARD_PATH, self.reference, minor, self.currency_id.id,
                self.partner_id.id)  # fmt: skip

    def _clover_process_card(self, source, *, card=None):
        """Charge or save the card that a shopper entered, and return the result.

        :param str source: one-time token of Clover's card form
        :param dict card: the form's data about a card that is only saved; not trusted
        :return: see :meth:`_clover_shopper_status`
        :raise UserError: nothing was charged; the message says why
        """
        self.ensure_one()
        # A Clover customer id is a valid source too, but only Odoo may supply one.
        self._clover_check_source(source)
        if not source.startswith("clv_"):
            raise UserError(
                self.env._("The card form returned nothing usable. Enter the card again.")
            )
        if self.operation == "validation":
            self._fusion_perform(
                self._clover_save_intent(source, card or {}), check=self._clover_brake()
            )
        else:
            self._clover_charge(source, entry_mode="ecom", check=self._clover_shopper_check())
        # The ledger commits on separate cursors, which this snapshot may not include.
        with own_environment(self.env) as env:
            return env[self._name].browse(self.id)._clover_shopper_status()

    def _clover_shopper_status(self):
        """Return ``{"state": done|pending|declined, "message": sentence}`` for the page."""
        self.ensure_one()
        if self.state in ("done", "authorized"):
            return {"state": "done", "message": ""}
        if self.state in ("error", "cancel"):
            return {"state": "declined", "message": self.state_message or ""}
        return {"state": "pending", "message": self.state_message or ""}

    def _clover_is_under_way(self):
        """Return whether an operation of this transaction is open, as committed now."""
        self.ensure_one()
        with own_environment(self.env) as env:
            operations = env[self._name].browse(self.id).fusion_operation_ids
            return any(operation.state in OPEN_STATES for operation in operations)

    def _clover_find_out(self):
        """Look up an overdue answer at Clover and return the state afterwards.

        :return: the state; None if no operation is open
        """
        self.ensure_one()
        if not self.fusion_operation_ids.filtered(lambda operation: not operation.applied_at):
            return None
        self.fusion_complete_now()
        with own_environment(self.env) as env:
            return env[self._name].browse(self.id).state

    # === CHECKS BEFORE MONEY MOVES === #

    def _clover_shopper_check(self):
        """Return the check for shoppers' charges: still due, and not too many declines."""
        checks = (self._clover_due_check(), self._clover_brake())

        def check(env):
            for one in checks:
                one(env)

        return check
