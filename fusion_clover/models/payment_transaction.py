from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.fusion_payment_common.lib import idempotency
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools.amounts import to_amount, to_money
from odoo.addons.payment import utils as payment_utils

from .. import const
from .kinds import kind_of


class PaymentTransaction(models.Model):
    """Payments at Clover: fields used by several rooms, and one override per hook.

    Differences between charges, refunds and terminal payments are in the table of kinds.
    """

    _inherit = "payment.transaction"

    clover_card_brand = fields.Char(string="Card Brand", readonly=True, copy=False)
    clover_card_last4 = fields.Char(string="Card Ends With", readonly=True, copy=False)
    clover_auth_code = fields.Char(string="Authorization Code", readonly=True, copy=False)
    clover_entry_type = fields.Char(
        string="Entry", readonly=True, copy=False, help="How the card was read, as Clover says."
    )
    clover_chip = fields.Json(
        readonly=True, copy=False, help="What a chip card told the terminal, for the receipt."
    )
    clover_order_ref = fields.Char(
        string="Clover Order", readonly=True, copy=False, index="btree_not_null"
    )
    clover_external_reference = fields.Char(
        string="Reference at Clover",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="How this payment is called in Clover's dashboard and on the gateway.",
    )

    clover_made_outside = fields.Boolean(
        string="Made at Clover",
        readonly=True,
        copy=False,
        help="Made in Clover's dashboard or on a device, and found by Odoo.",
    )
    clover_shopper_address = fields.Char(
        string="Shopper's IP Address", readonly=True, copy=False, index="btree_not_null"
    )
    clover_terminal_id = fields.Many2one(
        "clover.terminal", string="Terminal", readonly=True, copy=False, index="btree_not_null"
    )
    clover_tip_amount = fields.Monetary(string="Tip", readonly=True, copy=False)
    clover_credit_reason = fields.Char(string="Reason of the Credit", readonly=True, copy=False)

    # === BUSINESS METHODS - REQUESTS === #

    def _clover_idempotency_key(self, kind):
        # Elevated: the key contains the database's UUID, because many databases share one app.
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return idempotency.derive_key(database, const.PROVIDER_CODE, kind, self.reference)

    def _clover_lease_seconds(self):
        """Return the longest duration of a call in seconds, including a token renewal."""
        # Elevated: system parameters are readable by administrators only.
        read_timeout = float(
            self.env["ir.config_parameter"]
            .sudo()
            .get_param(const.CHARGE_READ_TIMEOUT_PARAMETER, const.CHARGE_READ_TIMEOUT)
        )
        return 2 * (const.CONNECT_TIMEOUT + read_timeout) + 5

    def _clover_client_address(self):
        """Return the IP address to send to Clover; None if it is unknown.

        It is the shopper's address of this payment, or of the last payment with the saved card or
        by its owner. For a card typed by staff it is the address of the staff's browser.
        """
        self.ensure_one()
        if not self.clover_shopper_address and self.token_id:
            used_before = Domain("token_id", "=", self.token_id.id) | Domain(
                "partner_id", "=", self.token_id.partner_id.id
            )
            known = Domain("clover_shopper_address", "!=", False)
            if last := self.search(used_before & known, order="id desc", limit=1):
                return last.clover_shopper_address
        return self.clover_shopper_address or payment_utils.get_customer_ip_address() or None

    def _fusion_requested_amount(self):
        """Override of `fusion_payment_common` to include the tip in refunds; charges omit it."""
        amount = super()._fusion_requested_amount()
        if self.operation != "refund":
            return amount
        return self.currency_id.round(amount + self.clover_tip_amount)

    def _clover_money(self):
        """Return the absolute amount to request from Clover."""
        return to_money(abs(self._fusion_requested_amount()), self.currency_id)

    # === OPERATION HANDLER === #

    def _fusion_prepare_call(self, operation, observer):
        """Override of `fusion_payment_common` to execute operations at Clover."""
        kind = kind_of(operation.provider_code, operation.kind)
        if not kind:
            return super()._fusion_prepare_call(operation, observer)
        return kind.call(self, operation, observer)

    def _fusion_prepare_lookup(self, operation, observer):
        """Override of `fusion_payment_common` to look up outcomes of operations at Clover."""
        kind = kind_of(operation.provider_code, operation.kind)
        if not kind:
            return super()._fusion_prepare_lookup(operation, observer)
        return kind.lookup(self, operation, observer)

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Override of `fusion_payment_common` to read the object that a Manager has named."""
        kind = kind_of(operation.provider_code, operation.kind)
        if not kind:
            return super()._fusion_prepare_read(operation, provider_reference, observer)
        return kind.retrieve(self, operation, provider_reference, observer)

    # === BUSINESS METHODS - PROCESSING === #

    def _fusion_recreation_values(self):
        """Override of `fusion_payment_common` to keep sale orders, landing route and tip."""
        values = super()._fusion_recreation_values()
        if self.provider_code != const.PROVIDER_CODE:
            return values
        if self.sale_order_ids:
            values["sale_order_ids"] = [[6, 0, self.sale_order_ids.ids]]
        return {
            **values,
            "landing_route": self.landing_route,
            "clover_tip_amount": self.clover_tip_amount,
        }

    def _extract_amount_data(self, payment_data):
        """Override of `payment` to compare the amount taken with the amount requested."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._extract_amount_data(payment_data)
        if payment_data["outcome"] != Outcome.SUCCEEDED or payment_data.get("review"):
            return None
        minor = payment_data["amount"] - self._fusion_extras().minor
        return {
            "amount": to_amount(minor, self.currency_id),
            "currency_code": payment_data["currency"].upper(),
        }

    def _apply_updates(self, payment_data):
        """Override of `payment` to record Clover's answer and set the matching state."""
        kind = kind_of(self.provider_code, payment_data.get("kind"))
        if not kind:
            super()._apply_updates(payment_data)
            return
        if self.state != "done":
            self.write(kind.recorded_values(self, payment_data))
        kind.apply_outcome(self, payment_data)

    def _fusion_pending_message(self, payment_data):
        """Override of `fusion_payment_common` to say what is being checked with Clover."""
        kind = kind_of(self.provider_code, payment_data.get("kind"))
        message = kind and kind.pending_message(self, payment_data)
        return message or super()._fusion_pending_message(payment_data)
