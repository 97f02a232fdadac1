from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.fusion_payment_common.tools.cursors import own_environment

from .. import const


class CloverPaymentWizard(models.TransientModel):
    """Collect Payment: gathers who pays what and shows how it went. The card is never in it."""

    _name = "clover.payment.wizard"
    _description = "Collect Payment with Clover"

    move_id = fields.Many2one("account.move", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="move_id.partner_id")
    company_id = fields.Many2one(related="move_id.company_id")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_due = fields.Monetary(compute="_compute_amount_due")
    amount = fields.Monetary(
        string="Amount to Collect",
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
    )
    provider_state = fields.Selection(
        [("test", "Test"), ("enabled", "Enabled")], compute="_compute_provider_state"
    )
    # Elevated reads only: clerks have no access to transactions they could change.
    transaction_id = fields.Many2one("payment.transaction", readonly=True, copy=False)

    @api.depends("move_id")
    def _compute_amount_due(self):
        for wizard in self:
            wizard.amount_due = wizard.move_id._fusion_amount_due() if wizard.move_id else 0

    @api.depends("amount_due")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.amount_due

    @api.depends("move_id")
    def _compute_provider_state(self):
        for wizard in self:
            wizard.provider_state = wizard._provider().state or False

    def _provider(self):
        """Return the Clover provider (elevated) that takes payments for the invoice's company."""
        companies = self.move_id.company_id.parent_ids
        return self.env["account.move"]._clover_providers().filtered(
            lambda provider: provider.company_id in companies
        )[:1]

    # === CALLED BY THE DIALOG === #

    def clover_form_config(self):
        """Return what Clover's card form needs to show itself; nothing of it is secret.

        :raise UserError: Clover is not connected or does not answer
        """
        self.ensure_one()
        provider = self._provider()
        if not provider:
            raise UserError(self.env._("No Clover connection serves this company."))
        return provider._clover_form_config(show_notices=False)

    def clover_prepare(self):
        """Fix what is to be charged: a draft transaction, committed when this call returns.

        Called again for the same amount (a double click) it returns the same transaction.

        :return: its reference
        :raise UserError: the amount cannot be collected (any more)
        """
        self.ensure_one()
        self.move_id.check_access("read")
        self._check_amount()
        transaction = self.transaction_id.sudo()
        if (
            not transaction
            or transaction.state != "draft"
            or self.currency_id.compare_amounts(transaction.amount, self.amount)
        ):
            transaction = self._create_transaction()
            self.transaction_id = transaction
        return transaction.reference

    def clover_charge(self, source):
        """Charge the card that Clover's form turned into ``source`` and return how it went.

        :param str source: a token, never a card number
        :return: see :meth:`clover_status`
        :raise UserError: nothing was charged; the message says why
        """
        self.ensure_one()
        self.move_id.check_access("read")
        # Elevated: clerks may collect without access to transactions and providers.
        transaction = self.transaction_id.sudo()
        if not transaction:
            raise UserError(self.env._("Enter the amount first."))
        transaction.with_context(payment_backend_action=True)._clover_charge(
            source, entry_mode="moto", check=transaction._clover_due_check()
        )
        return self._fresh_status()

    def clover_status(self):
        """Return how the payment stands; asks Clover when the answer is overdue.

        :return: ``{"state": draft|approved|checking|declined, "message": sentence, "card": text}``
        """
        self.ensure_one()
        transaction = self.transaction_id.sudo()
        if transaction.fusion_operation_ids.filtered(lambda op: not op.applied_at):
            transaction.with_context(payment_backend_action=True).fusion_complete_now()
        return self._fresh_status()

    # === HELPERS === #

    def _check_amount(self):
        if self.currency_id.name not in const.SUPPORTED_CURRENCIES:
            raise UserError(
                self.env._(
                    "Clover takes %(currencies)s only, this invoice is in %(currency)s.",
                    currencies=", ".join(const.SUPPORTED_CURRENCIES),
                    currency=self.currency_id.name,
                )
            )
        if self.currency_id.compare_amounts(self.amount, 0) <= 0:
            raise ValidationError(self.env._("Enter an amount greater than zero."))
        due = self.move_id._fusion_amount_due()
        if self.currency_id.compare_amounts(self.amount, due) > 0:
            raise ValidationError(
                self.env._("Only %s is still due on this invoice.", self.currency_id.format(due))
            )

    def _create_transaction(self):
        # Elevated: clerks may collect without access to transactions and providers.
        transactions = self.env["payment.transaction"].sudo().with_context(
            payment_backend_action=True
        )
        provider = self._provider()
        links = [Command.set(self.move_id.ids)]
        transaction = transactions.create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": transactions._compute_reference(provider.code, invoice_ids=links),
                "amount": self.amount,
                "currency_id": self.currency_id.id,
                "partner_id": self.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": links,
            }
        )
        transaction._log_sent_message()
        return transaction

    def _fresh_status(self):
        """Return the status as committed: the ledger books on cursors of its own, which the
        snapshot of this request may not see."""
        with own_environment(self.env) as env:
            wizard = env[self._name].browse(self.id)
            return wizard._status(wizard.transaction_id)

    def _status(self, transaction):
        currency = transaction.currency_id
        amount = currency.format(transaction.amount) if transaction else ""
        if transaction.state in ("done", "authorized"):
            card = self._card_label(transaction)
            return {
                "state": "approved",
                "message": self.env._("Approved: %(amount)s, %(card)s.", amount=amount, card=card),
                "card": card,
            }
        if transaction.state in ("error", "cancel"):
            return {"state": "declined", "message": transaction.state_message, "card": ""}
        operation = transaction.fusion_operation_ids[:1]
        if operation and (transaction.state == "pending" or not operation.applied_at):
            message = transaction.state_message or operation._notice() or ""
            return {"state": "checking", "message": message, "card": ""}
        return {"state": "draft", "message": "", "card": ""}

    def _card_label(self, transaction):
        card = f"{transaction.clover_card_brand or ''} •••• {transaction.clover_card_last4 or ''}"
        if not transaction.clover_auth_code:
            return card.strip()
        return self.env._(
            "%(card)s, authorization %(code)s", card=card.strip(), code=transaction.clover_auth_code
        )
