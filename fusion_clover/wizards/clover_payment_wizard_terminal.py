from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES, READY
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools.cursors import own_environment

from ..client.terminal_outcomes import ASKING, Situation
from ..models.fusion_operation import channel_of
from ..models.terminal.payment_transaction_terminal import TERMINAL_CHARGE
from ..models.terminal.words import SITUATION_OF_CODE


class CloverPaymentWizard(models.TransientModel):
    """Collect Payment on a terminal: sends it, shows how it stands, cancels it."""

    _inherit = "clover.payment.wizard"

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
    is_resumed = fields.Boolean(readonly=True)
    is_under_way = fields.Boolean(compute="_compute_is_under_way")

    @api.depends("company_id")
    def _compute_terminal_ids(self):
        for wizard in self:
            wizard.terminal_ids = self.env["clover.terminal"]._usable(wizard._providers())

    @api.depends("company_id")
    def _compute_terminal_id(self):
        for wizard in self:
            wizard.terminal_id = self.env["clover.terminal"]._preferred(wizard._providers())

    @api.depends("company_id")
    def _compute_method(self):
        for wizard in self:
            wizard.method = "terminal" if wizard.terminal_ids else "keyed"

    @api.depends("method", "terminal_id")
    def _compute_provider_state(self):
        """Override: which location takes the payment depends on the terminal."""
        super()._compute_provider_state()

    def _provider(self):
        """Override: a terminal takes payments for its own location."""
        # Elevated: providers are readable by administrators only.
        own = self.terminal_id.sudo().provider_id if self.method == "terminal" else None
        return own if own and own in self._providers() else super()._provider()

    @api.depends("transaction_id")
    def _compute_is_under_way(self):
        for wizard in self:
            # Elevated: clerks have no access to transactions.
            operation = wizard.transaction_id.sudo().fusion_operation_ids[:1]
            wizard.is_under_way = bool(operation) and not operation.applied_at

    @api.model
    def _resume(self, document):
        """Return the action that shows the payment of a document that a terminal is busy with.

        The dialog is the current user's own, whoever began the payment.

        :param document: an invoice or an order
        :return: None when there is no such payment
        """
        transaction = self._on_terminal(document)
        if not transaction:
            return None
        order = document if document._name == "sale.order" else self.env["sale.order"]
        wizard = self.create(
            {
                "order_id": order.id,
                "move_ids": [fields.Command.set(transaction.invoice_ids.ids)],
                "amount": transaction.amount,
                "transaction_id": transaction.id,
                "terminal_id": transaction.clover_terminal_id.id,
                "method": "terminal",
                "is_resumed": True,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Collect Payment"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.model
    def _on_terminal(self, document):
        """Return the transaction (elevated) of a document that a terminal is busy with."""
        # Elevated: whoever may collect may see that somebody is collecting.
        holds = (
            self.env["fusion.operation.hold"]
            .sudo()
            .search([("res_model", "=", document._name), ("res_id", "=", document.id)])
        )
        operation = holds.operation_id.filtered(lambda one: one.kind == TERMINAL_CHARGE)[:1]
        return (
            self.env["payment.transaction"]
            .sudo()
            .search(
                [
                    ("reference", "=", operation.reference),
                    ("provider_code", "=", operation.provider_code),
                ],
                limit=1,
            )
        )

    # === CALLED BY THE DIALOG === #

    def clover_terminal_check(self):
        """Ask the chosen terminal in the background whether it answers.

        :return: ``{"channel": of the bus, "message": how the last contact went, "ok": bool}``
        """
        self.ensure_one()
        terminal = self.terminal_id
        if not terminal:
            return {"channel": "", "message": "", "ok": False}
        terminal._ping_later()
        return self.clover_terminal_contact()

    def clover_terminal_contact(self):
        """Return how the last contact with the terminal went; asks nobody."""
        self.ensure_one()
        terminal = self.terminal_id
        return {
            "channel": terminal._channel() if terminal else "",
            "message": terminal.in_use_notice or terminal._contact_sentence() if terminal else "",
            "ok": bool(terminal and not terminal.in_use_notice and not terminal.last_error),
        }

    def clover_send_to_terminal(self):
        """Fix what is to be paid and queue it for the terminal, in one transaction.

        A second click changes nothing.

        :return: see :meth:`clover_terminal_status`
        :raise UserError: nothing is sent; the message says why
        """
        self.ensure_one()
        # Elevated: clerks may collect without access to transactions and providers.
        if self.transaction_id.sudo().fusion_operation_ids.filtered(lambda op: not op.applied_at):
            return self.clover_terminal_status()
        if not self.terminal_id:
            raise UserError(self.env._("Choose a terminal first."))
        self.clover_prepare()
        transaction = self.transaction_id.sudo().with_context(payment_backend_action=True)
        transaction._clover_send_to_terminal(self.terminal_id)
        return self._terminal_status(self.transaction_id.sudo())

    def clover_terminal_status(self):
        """Return how the payment stands, as committed; asks nobody.

        :return: ``state`` (ready, sending, waiting, processing, checking, partial, review,
            approved, declined, cancelled), ``message``, ``seconds`` since it began, ``channel`` of
            the bus, ``can_cancel``, ``cancelling``, ``issues`` as sentences, ``signature`` as the
            source of an image, ``can_decide``, ``receipt`` as a sentence
        :raise AccessError: it is somebody else's dialog, or the document is not the user's to read
        """
        self.ensure_one()
        self.check_access("read")
        self._check_document_access()
        with own_environment(self.env) as env:
            wizard = env[self._name].browse(self.id)
            return wizard._terminal_status(wizard.transaction_id)

    def clover_terminal_cancel(self):
        """Ask the terminal to end the payment.

        :return: see :meth:`clover_terminal_status`
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may cancel what they may collect.
        transaction = self.transaction_id.sudo()
        transaction.with_context(payment_backend_action=True)._clover_cancel_on_terminal()
        return self.clover_terminal_status()

    def clover_terminal_decide(self, decision):
        """Keep a payment that Clover warns of, or have it given back.

        :param str decision: ``keep`` or ``give_back``
        :return: see :meth:`clover_terminal_status`
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks decide about what they have collected.
        transaction = self.transaction_id.sudo()
        transaction.with_context(payment_backend_action=True)._clover_decide(decision)
        return self.clover_terminal_status()

    # === HELPERS === #

    def _terminal_status(self, transaction):
        """:param transaction: elevated"""
        operation = transaction.fusion_operation_ids[:1]
        state, message = self._terminal_state(transaction, operation)
        since = operation.started_at or operation.create_date
        return {
            "state": state,
            "message": message,
            "seconds": int((fields.Datetime.now() - since).total_seconds()) if since else 0,
            "channel": channel_of(transaction.reference) if transaction else "",
            "can_cancel": state in ("sending", "waiting", "checking")
            and operation._clover_can_cancel(),
            "cancelling": bool(operation.clover_cancel_requested_at)
            and state in ("sending", "waiting", "checking"),
            "issues": self._issue_sentences(transaction) if state == "approved" else [],
            "signature": (state == "approved" and transaction._clover_signature_uri()) or "",
            "receipt": self._receipt_sentence(transaction) if state == "approved" else "",
            "can_decide": state == "partial"
            or (
                state == "approved"
                and bool(transaction.clover_issues)
                and not transaction.clover_issue_decision
            ),
        }

    def _terminal_state(self, transaction, operation):
        if not operation:
            return "ready", ""
        if operation.review_reason:
            situation = SITUATION_OF_CODE.get(operation.error_code)
            if situation not in ASKING:
                situation = Situation.AMOUNT_DIFFERS
            return (
                "partial" if situation == Situation.PARTIAL else "review",
                transaction._clover_terminal_sentence(situation),
            )
        if operation.applied_at:
            return self._terminal_result(transaction)
        if operation.state in CLOSED_STATES:
            return "processing", self._result_sentence(operation)
        return self._terminal_under_way(transaction, operation)

    def _result_sentence(self, operation):
        """Return what Clover has answered, while it is being booked."""
        if operation.state == Outcome.SUCCEEDED:
            return self.env._("Approved by the bank. Booking the payment…")
        return self.env._("Not paid. One moment…")

    def _terminal_result(self, transaction):
        if transaction.state in ("done", "authorized"):
            return "approved", self._approved_sentence(transaction)
        state = "cancelled" if transaction.state == "cancel" else "declined"
        return state, transaction.state_message or ""

    def _approved_sentence(self, transaction):
        currency = transaction.currency_id
        sentence = self.env._(
            "Approved: %(amount)s, %(card)s.",
            amount=currency.format(transaction.amount),
            card=self._card_label(transaction),
        )
        if not transaction.clover_tip_amount:
            return sentence
        return self.env._(
            "%(sentence)s Tip: %(tip)s.",
            sentence=sentence,
            tip=currency.format(transaction.clover_tip_amount),
        )

    def _terminal_under_way(self, transaction, operation):
        terminal = transaction.clover_terminal_id.name
        if operation.clover_cancel_requested_at:
            return self._cancelling(transaction, operation, terminal)
        situation = SITUATION_OF_CODE.get(operation.error_code)
        if operation.state == READY and operation.attempt_count:
            return "sending", self.env._(
                "%s Odoo tries again.",
                transaction._clover_terminal_sentence(situation or Situation.NOT_SENT),
            )
        if operation.state == READY:
            return "sending", self.env._("Sending to %s…", terminal)
        if self._is_at_terminal(operation):
            return "waiting", self.env._(
                "Waiting for the customer at %(terminal)s (started by %(user)s).",
                terminal=terminal,
                user=operation.user_id.name,
            )
        return "checking", self.env._(
            "%s Do not charge again: this page shows the result by itself.",
            transaction._clover_terminal_sentence(situation or Situation.NO_ANSWER),
        )

    def _is_at_terminal(self, operation):
        """Return whether a request is with the terminal right now, the first or a repeated one."""
        current = operation.attempt_ids.filtered(lambda one: not one.outcome)[:1]
        is_leased = operation.lease_until and operation.lease_until > fields.Datetime.now()
        return bool(is_leased) and current.action in ("call", "repeat")

    def _cancelling(self, transaction, operation, terminal):
        state = "waiting" if self._is_at_terminal(operation) else "checking"
        situation = SITUATION_OF_CODE.get(operation.clover_cancel_error)
        if not situation:
            return state, self.env._("Cancelling on %s…", terminal)
        return state, self.env._(
            "%(reason)s Cancel on %(terminal)s itself.",
            reason=transaction._clover_terminal_sentence(situation),
            terminal=terminal,
        )

    def _issue_sentences(self, transaction):
        sentences = {
            "signature": self.env._("Compare the signature with the card."),
            "duplicate": self.env._("Clover takes this for a second payment of the same kind."),
            "offline": self.env._(
                "The terminal was offline: the bank has not said yes yet, and may still say no."
            ),
            "partial": self.env._("Only a part of the amount was approved."),
        }
        names = (transaction.clover_issues or "").split(",")
        told = [sentences[name] for name in names if name in sentences]
        words = [
            self.env._("Clover says: %s", text)
            for text in (transaction.clover_issue_texts or "").splitlines()
        ]
        return told + words
