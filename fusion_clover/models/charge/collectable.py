from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ... import const
from ..fusion_operation import TERMINAL_CHARGE


class CloverCollectable(models.AbstractModel):
    """Common part of invoices and orders on which a clerk collects a card payment.

    They are ``fusion.payment.document`` as well. Several documents can be paid together. Each model
    defines the amount due (``_clover_amount_due``), the payer (``_clover_payer``), the link to a
    transaction (``_clover_transaction_links``), and which documents to refuse
    (``_clover_check_collectible``).
    """

    _name = "clover.collectable"
    _description = "Document Paid by Card"

    # Elevated: users who may collect may see that a payment is on a terminal.
    clover_on_terminal = fields.Boolean(
        string="On a Terminal", compute="_compute_clover_on_terminal", compute_sudo=True
    )

    def _compute_clover_on_terminal(self):
        busy = self.env["fusion.operation"]._clover_holding(self, [TERMINAL_CHARGE])
        for document in self:
            document.clover_on_terminal = document.id in busy

    @api.model
    def _clover_providers(self):
        """Return the enabled Clover providers (elevated), including those in test state."""
        # Elevated: providers are readable by administrators only, but every user may know that
        # Clover is available.
        return self.env["payment.provider"].sudo().search(
            [("code", "=", const.PROVIDER_CODE), ("state", "!=", "disabled")]
        )

    def _clover_locations(self):
        """Return the providers (elevated) that can take a payment of these documents.

        Several providers are several locations of the company.
        """
        return self._clover_providers()._clover_serving(self.company_id)

    # === ACTION METHODS === #

    def action_clover_collect_payment(self):
        """Open the dialog in which a clerk takes one card payment for these documents.

        If a payment of this document is on a terminal, show that payment, even another user's.

        :raise UserError: there is nothing to collect, a payment is still being checked, or the
            documents cannot be paid together
        """
        self.check_access("read")
        wizards = self.env["clover.payment.wizard"]
        if transaction := self._clover_payment_on_terminal():
            return wizards._resume(transaction, self)
        self._clover_check_collectible()
        return wizards._open(self)

    def _clover_payment_on_terminal(self):
        """Return the transaction (elevated) of this document that is on a terminal, or none."""
        # A dialog shows one payment, so several documents cannot be resumed.
        documents = self if len(self) == 1 else self.browse()
        holding = self.env["fusion.operation"]._clover_holding(documents, [TERMINAL_CHARGE])
        operation = next(iter(holding.values()), self.env["fusion.operation"])
        return operation._clover_transaction()

    # === CALLED BY THE DIALOG === #

    def _clover_prepare_payment(self, prepared, provider, amount, *, card):
        """Return a draft transaction (elevated) that pays ``amount`` on these documents.

        :param prepared: the transaction of an earlier call; returned if nothing has changed
        :param provider: elevated
        :param float amount: in the currency of the documents
        :param card: a saved card (elevated), or none
        :raise UserError: the amount cannot be collected
        """
        provider._clover_check_payable(amount, self.currency_id)
        self._clover_check_amount(amount)
        if prepared._clover_is_ready_for(provider, amount, card):
            return prepared
        return self._clover_new_payment(provider, amount, card=card)

    def _clover_check_amount(self, amount):
        """Refuse an amount that is not positive or exceeds what is due on these documents.

        :param float amount: in the currency of the documents
        :raise ValidationError: with the reason
        """
        currency = self.currency_id
        if currency.compare_amounts(amount, 0) <= 0:
            raise ValidationError(self.env._("Enter an amount greater than zero."))
        due = self._clover_amount_due()
        if currency.compare_amounts(due, 0) <= 0:
            raise ValidationError(self.env._("Nothing is due any more: it was paid meanwhile."))
        if currency.compare_amounts(amount, due) > 0:
            raise ValidationError(self.env._("Only %s is still due.", currency.format(due)))

    def _clover_new_payment(self, provider, amount, *, card):
        # Elevated: clerks may collect without access to transactions and providers.
        transactions = (
            self.env["payment.transaction"].sudo().with_context(payment_backend_action=True)
        )
        links = self._clover_transaction_links()
        reference = transactions._compute_reference(
            provider.code, prefix=self._clover_reference_prefix(), **links
        )
        method = card.payment_method_id or self.env.ref("payment.payment_method_card")
        transaction = transactions.create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "token_id": card.id,
                "reference": reference,
                "amount": amount,
                "currency_id": self.currency_id.id,
                "partner_id": self._clover_payer().id,
                "operation": "offline" if card else "online_direct",
                **links,
            }
        )
        transaction._log_sent_message()
        return transaction

    def _clover_reference_prefix(self):
        """Return the prefix of the payment reference; None to let core choose it."""
        return None

    def _clover_refuse_under_way(self):
        """Refuse documents that have a payment under way.

        :raise UserError: with the reason
        """
        for document in self:
            if document.fusion_payment_notice:
                raise UserError(document.fusion_payment_notice)
