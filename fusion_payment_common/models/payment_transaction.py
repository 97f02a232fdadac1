import logging
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..exceptions import TransactionNotCommitted
from ..lib.ledger import Intent
from ..lib.outcome import Outcome
from ..tools.amounts import to_amount, to_money
from ..tools.cursors import CONFLICTS

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    _name = "payment.transaction"
    _inherit = ["payment.transaction", "fusion.operation.handler"]

    # Events and answers are matched to a payment by it.
    provider_reference = fields.Char(index="btree_not_null")
    fusion_outcome_unknown = fields.Boolean(
        string="Outcome Unknown",
        readonly=True,
        copy=False,
        help="The provider did not answer: it may or may not have moved the money. Odoo is finding "
        "out by itself; nobody may charge again meanwhile.",
    )
    fusion_operation_ids = fields.Many2many(
        "fusion.operation", string="Operations", compute="_compute_fusion_operation_ids"
    )
    # ``amount`` excludes the surcharge, which is charged on top and booked separately.
    fusion_surcharge_amount = fields.Monetary(
        string="Surcharge",
        readonly=True,
        copy=False,
        help="Added to the amount because a credit card was used; negative when it is given back.",
    )
    fusion_surcharge_origin = fields.Selection(
        [("own", "Odoo"), ("provider", "Payment provider")],
        string="Surcharge Added By",
        readonly=True,
        copy=False,
    )
    fusion_surcharge_move_id = fields.Many2one(
        "account.move",
        string="Surcharge Document",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    fusion_card_amount = fields.Monetary(
        string="Charged to the Card", compute="_compute_fusion_card_amount"
    )

    def _compute_fusion_operation_ids(self):
        # Match by reference: the ledger is written on another cursor, which may not see the
        # transaction yet.
        operations = self.env["fusion.operation"].search(
            [("reference", "in", self.mapped("reference"))]
        )
        for transaction in self:
            transaction.fusion_operation_ids = operations.filtered(
                lambda operation, tx=transaction: operation.reference == tx.reference
                and operation.provider_code == tx.provider_code
            )

    def _compute_fusion_card_amount(self):
        for transaction in self:
            transaction.fusion_card_amount = transaction.currency_id.round(
                transaction.amount + transaction.fusion_surcharge_amount
            )

    # === AMOUNTS === #

    def _fusion_money(self, amount):
        """Return an amount in the currency of this transaction as money in minor units."""
        return to_money(amount, self.currency_id)

    def _fusion_own_surcharge(self):
        """Return the surcharge that Odoo adds itself, as money without sign."""
        self.ensure_one()
        own = self.fusion_surcharge_amount if self.fusion_surcharge_origin == "own" else 0.0
        return self._fusion_money(abs(own))

    def _fusion_requested_amount(self):
        """Return the amount to request from the provider, in the currency, with its sign."""
        self.ensure_one()
        own = self.fusion_surcharge_amount if self.fusion_surcharge_origin == "own" else 0.0
        return self.currency_id.round(self.amount + own)

    def _fusion_extras(self):
        """Return what is requested from the provider beyond the amount, as money without sign."""
        self.ensure_one()
        return self._fusion_money(abs(self._fusion_requested_amount()) - abs(self.amount))

    def _fusion_open_amount(self):
        """Return the part of this payment or authorization that its captures do not cover."""
        self.ensure_one()
        parts = self.child_transaction_ids.filtered(
            lambda tx: tx.operation == self.operation and tx.state in ("pending", "done", "cancel")
        )
        return self.currency_id.round(self.amount - sum(parts.mapped("amount")))

    def _fusion_is_followed_by(self, operation, later):
        """Override of `fusion_payment_common`: captures share the id of their authorization."""
        source = self.search([("reference", "=", later.reference)]).source_transaction_id
        return bool(source) and operation.reference in source.mapped("reference")

    # === BUSINESS METHODS - OPERATIONS === #

    def _fusion_perform(self, intent, *, check=None):
        """Carry out the intent of a *committed* transaction and book its result.

        Nothing is written on the caller's cursor, so the caller may be run again or rolled back:
        the ledger and the books are written in separate transactions.

        :param intent: see :meth:`_fusion_intent`
        :param check: see :meth:`FusionOperation._perform`
        :return: the :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer`
        :raise OperationInProgress: another operation holds one of the documents
        """
        self.ensure_one()
        # Elevated: clerks may collect, but cannot write the ledger.
        operations = self.env["fusion.operation"].sudo()
        operation_id, answer = operations._perform(intent, check=check)
        operations._settle(operation_id)
        self.env.invalidate_all()
        return answer

    def _fusion_perform_within(self, intent, *, check=None):
        """Carry out the intent of a transaction that the caller has *not* committed yet.

        Core creates and charges some transactions at once (saved cards, refunds). The ledger is
        still written separately. The answer is applied on the caller's cursor, as core expects, and
        the documents are released after the caller commits. If the caller rolls back although
        money moved, the completer creates the transaction again and books it.

        :return: the ``Answer``, or None when nothing was sent; the transaction is then in error
        """
        self.ensure_one()
        # Elevated: users may pay and refund, but cannot write the ledger.
        operations = self.env["fusion.operation"].sudo()
        operations._follow_caller(intent.idempotency_key)
        try:
            operation_id, answer = operations._perform(intent, check=check)
        except UserError as error:
            # Several payments may be made at once: one that cannot start must not undo the others.
            self._set_error(str(error))
            return None
        self._fusion_take(answer, kind=intent.kind)

        @self.env.cr.postcommit.add
        def settle():
            operations._settle(operation_id)

        return answer

    def _fusion_intent(self, kind, *, parameters, payload, key, external_reference, lease_seconds):
        """Return the intent to do ``kind`` for this transaction.

        :param dict parameters: the parameters of the idempotency key (minor units, no floats)
        :param dict payload: JSON-safe request of the provider's client, kept to repeat the call
        :param float lease_seconds: more than the call can take
        """
        self.ensure_one()
        return Intent(
            kind=kind,
            provider_code=self.provider_code,
            handler=self._name,
            idempotency_key=key,
            reference=self.reference,
            external_reference=external_reference,
            parameters=parameters,
            payload={**payload, "transaction": self._fusion_recreation_values()},
            company_id=self.company_id.id,
            amount=abs(self._fusion_requested_amount()),
            currency_id=self.currency_id.id,
            documents=self._fusion_documents(),
            lease_seconds=lease_seconds,
            summary={name: value for name, value in parameters.items() if name != "source"},
        )

    def _fusion_documents(self):
        """Return the ``(model, id)`` pairs that an operation of this transaction must hold.

        Core links every transaction of a batch to all invoices of the batch; the payment is linked
        to its own.
        """
        self.ensure_one()
        invoices = self.payment_id.invoice_ids or self.invoice_ids
        documents = [("account.move", move_id) for move_id in sorted(invoices.ids)]
        return tuple(documents) or ((self._name, self.id),)

    def _fusion_recreation_values(self):
        """Return JSON-safe values to create this transaction again."""
        return {
            "reference": self.reference,
            "provider_id": self.provider_id.id,
            "payment_method_id": self.payment_method_id.id,
            "amount": self.amount,
            "currency_id": self.currency_id.id,
            "partner_id": self.partner_id.id,
            "token_id": self.token_id.id,
            "operation": self.operation,
            "source_transaction_id": self.source_transaction_id.id,
            "invoice_ids": (self.payment_id.invoice_ids or self.invoice_ids).ids,
            "fusion_surcharge_amount": self.fusion_surcharge_amount,
            "fusion_surcharge_origin": self.fusion_surcharge_origin,
        }

    # === OPERATION HANDLER === #

    def _fusion_apply(self, operation, answer):
        """Override of the operation handler: apply the answer to the transaction.

        It uses core's ``_process``, so core compares amount and currency and sets the state.
        Post-processing follows at once; if that fails, the money is still recorded as received and
        core's scheduler retries.

        :raise TransactionNotCommitted: the caller's transaction may still be open
        """
        transaction = self.search(
            [
                ("reference", "=", operation.reference),
                ("provider_code", "=", operation.provider_code),
            ]
        )
        if not transaction:
            if answer.outcome != Outcome.SUCCEEDED:
                return
            transaction = self._fusion_recreate(operation)
        difference = transaction._fusion_difference(answer, kind=operation.kind)
        if difference and operation.resolved_by_id:
            # A Manager has checked and named the provider's record: book the amount that moved.
            answer = replace(answer, data={**answer.data, "accepted_difference": True})
        elif difference:
            operation._require_review(difference)
        transaction._fusion_take(answer, kind=operation.kind)
        if transaction.state == "done" and not transaction.is_post_processed:
            transaction._fusion_post_process(operation)

    def _fusion_recreate(self, operation):
        """Create the transaction of a caller that was rolled back although money moved."""
        if not operation._caller_is_gone():
            raise TransactionNotCommitted(operation.reference)
        values = dict(operation.request_payload["transaction"])
        values["invoice_ids"] = [
            Command.set(self.env["account.move"].browse(values["invoice_ids"]).exists().ids)
        ]
        _logger.warning(
            "Transaction %s was rolled back after the provider had carried it out; it is created "
            "once more from the ledger",
            operation.reference,
        )
        return self.create(values)

    def _fusion_take(self, answer, *, kind):
        """Let core process the answer.

        Money that moved otherwise than asked is put before a person instead of being called an
        error, which would allow to move it once more.
        """
        if answer.data.get("accepted_difference") and self.state != "done":
            moved = answer.data["amount"] - self._fusion_extras().minor
            self.amount = to_amount(-moved if self.amount < 0 else moved, self.currency_id)
        if difference := self._fusion_difference(answer, kind=kind):
            answer = replace(answer, outcome=Outcome.UNKNOWN, review=difference)
        self.fusion_outcome_unknown = answer.outcome == Outcome.UNKNOWN
        self._process(self.provider_code, self._fusion_payment_data(answer, kind=kind))

    def _fusion_difference(self, answer, *, kind):
        """Return in words how a success differs from what this transaction asked for, or None.

        Nothing is compared if the transaction is done, or if a card is only saved and there is no
        amount.
        """
        if answer.outcome != Outcome.SUCCEEDED or answer.review or self.state == "done":
            return None
        if self.operation == "validation":
            return None
        moved = self._extract_amount_data(self._fusion_payment_data(answer, kind=kind))
        if moved is None:
            return None
        amount, currency = moved.get("amount") or 0.0, moved.get("currency_code")
        is_same_amount = not self.currency_id.compare_amounts(amount, abs(self.amount))
        if is_same_amount and currency == self.currency_id.name:
            return None
        return self.env._(
            "The provider moved %(moved)s %(moved_currency)s under %(reference)s (%(ref)s), "
            "%(asked)s %(currency)s were asked for.",
            moved=amount,
            moved_currency=currency or "",
            reference=self.reference,
            ref=answer.provider_reference or "-",
            asked=abs(self.amount),
            currency=self.currency_id.name,
        )

    def _fusion_payment_data(self, answer, *, kind):
        """Return the data for core's ``_process``: the answer in a form common to all providers."""
        return {
            "reference": self.reference,
            "kind": kind,
            "outcome": str(answer.outcome),
            "provider_reference": answer.provider_reference,
            "review": answer.review,
            "error_code": answer.error_code,
            **answer.data,
        }

    def _fusion_restore_payment(self):
        """Restore the payment of a saved-card charge that went through after all.

        Core cancels the payment if the charge is not done when the call returns.
        """
        for transaction in self:
            if transaction.payment_id.state == "canceled":
                transaction.payment_id._fusion_restore(transaction.invoice_ids)

    def _fusion_post_process(self, operation):
        """Book the received money now; if that fails, core's scheduler books it.

        :param operation: the operation of the payment; empty if the money moved without Odoo
        """
        try:
            with self.env.cr.savepoint():
                self._post_process()
        except CONFLICTS:
            # Not an accounting problem: the transaction is run again on a fresh snapshot.
            raise
        except Exception:
            # An accounting problem (locked period, missing journal) must not make a received
            # payment look unpaid. Core's scheduler retries.
            _logger.exception("Transaction %s is paid but cannot be booked yet", self.reference)
            if operation:
                operation._alert(
                    self.env._(
                        "%s is paid but cannot be booked: check the journal and the lock dates.",
                        self.reference,
                    )
                )

    def _fusion_apply_outcome(self, payment_data, *, declined_message):
        """Set the state of the transaction that corresponds to the outcome.

        :param dict payment_data: see :meth:`_fusion_payment_data`
        :param str declined_message: sentence for a clerk or customer when nothing was charged
        """
        self.ensure_one()
        outcome = Outcome(payment_data["outcome"])
        if payment_data.get("review") or outcome in (Outcome.UNKNOWN, Outcome.PENDING):
            if self.state == "draft":
                self._set_pending(state_message=self._fusion_pending_message(payment_data))
            return
        if outcome == Outcome.SUCCEEDED:
            if self.state == "done":
                return
            if payment_data.get("captured", True):
                # A payment that was cancelled in Odoo may still have succeeded at the provider.
                self._set_done(extra_allowed_states=("cancel",))
            else:
                self._set_authorized(extra_allowed_states=("error", "cancel"))
            return
        self._set_error(declined_message)

    def _fusion_pending_message(self, payment_data):
        if payment_data.get("review"):
            return self.env._("A manager has to compare this payment with the provider's records.")
        return self.env._(
            "We are checking with %s whether this payment went through. Do not charge again.",
            self.provider_id.name,
        )

    # === ACTION METHODS === #

    @api.private
    def fusion_complete_now(self):
        """Complete the due operations of these transactions now."""
        for transaction in self:
            self.env["fusion.operation"].sudo()._complete_due(reference=transaction.reference)
        self.env.invalidate_all()
