import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.errors import GatewayError

from ... import const

_logger = logging.getLogger(__name__)

ORDER_CRON = "fusion_clover.ir_cron_clover_orders"
#: Payments per run. Clover's rate limits are shared with users who are waiting.
ORDER_BATCH = 50
#: Most lookups of an order; some payments have none.
ORDER_TRIES = 20


class PaymentTransaction(models.Model):
    """The link between a payment in Odoo and its order in Clover's dashboard.

    The merchant searches the dashboard by order. Clover's answer to a new charge does not name the
    order (reference "Create a charge", docs.clover.com), so it is read later in the background.
    """

    _inherit = "payment.transaction"

    clover_order_tries = fields.Integer(readonly=True, copy=False, aggregator=None)

    # === ORDER === #

    def _post_process(self):
        """Override of `payment` to schedule reading the orders and sending the receipts."""
        super()._post_process()
        self._clover_have_orders_read()
        self._clover_have_receipts_sent()

    def _clover_have_orders_read(self):
        """Trigger the scheduled action that reads missing orders, if any of these has none."""
        if self._clover_without_order():
            # Elevated: shoppers and clerks may trigger the scheduled action without access to it.
            self.env.ref(ORDER_CRON).sudo()._trigger()

    def _clover_without_order(self):
        return self.filtered(
            lambda tx: tx.provider_code == const.PROVIDER_CODE
            and tx.state in ("done", "authorized")
            and tx.operation not in ("refund", "validation")
            and tx.provider_reference
            and not tx.clover_order_ref
        )

    @api.model
    def _cron_clover_read_orders(self):
        """Read missing orders of payments, those with the fewest attempts first."""
        cron = self.env["ir.cron"]
        found = self.search(
            [
                ("provider_code", "=", const.PROVIDER_CODE),
                ("state", "in", ("done", "authorized")),
                ("operation", "not in", ("refund", "validation")),
                ("provider_reference", "!=", False),
                ("clover_order_ref", "=", False),
                ("clover_order_tries", "<", ORDER_TRIES),
                ("provider_id.state", "!=", "disabled"),
            ],
            order="clover_order_tries, id desc",
            limit=ORDER_BATCH,
        )
        cron._commit_progress(remaining=len(found))
        for transaction in found:
            transaction.clover_order_tries += 1
            try:
                transaction._clover_read_order()
            except GatewayError as error:
                # Ignore failures: the next run, or opening the dashboard, reads the order again.
                _logger.info("No order of %s: %s", transaction.reference, error)
            cron._commit_progress(1)

    def _clover_read_order(self):
        """Read the order of this payment from Clover; store it here and in the payment's memo.

        :raise GatewayError: Clover cannot be asked
        """
        self.ensure_one()
        charge = self.provider_id._clover_client().charges.retrieve(self.provider_reference)
        if charge.order_id:
            self.clover_order_ref = charge.order_id
            self._clover_complete_memo()

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment` to add Clover's references to the payment's memo.

        On posting, the journal items take their label from the memo; bank reconciliation models
        match on that label.
        """
        if self.provider_code == const.PROVIDER_CODE and "memo" not in extra_create_values:
            core = f"{self.reference} - {self.provider_reference or ''}"
            extra_create_values["memo"] = " - ".join([core, *self._clover_names_not_in(core)])
        if self.clover_tip_amount:
            # Book the amount that moved on the card.
            extra_create_values.setdefault("amount", abs(self.fusion_card_amount))
        return super()._create_payment(**extra_create_values)

    def _clover_complete_memo(self):
        """Add the reference at Clover and the order to the payment's memo and outstanding line."""
        payment = self.payment_id
        if self.provider_code != const.PROVIDER_CODE or not payment:
            return
        names = self._clover_names_not_in(payment.memo or "")
        if names:
            payment.memo = " - ".join([payment.memo or self.reference, *names])
        for line in payment.move_id.line_ids.filtered(
            lambda line: line.account_id == payment.outstanding_account_id
        ):
            names = self._clover_names_not_in(line.name or "")
            if names:
                line.name = " - ".join([line.name or self.reference, *names])

    def _clover_names_not_in(self, text):
        names = (self.clover_external_reference, self.clover_order_ref)
        return [name for name in names if name and name not in text]

    # === DASHBOARD === #

    def action_clover_open_dashboard(self):
        """Open this payment's order in Clover's dashboard.

        :raise UserError: the order is not known, and Clover cannot be asked for it
        """
        self.ensure_one()
        self.check_access("read")
        # Elevated: users who may read the payment may open its order without provider access.
        transaction = self.sudo()
        transaction = transaction.source_transaction_id or transaction
        if not transaction.clover_order_ref:
            try:
                transaction._clover_read_order()
            except GatewayError as error:
                raise UserError(
                    self.env._("Clover could not be asked for the order (%s). Try again.", error)
                ) from error
        if not transaction.clover_order_ref:
            raise UserError(self.env._("Clover has no order for this payment."))
        return {
            "type": "ir.actions.act_url",
            "target": "new",
            "url": transaction.provider_id._clover_environment().order_url(
                transaction.provider_id.clover_merchant_id, transaction.clover_order_ref
            ),
        }

