from odoo import api, fields, models
from odoo.fields import Command


class CloverPaymentWizard(models.TransientModel):
    """Collect Payment: payer, amount, method and result. It never contains card data."""

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
    method = fields.Selection(
        [("terminal", "On a terminal"), ("keyed", "Type the card")],
        string="Pay By",
        compute="_compute_method",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    terminal_id = fields.Many2one(
        "clover.terminal",
        compute="_compute_terminal_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'in', terminal_ids)]",
    )
    terminal_ids = fields.Many2many(
        "clover.terminal", string="Terminals to Choose From", compute="_compute_terminal_ids"
    )
    provider_state = fields.Selection(
        [("test", "Test"), ("enabled", "Enabled")], compute="_compute_provider_state"
    )
    surcharge_notice = fields.Char(compute="_compute_provider_state")
    # Read it elevated: clerks have no access to transactions.
    transaction_id = fields.Many2one("payment.transaction", readonly=True, copy=False)
    is_resumed = fields.Boolean(readonly=True)
    is_under_way = fields.Boolean(compute="_compute_is_under_way")

    # === COMPUTE METHODS === #

    @api.depends("move_id", "move_ids", "order_id")
    def _compute_document(self):
        for wizard in self:
            documents = wizard._documents()
            wizard.partner_id = documents._clover_payer()
            wizard.company_id = documents.company_id
            wizard.currency_id = documents.currency_id

    @api.depends("move_id", "move_ids", "order_id")
    def _compute_amount_due(self):
        for wizard in self:
            order = wizard.order_id
            wizard.amount_due = wizard._documents()._clover_amount_due()
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
    def _compute_terminal_ids(self):
        for wizard in self:
            providers = wizard._documents()._clover_locations()
            wizard.terminal_ids = self.env["clover.terminal"]._usable(providers)

    @api.depends("company_id")
    def _compute_terminal_id(self):
        for wizard in self:
            providers = wizard._documents()._clover_locations()
            wizard.terminal_id = self.env["clover.terminal"]._preferred(providers)

    @api.depends("company_id")
    def _compute_method(self):
        for wizard in self:
            wizard.method = "terminal" if wizard.terminal_ids else "keyed"

    @api.depends("company_id", "method", "terminal_id")
    def _compute_provider_state(self):
        for wizard in self:
            provider = wizard._provider()
            wizard.provider_state = provider.state or False
            wizard.surcharge_notice = (
                provider._clover_surcharge_notice(wizard.partner_id) if provider else False
            )

    @api.depends("transaction_id")
    def _compute_is_under_way(self):
        for wizard in self:
            wizard.is_under_way = bool(wizard._open_operation())

    # === WHAT IS PAID, AND TO WHOM === #

    def _documents(self):
        """Return the order or the invoices to pay."""
        return self.order_id or (self.move_ids | self.move_id)

    def _provider(self):
        """Return the provider (elevated) that takes the payment: the terminal's, else the first."""
        providers = self._documents()._clover_locations()
        # Elevated: providers are readable by administrators only.
        own = self.terminal_id.sudo().provider_id if self.method == "terminal" else None
        return own if own and own in providers else providers[:1]

    def _open_operation(self):
        """Return the operation (elevated) of the payment that is not booked yet, or none."""
        # Elevated: clerks have no access to transactions.
        operation = self.transaction_id.sudo().fusion_operation_ids[:1]
        return operation.filtered(lambda one: not one.applied_at)

    def _check_document_access(self):
        self._documents().check_access("read")

    # === CALLED BY THE DOCUMENTS === #

    @api.model
    def _open(self, documents):
        """Return the action that shows a new dialog.

        :param documents: the invoices or the order to pay
        :raise UserError: the merchant cannot take such a payment
        """
        if documents._name == "sale.order":
            values = {"order_id": documents.id}
        elif len(documents) == 1:
            values = {"move_id": documents.id}
        else:
            values = {"move_ids": [Command.set(documents.ids)]}
        wizard = self.create(values)
        wizard._provider()._clover_check_currency(wizard.currency_id)
        return wizard._show()

    @api.model
    def _resume(self, transaction, document):
        """Return the action that shows a payment under way on a terminal.

        The new dialog belongs to the current user, even if another user started the payment.

        :param transaction: elevated
        :param document: the invoice or order on which the user opened the dialog
        """
        order = document if document._name == "sale.order" else self.env["sale.order"]
        wizard = self.create(
            {
                "order_id": order.id,
                "move_ids": [Command.set(transaction.invoice_ids.ids)],
                "amount": transaction.amount,
                "transaction_id": transaction.id,
                "terminal_id": transaction.clover_terminal_id.id,
                "method": "terminal",
                "is_resumed": True,
            }
        )
        return wizard._show()

    def _show(self):
        """Return the action that opens this dialog."""
        title = self.env._("Collect Payment")
        return self._get_records_action(name=title, target="new", context={})
