from odoo import api, fields, models

from ... import const


class PaymentTransaction(models.Model):
    """The Clover environment of a payment, so that a test is not taken for real money."""

    _inherit = "payment.transaction"

    clover_environment = fields.Selection(
        [("sandbox", "Sandbox"), ("production", "Production")],
        compute="_compute_clover_environment",
        store=True,
        precompute=True,
        readonly=True,
    )

    # Do not depend on the provider's state: a test payment stays one after the provider goes live.
    @api.depends("provider_id")
    def _compute_clover_environment(self):
        for transaction in self:
            # Elevated: providers are readable by administrators only.
            provider = transaction.provider_id.sudo()
            transaction.clover_environment = (
                provider.code == const.PROVIDER_CODE and provider._clover_environment_name()
            )


class AccountPayment(models.Model):
    _inherit = "account.payment"

    clover_is_sandbox = fields.Boolean(compute="_compute_clover_is_sandbox", compute_sudo=True)

    @api.depends("payment_transaction_id.clover_environment")
    def _compute_clover_is_sandbox(self):
        for payment in self:
            payment.clover_is_sandbox = (
                payment.payment_transaction_id.clover_environment == "sandbox"
            )


class CloverTestedDocument(models.AbstractModel):
    """A document with ``transaction_ids`` that shows when it was paid in the sandbox."""

    _name = "clover.tested.document"
    _description = "Document That May Be Paid in a Test"

    clover_has_sandbox_payment = fields.Boolean(
        compute="_compute_clover_has_sandbox_payment", compute_sudo=True
    )

    @api.depends("transaction_ids.state", "transaction_ids.clover_environment")
    def _compute_clover_has_sandbox_payment(self):
        for document in self:
            document.clover_has_sandbox_payment = any(
                transaction.clover_environment == "sandbox"
                and transaction.state in ("authorized", "done")
                for transaction in document.transaction_ids
            )


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "clover.tested.document"]


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "clover.tested.document"]
