from odoo import models
from odoo.exceptions import UserError

from ... import const

#: Share by which a charge may exceed the amount due in another currency at today's rate, because
#: the payment may be registered at the rate of another day.
RATE_ROOM = 0.05


class PaymentTransaction(models.Model):
    """The documents that an operation holds, and the check that they are still due."""

    _inherit = "payment.transaction"

    def _fusion_documents(self):
        """Override of `fusion_payment_common` to hold sale orders too.

        A refund, void or capture holds its source payment.
        """
        documents = super()._fusion_documents()
        if self.provider_code != const.PROVIDER_CODE:
            return documents
        if self.source_transaction_id:
            documents = self._clover_child_documents()
        orders = tuple(("sale.order", order_id) for order_id in sorted(self.sale_order_ids.ids))
        if orders and documents == ((self._name, self.id),):
            return orders
        return documents + orders

    def _clover_due_check(self):
        """Return a check that raises if the charge exceeds what is due on the documents.

        The check uses amount and documents as of this call, because the transaction itself may
        not be committed when it runs.

        :return: a function for the ledger's ``check``; it gets a separate environment, on a
            snapshot taken after the documents were held
        """
        self.ensure_one()
        amount, currency_id = self.amount, self.currency_id.id
        reference = self.reference
        documents = self._fusion_documents()

        def ids_of(model):
            return [res_id for name, res_id in documents if name == model]

        def check(env):
            moves = env["account.move"].browse(ids_of("account.move")).exists()
            orders = env["sale.order"].browse(ids_of("sale.order")).exists()
            _check_not_paid_elsewhere(moves, orders)
            currency = env["res.currency"].browse(currency_id)
            if moves and _exceeds(amount, currency, moves, lambda one: one._fusion_amount_due()):
                raise UserError(
                    env._("The invoice was paid in the meantime. Nothing was charged.")
                )
            if not moves and _exceeds(
                amount, currency, orders, lambda one: one._clover_amount_due(besides=reference)
            ):
                raise UserError(
                    env._("The order was paid in the meantime. Nothing was charged.")
                )

        return check


def _exceeds(amount, currency, documents, due_of):
    """Return whether the amount exceeds what is due on the documents.

    :param float amount: in ``currency``, which may differ from that of the documents
    :param due_of: returns the amount due on documents of one currency, in that currency
    """
    if not documents:
        return False
    due, room = 0.0, 0.0
    for theirs, those in documents.grouped("currency_id").items():
        converted = theirs._convert(due_of(those), currency, those.company_id[:1], round=False)
        due += converted
        if theirs != currency:
            room += abs(converted) * RATE_ROOM
    return currency.compare_amounts(amount, due + room) > 0


def _check_not_paid_elsewhere(moves, orders):
    """Refuse an order while one of its invoices is being paid, and vice versa.

    The ledger holds order and invoice separately, although they are owed the same money.

    :raise UserError: nothing was sent
    """
    related = [
        ("sale.order", (moves.line_ids.sale_line_ids.order_id - orders).ids),
        ("account.move", (orders.invoice_ids - moves).ids),
    ]
    for model, ids in related:
        hold = moves.env["fusion.operation.hold"].search(
            [("res_model", "=", model), ("res_id", "in", ids)], limit=1
        )
        if hold:
            raise UserError(hold.operation_id._notice())
