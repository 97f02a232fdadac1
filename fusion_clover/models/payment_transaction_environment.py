from odoo import api, fields, models

from .. import const


class PaymentTransaction(models.Model):
    """Which of Clover's worlds a payment belongs to, so that nobody takes a test for money."""

    _inherit = "payment.transaction"

    clover_environment = fields.Selection(
        [("sandbox", "Sandbox"), ("production", "Production")],
        compute="_compute_clover_environment",
        store=True,
        precompute=True,
        readonly=True,
    )

    # Not of the provider's state: a payment stays what it was when the provider goes live.
    @api.depends("provider_id")
    def _compute_clover_environment(self):
        for transaction in self:
            # Elevated: providers are readable by administrators only.
            provider = transaction.provider_id.sudo()
            transaction.clover_environment = (
                provider.code == const.PROVIDER_CODE and provider._clover_environment_name()
            )


class AccountMove(models.Model):
    _inherit = "account.move"

    clover_has_sandbox_payment = fields.Boolean(
        compute="_compute_clover_has_sandbox_payment", compute_sudo=True
    )

    @api.depends("transaction_ids.state", "transaction_ids.clover_environment")
    def _compute_clover_has_sandbox_payment(self):
        for move in self:
            move.clover_has_sandbox_payment = any(
                transaction.clover_environment == "sandbox"
                and transaction.state in ("authorized", "done")
                for transaction in move.transaction_ids
            )
