from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.ledger import OPEN_STATES
from odoo.addons.fusion_payment_common.tools.amounts import to_money
from odoo.addons.fusion_payment_common.tools.cursors import own_environment
from odoo.addons.payment import utils as payment_utils

from ... import const


class PaymentTransaction(models.Model):
    """Payments that customers make themselves, on Odoo's own payment form."""

    _inherit = "payment.transaction"

    # === PAYMENT FORM === #

    @api.model
    def _get_specific_create_values(self, provider_code, values):
        """Override of `payment` to remember where a shopper pays from."""
        specific = super()._get_specific_create_values(provider_code, values)
        if provider_code == const.PROVIDER_CODE and values.get("landing_route"):
            address = payment_utils.get_customer_ip_address()
            specific = {**specific, "clover_shopper_address": address or False}
        return specific

    def _get_specific_processing_values(self, processing_values):
        """Override of `payment` to let this page, and no other, charge this transaction."""
        values = super()._get_specific_processing_values(processing_values)
        if self.provider_code != const.PROVIDER_CODE or self.operation == "online_token":
            return values
        return {
            **values,
            "access_token": payment_utils.generate_access_token(*self._clover_token_values()),
        }

    def _clover_token_values(self):
        """Return what the access token of the charging route vouches for."""
        self.ensure_one()
        minor = to_money(self.amount, self.currency_id).minor
        return (const.PROCESS_CARD_PATH, self.reference, minor, self.currency_id.id,
                self.partner_id.id)  # fmt: skip

    def _clover_process_card(self, source, *, card=None):
        """Charge, or save, the card that a shopper entered, and return how it went.

        :param str source: one-time token of Clover's card form
        :param dict card: what the form says about a card that is only saved; not trusted
        :return: see :meth:`_clover_shopper_status`
        :raise UserError: nothing was charged; the message says why
        """
        self.ensure_one()
        # A customer's id can be charged as well, but only Odoo may name one.
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
        # The ledger books on cursors of its own, which our snapshot may not see.
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
        """Return whether an operation of this very transaction is open, as of now."""
        self.ensure_one()
        with own_environment(self.env) as env:
            operations = env[self._name].browse(self.id).fusion_operation_ids
            return any(operation.state in OPEN_STATES for operation in operations)

    def _clover_find_out(self):
        """Ask Clover about an overdue answer and return the state as it stands now, or None.

        :return: the state; None when there is nothing open
        """
        self.ensure_one()
        if not self.fusion_operation_ids.filtered(lambda operation: not operation.applied_at):
            return None
        self.fusion_complete_now()
        with own_environment(self.env) as env:
            return env[self._name].browse(self.id).state

    # === CHECKS BEFORE MONEY MOVES === #

    def _clover_shopper_check(self):
        """Return the check for charges that a shopper starts: still due, and not too many tries."""
        checks = (self._clover_due_check(), self._clover_brake())

        def check(env):
            for one in checks:
                one(env)

        return check
