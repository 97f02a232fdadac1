from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.fusion_payment_common.lib.money import Money

from ..common import APPROVED, CloverCommon

REFUNDS = "/v1/refunds"


class RefundCommon(CloverCommon):
    """An invoice of 113.00 that was paid by card through Clover, and somebody who may refund."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refunder = new_test_user(
            cls.env,
            login="clover_refunder",
            groups="fusion_payment_common.group_fusion_refunder,account.group_account_invoice",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self.transaction = self._paid(self.move)
        self.charge_id = self.transaction.provider_reference

    def _paid(self, move, number=APPROVED):
        """Charge what is due on the invoice and return the transaction."""
        links = [Command.set(move.ids)]
        transactions = self.env["payment.transaction"]
        transaction = transactions.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": transactions._compute_reference("clover", invoice_ids=links),
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": move.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": links,
            }
        )
        transaction._clover_charge(self._source(number), entry_mode="moto")
        self.env.invalidate_all()
        return transaction

    def _refund(self, amount=None, transaction=None):
        """Refund as core's dialog does; return the child transaction."""
        transaction = transaction or self.transaction
        before = transaction.child_transaction_ids
        transaction.with_user(self.refunder).action_refund(amount_to_refund=amount)
        self._commit()
        return transaction.child_transaction_ids - before

    def _operations(self, **values):
        domain = [("kind", "!=", "charge"), *((name, "=", value) for name, value in values.items())]
        return self.env["fusion.operation"].sudo().search(domain)

    def _commit(self):
        """What happens after the caller's commit; cursors of tests drop such hooks."""
        self.env.flush_all()
        for operation in self._operations():
            operation._settle(operation.id)
        self.env.invalidate_all()

    def _complete(self):
        """Let the completer look at everything that is open, as if its time had come."""
        operations = self._operations().filtered(lambda operation: not operation.applied_at)
        operations.filtered("next_attempt_at").next_attempt_at = "2020-01-01"
        self.env.flush_all()
        operations._complete_due()
        self.env.invalidate_all()

    def _effects(self, *kinds):
        return [effect for effect in self.simulator.ledger() if effect["kind"] in kinds]

    def _refunded_at_clover(self):
        """Return what went back to cards, in minor units, effect by effect."""
        return [effect["amount"] for effect in self._effects("refund")]

    def _refund_in_dashboard(self, amount, charge_id=None):
        """Give money back as the merchant does in Clover's own dashboard."""
        self.provider._clover_client().refunds.create(
            charge_id or self.charge_id, Money(amount, "CAD"), None, None, f"dashboard-{amount}"
        )

    def _sent(self, path=REFUNDS):
        return [call for call in self.simulator.requests(path) if call["method"] == "POST"]
