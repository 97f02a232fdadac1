from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.fusion_payment_common.tools.cursors import own_environment

#: Invoices whose names make up the reference of a payment; of more, their number is told.
NAMED_INVOICES = 3


class CloverPaymentWizard(models.TransientModel):
    """Collect Payment: gathers who pays what and shows how it went. The card is never in it."""

    _name = "clover.payment.wizard"
    _description = "Collect Payment with Clover"

    # What is paid: an invoice, several of them, or an order that has no invoice yet.
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True, ondelete="cascade")
    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", compute="_compute_document")
    company_id = fields.Many2one("res.company", compute="_compute_document")
    currency_id = fields.Many2one("res.currency", compute="_compute_document")
    amount_due = fields.Monetary(compute="_compute_amount_due")
    deposit_due = fields.Monetary(compute="_compute_amount_due")
    share = fields.Selection(
        [("deposit", "Deposit"), ("all", "Whole amount")],
        string="Collect",
        compute="_compute_share",
        store=True,
        readonly=False,
        precompute=True,
    )
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
    surcharge_notice = fields.Char(compute="_compute_provider_state")
    # Elevated reads only: clerks have no access to transactions they could change.
    transaction_id = fields.Many2one("payment.transaction", readonly=True, copy=False)

    @api.depends("move_id", "move_ids", "order_id")
    def _compute_document(self):
        for wizard in self:
            invoices, order = wizard._invoices(), wizard.order_id
            partners = invoices.partner_id
            if len(partners) > 1:
                partners = partners.commercial_partner_id
            wizard.partner_id = order.partner_invoice_id or partners
            wizard.company_id = order.company_id or invoices.company_id
            wizard.currency_id = order.currency_id or invoices.currency_id

    @api.depends("move_id", "move_ids", "order_id")
    def _compute_amount_due(self):
        for wizard in self:
            order = wizard.order_id
            wizard.amount_due = wizard._amount_due()
            wizard.deposit_due = order._clover_deposit_due() if order else 0

    @api.depends("deposit_due", "amount_due")
    def _compute_share(self):
        for wizard in self:
            wizard.share = "deposit" if 0 < wizard.deposit_due < wizard.amount_due else "all"

    @api.depends("amount_due", "deposit_due", "share")
    def _compute_amount(self):
        for wizard in self:
            deposit = wizard.share == "deposit"
            wizard.amount = wizard.deposit_due if deposit else wizard.amount_due

    @api.depends("company_id")
    def _compute_provider_state(self):
        for wizard in self:
            provider = wizard._provider()
            wizard.provider_state = provider.state or False
            wizard.surcharge_notice = (
                provider._clover_surcharge_notice(wizard.partner_id) if provider else False
            )

    def _invoices(self):
        return self.move_ids | self.move_id

    def _amount_due(self):
        if self.order_id:
            return self.order_id._clover_amount_due()
        return self._invoices()._fusion_amount_due()

    def _provider(self):
        """Return the Clover provider (elevated) that takes payments for the document's company."""
        return self._providers()[:1]

    def _providers(self):
        """Return all of them (elevated): a company may have several locations."""
        return self.env["account.move"]._clover_providers()._clover_serving(self.company_id)

    @api.model
    def _open(self, values):
        """Return the action that shows a new dialog.

        :param dict values: what is to be paid: ``move_id``, ``move_ids`` or ``order_id``
        :raise UserError: the merchant cannot take such a payment
        """
        wizard = self.create(values)
        wizard._provider()._clover_check_currency(wizard.currency_id)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Collect Payment"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

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

    def clover_prepare(self, card_id=False):
        """Fix what is to be charged: a draft transaction, committed when this call returns.

        Called again for the same amount (a double click) it returns the same transaction.

        :param int card_id: a saved card, one of :meth:`clover_saved_cards`
        :return: its reference
        :raise UserError: the amount, or the card, cannot be charged (any more)
        """
        self.ensure_one()
        self._check_document_access()
        self._check_amount()
        card = self._saved_card(card_id)
        # Elevated: clerks may collect without access to transactions.
        transaction = self.transaction_id.sudo()
        if (
            not transaction
            or transaction.state != "draft"
            # Given up before it was sent: its key would only say so again.
            or transaction.fusion_operation_ids.filtered("finished_at")
            or transaction.token_id != card
            or transaction.provider_id != self._provider()
            or self.currency_id.compare_amounts(transaction.amount, self.amount)
        ):
            transaction = self._create_transaction(card)
            self.transaction_id = transaction
        return transaction.reference

    def clover_quote(self, source, card):
        """Fix the surcharge for the card, committed when this call returns.

        :param str source: a token, never a card number
        :param dict card: what Clover's form says about the card
        :return: see :meth:`~PaymentTransaction._clover_quote`
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may collect without access to transactions and providers.
        return self.transaction_id.sudo()._clover_quote(source, card)

    def clover_charge(self, source):
        """Charge the card that Clover's form turned into ``source`` and return how it went.

        :param str source: a token, never a card number
        :return: see :meth:`clover_status`
        :raise UserError: nothing was charged; the message says why
        """
        self.ensure_one()
        self._check_document_access()
        if not isinstance(source, str) or not source.startswith("clv_"):
            # A customer's id can be charged as well, but only Odoo may name one.
            self.transaction_id._clover_check_source(source)
            raise UserError(
                self.env._("The card form returned nothing usable. Enter the card again.")
            )
        return self._charge(source, entry_mode="moto")

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

    def _charge(self, source, *, entry_mode):
        """Charge ``source`` for the transaction that was prepared; see :meth:`clover_charge`."""
        # Elevated: clerks may collect without access to transactions and providers.
        transaction = self.transaction_id.sudo()
        if not transaction:
            raise UserError(self.env._("Enter the amount first."))
        transaction.with_context(payment_backend_action=True)._clover_charge(
            source, entry_mode=entry_mode, check=transaction._clover_due_check()
        )
        return self._fresh_status()

    def _saved_card(self, card_id):
        """Return the saved card (elevated) with this id, or none for none."""
        return self.env["payment.token"]

    def _check_document_access(self):
        self._invoices().check_access("read")
        self.order_id.check_access("read")

    def _check_amount(self):
        self._provider()._clover_check_payable(self.amount, self.currency_id)
        if self.currency_id.compare_amounts(self.amount, 0) <= 0:
            raise ValidationError(self.env._("Enter an amount greater than zero."))
        due = self._amount_due()
        if self.currency_id.compare_amounts(due, 0) <= 0:
            raise ValidationError(self.env._("Nothing is due any more: it was paid meanwhile."))
        if self.currency_id.compare_amounts(self.amount, due) > 0:
            raise ValidationError(self.env._("Only %s is still due.", self.currency_id.format(due)))

    def _create_transaction(self, card):
        # Elevated: clerks may collect without access to transactions and providers.
        transactions = (
            self.env["payment.transaction"].sudo().with_context(payment_backend_action=True)
        )
        provider = self._provider()
        if self.order_id:
            links = {"sale_order_ids": [Command.set(self.order_id.ids)]}
        else:
            links = {"invoice_ids": [Command.set(self._invoices().ids)]}
        reference = transactions._compute_reference(
            provider.code, prefix=self._reference_prefix(), **links
        )
        values = {}
        if card:
            values = {
                "token_id": card.id,
                "payment_method_id": card.payment_method_id.id,
                "operation": "offline",
            }
        transaction = transactions.create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": reference,
                "amount": self.amount,
                "currency_id": self.currency_id.id,
                "partner_id": self.partner_id.id,
                "operation": "online_direct",
                **links,
                **values,
            }
        )
        transaction._log_sent_message()
        return transaction

    def _reference_prefix(self):
        """Return how a payment of many invoices is called; None where core finds a name."""
        invoices = self._invoices()
        if len(invoices) <= NAMED_INVOICES:
            return None
        return f"{invoices[0].name}+{len(invoices) - 1}"

    def _fresh_status(self):
        """Return the status as committed: the ledger books on cursors of its own, which the
        snapshot of this request may not see."""
        with own_environment(self.env) as env:
            wizard = env[self._name].browse(self.id)
            return wizard._status(wizard.transaction_id)

    def _status(self, transaction):
        currency = transaction.currency_id
        amount = currency.format(transaction.fusion_card_amount) if transaction else ""
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
