from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ... import const
from ..fusion_operation import TERMINAL_CHARGE


class CloverCollectable(models.AbstractModel):
    """What invoices and orders have in common when a clerk collects a card payment on them.

    They are ``fusion.payment.document`` as well. Several are paid together. Each model says what is
    due (``_clover_amount_due``), who pays (``_clover_payer``), how a transaction is linked
    (``_clover_transaction_links``) and on what nothing can be collected
    (``_clover_check_collectible``).
    """

    _name = "clover.collectable"
    _description = "Document Paid by Card"

    # Elevated: whoever may collect may see that somebody is collecting.
    clover_on_terminal = fields.Boolean(
        string="On a Terminal", compute="_compute_clover_on_terminal", compute_sudo=True
    )

    def _compute_clover_on_terminal(self):
        busy = self.env["fusion.operation"]._clover_holding(self, [TERMINAL_CHARGE])
        for document in self:
            document.clover_on_terminal = document.id in busy

    @api.model
    def _clover_providers(self):
        """Return the Clover providers (elevated) that take payments."""
        # Elevated: that Clover can be used here is no secret; providers are readable by
        # administrators only.
        return self.env["payment.provider"].sudo().search(
            [("code", "=", const.PROVIDER_CODE), ("state", "!=", "disabled")]
        )

    def _clover_locations(self):
        """Return the providers (elevated) that can take a payment of these documents.

        Several are several locations of the company.
        """
        return self._clover_providers()._clover_serving(self.company_id)

    # === ACTION METHODS === #

    def action_clover_collect_payment(self):
        """Open the dialog in which a clerk takes one card payment for these documents.

        A payment that is on a terminal is shown instead, whoever started it, wherever.

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
        # Of several documents: a dialog shows one payment.
        documents = self if len(self) == 1 else self.browse()
        holding = self.env["fusion.operation"]._clover_holding(documents, [TERMINAL_CHARGE])
        operation = next(iter(holding.values()), self.env["fusion.operation"])
        return operation._clover_transaction()

    # === WHAT THE DIALOG ASKS FOR === #

    def _clover_prepare_payment(self, prepared, provider, amount, *, card):
        """Return a transaction (elevated) in draft in which ``amount`` is paid on these documents.

        :param prepared: the transaction of an earlier call; it is returned if nothing has changed
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
        """Refuse to collect more on these documents than is due, or nothing.

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
        """Return what the references of their payments begin with; None: core finds a name."""
        return None

    def _clover_refuse_under_way(self):
        """Refuse documents that a payment is under way for.

        :raise UserError: with the reason
        """
        for document in self:
            if document.fusion_payment_notice:
                raise UserError(document.fusion_payment_notice)
