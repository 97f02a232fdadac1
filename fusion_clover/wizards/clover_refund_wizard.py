from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..client.refund_routing import PaymentFacts


class CloverRefundWizard(models.TransientModel):
    """Refund: shows what will happen to the money, and why other ways are closed, before acting."""

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
            # Of the payment, not of the provider, which may have gone live since.
            wizard.is_sandbox = transaction.clover_environment == "sandbox"

    @api.depends("facts", "transaction_id")
    def _compute_amount_left(self):
        for wizard in self:
            digits = wizard.currency_id.decimal_places
            facts = wizard.facts or {}
            wizard.amount_left = facts.get("left", 0) / 10**digits
            wizard.is_gone = facts.get("gone", False)

    @api.depends("amount_left", "move_id", "transaction_id")
    def _compute_amount_most(self):
        for wizard in self:
            # Elevated: Refunders need not have access to transactions.
            transaction = wizard.transaction_id.sudo()
            most = [transaction._clover_left()]
            if not wizard.is_gone:
                most.append(transaction._clover_document_part(wizard.amount_left))
            if wizard.move_id:
                most.append(wizard.move_id._clover_refund_due())
            wizard.amount_most = max(min(most), 0)

    @api.depends("amount_most")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.amount_most

    @api.depends("amount", "amount_most", "facts")
    def _compute_way(self):
        for wizard in self:
            if not wizard.facts:
                wizard.is_open, wizard.what_happens, wizard.closed_ways = False, "", ""
                continue
            transaction = wizard.transaction_id.sudo()
            facts = PaymentFacts.from_dict(wizard.facts)
            routing = transaction._clover_route(facts, wizard.amount)
            wizard.is_open = routing.way is not None
            if routing.way:
                sentence = transaction._clover_way_sentence(routing.way, facts, wizard.amount)
            else:
                sentence = transaction._clover_reason_sentence(routing.reason, facts)
            wizard.what_happens = sentence
            wizard.closed_ways = "\n".join(
                f"{transaction._clover_way_label(way)}: "
                f"{transaction._clover_reason_sentence(reason, facts)}"
                for way, reason in routing.closed.items()
            )

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

    def _show(self):
        """Return the action that opens this very dialog."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refund"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_refund(self):
        """Give the money back, once however often it is clicked, and say what came of it.

        :raise UserError: nothing was sent; the message says why
        """
        self.ensure_one()
        self._check_may_give_back()
        self._check_amount()
        if self.sent:
            raise UserError(self.env._("This refund was sent already."))
        # The second of two clicks waits here for the first one's transaction, and is run again.
        self.sent = True
        self.flush_recordset(["sent"])
        # Elevated: Refunders need not have access to transactions.
        source = self.transaction_id.sudo().with_context(
            payment_backend_action=True, clover_refund_reason=self.reason
        )
        self.refund_id = source._clover_refund_for(self.amount, self.move_id)
        return source._clover_result_notification(self.refund_id.sudo())

    def _check_may_give_back(self):
        """Refuse what the user may not do, or a payment that has nothing to do with the note.

        :raise AccessError: no Refunder, or another company's documents
        :raise UserError: the credit note is for other payments
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
