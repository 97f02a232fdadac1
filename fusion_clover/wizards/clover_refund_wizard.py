from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.fusion_payment_common.tools.amounts import to_amount

from ..client.refund_routing import PaymentFacts, Way
from ..models.terminal.payment_transaction_terminal_refund import KIND_OF_WAY


class CloverRefundWizard(models.TransientModel):
    """Refund: announces how the money goes back, and why other ways are closed, then refunds."""

    _name = "clover.refund.wizard"
    _description = "Refund with Clover"

    transaction_id = fields.Many2one(
        "payment.transaction",
        string="Card Payment",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(
        "account.move", string="Credit Note", readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="transaction_id.company_id")
    currency_id = fields.Many2one(related="transaction_id.currency_id")
    partner_id = fields.Many2one(related="transaction_id.partner_id", string="Customer")
    card = fields.Char(compute="_compute_card", compute_sudo=True)
    facts = fields.Json(readonly=True, help="What Clover said when the dialog was opened.")
    is_gone = fields.Boolean(compute="_compute_amount_left", help="Clover does not know it.")
    amount_left = fields.Monetary(string="Left at Clover", compute="_compute_amount_left")
    amount_most = fields.Monetary(compute="_compute_amount_most")
    amount = fields.Monetary(
        string="Amount to Refund",
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
    )
    reason = fields.Selection(
        [
            ("requested_by_customer", "Requested by the customer"),
            ("duplicate", "Paid twice"),
            ("fraudulent", "Fraudulent"),
        ],
        required=True,
        default="requested_by_customer",
    )
    is_open = fields.Boolean(compute="_compute_way")
    what_happens = fields.Char(compute="_compute_way")
    closed_ways = fields.Text(compute="_compute_way")
    # At a terminal: the terminal, and the reason of a credit, which is not tied to a payment.
    terminal_ids = fields.Many2many(
        "clover.terminal", string="Terminals to Choose From", compute="_compute_terminal_ids"
    )
    terminal_id = fields.Many2one(
        "clover.terminal",
        compute="_compute_terminal_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', terminal_ids)]",
    )
    needs_terminal = fields.Boolean(compute="_compute_way")
    needs_approval = fields.Boolean(compute="_compute_way")
    approval_note = fields.Char(string="Reason of the Credit")
    is_at_terminal = fields.Boolean(compute="_compute_is_at_terminal", compute_sudo=True)
    is_sandbox = fields.Boolean(compute="_compute_card", compute_sudo=True)
    sent = fields.Boolean(readonly=True, copy=False)
    refund_id = fields.Many2one(
        "payment.transaction",
        readonly=True,
        copy=False,
        ondelete="cascade",
        help="What the dialog has begun.",
    )

    # === COMPUTE METHODS === #

    @api.depends("transaction_id")
    def _compute_card(self):
        for wizard in self:
            transaction = wizard.transaction_id
            last4 = transaction.clover_card_last4 or ""
            wizard.card = f"{transaction.clover_card_brand or ''} •••• {last4}".strip()
            # Use the payment's environment: the provider may have gone live since.
            wizard.is_sandbox = transaction.clover_environment == "sandbox"

    @api.depends("facts", "transaction_id")
    def _compute_amount_left(self):
        for wizard in self:
            facts = wizard._facts()
            wizard.amount_left = to_amount(facts.left, wizard.currency_id) if facts else 0.0
            wizard.is_gone = bool(facts and facts.gone)

    @api.depends("facts", "move_id", "transaction_id")
    def _compute_amount_most(self):
        for wizard in self:
            # Elevated: Refunders may have no access to transactions.
            transaction = wizard.transaction_id.sudo()
            wizard.amount_most = transaction._clover_most_to_refund(
                wizard._facts(), wizard.move_id
            )

    @api.depends("amount_most")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.amount_most

    @api.depends("amount", "amount_most", "facts")
    def _compute_way(self):
        for wizard in self:
            announced = wizard._announcement()
            way = announced.way if announced else None
            wizard.is_open = way is not None
            wizard.needs_terminal = way in KIND_OF_WAY
            wizard.needs_approval = way == Way.CREDIT
            wizard.what_happens = announced.sentence if announced else ""
            wizard.closed_ways = announced.closed_ways if announced else ""

    def _announcement(self):
        """Return the announcement; None in a dialog that only follows a refund."""
        facts = self._facts()
        # Elevated: Refunders may have no access to transactions.
        transaction = self.transaction_id.sudo()
        return transaction._clover_announce_refund(facts, self.amount) if facts else None

    def _facts(self):
        """Return Clover's data from when the dialog was opened; None if it was not asked."""
        return PaymentFacts.from_dict(self.facts) if self.facts else None

    @api.depends("transaction_id")
    def _compute_terminal_ids(self):
        for wizard in self:
            provider = wizard.transaction_id.sudo().provider_id
            wizard.terminal_ids = self.env["clover.terminal"]._usable(provider)

    @api.depends("transaction_id")
    def _compute_terminal_id(self):
        for wizard in self:
            provider = wizard.transaction_id.sudo().provider_id
            wizard.terminal_id = self.env["clover.terminal"]._preferred(provider)

    @api.depends("refund_id")
    def _compute_is_at_terminal(self):
        for wizard in self:
            wizard.is_at_terminal = bool(wizard.refund_id.clover_terminal_id)

    # === ACTION METHODS === #

    @api.model
    def _open(self, transaction, *, move=None):
        """Ask Clover about the payment and return the action that opens the dialog.

        :param transaction: elevated
        :raise UserError: Clover cannot be asked
        """
        facts = transaction._clover_refund_facts()
        wizard = self.create(
            {
                "transaction_id": transaction.id,
                "move_id": move.id if move else False,
                "facts": facts.to_dict(),
            }
        )
        return wizard._show()

    @api.model
    def _resume(self, refund):
        """Return the action that shows a refund under way on a terminal.

        The new dialog belongs to the current user, even if another user started the refund.

        :param refund: elevated
        """
        notes = refund.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        wizard = self.create(
            {
                "transaction_id": refund.source_transaction_id.id,
                "move_id": notes[:1].id,
                "amount": abs(refund.amount),
                "terminal_id": refund.clover_terminal_id.id,
                "refund_id": refund.id,
                "sent": True,
            }
        )
        return wizard._show()

    def _show(self):
        """Return the action that opens this dialog."""
        return self._get_records_action(name=self.env._("Refund"), target="new", context={})

    def action_refund(self):
        """Refund once, even on a double click, and show the result.

        If the customer has to present the card, the dialog stays open to follow the refund.

        :raise AccessError: the user is no Refunder, or for a credit no Manager
        :raise UserError: nothing was sent; the message says why
        """
        self.ensure_one()
        self._check_may_give_back()
        self._check_amount()
        if self.needs_terminal and not self.terminal_id:
            raise UserError(self.env._("Choose a terminal first."))
        if self.needs_approval:
            self.transaction_id._clover_check_credit((self.approval_note or "").strip())
        if self.sent:
            raise UserError(self.env._("This refund was sent already."))
        # A second click waits here for the first one's transaction, and is then retried.
        self.sent = True
        self.flush_recordset(["sent"])
        # Elevated: Refunders may have no access to transactions.
        source = self.transaction_id.sudo().with_context(**self._refund_context())
        refund = source._clover_refund_for(self.amount, self.move_id)
        self.refund_id = refund
        if refund.clover_terminal_id and refund.fusion_operation_ids:
            return self._show()
        return source._clover_result_notification(refund)

    def _refund_context(self):
        """Return the context that passes the dialog's choices to the refund."""
        context = {"payment_backend_action": True, "clover_refund_reason": self.reason}
        if self.needs_terminal:
            context |= {
                "clover_refund_terminal_id": self.terminal_id.id,
                "clover_refund_way": str(self._announcement().way),
                "clover_credit_reason": self.approval_note,
            }
        return context

    def _check_may_give_back(self):
        """Check the user's rights, and that the payment belongs to the credit note.

        :raise AccessError: the user is no Refunder, or may not read the documents
        :raise UserError: the payment is not refundable for this credit note
        """
        self.transaction_id._clover_check_may_give_back()
        self.transaction_id.check_access("read")
        if not self.move_id:
            return
        self.move_id.check_access("read")
        if self.sent:
            return
        if self.transaction_id not in self.move_id._clover_refundable_transactions():
            raise UserError(
                self.env._(
                    "Nothing of this credit note can go back to this card any more. Nothing was "
                    "sent."
                )
            )

    def _check_amount(self):
        if not self.is_open:
            raise ValidationError(self.what_happens)
        if self.currency_id.compare_amounts(self.amount, self.amount_most) > 0:
            raise ValidationError(
                self.env._(
                    "Only %s can be given back here. Nothing was sent.",
                    self.currency_id.format(self.amount_most),
                )
            )
