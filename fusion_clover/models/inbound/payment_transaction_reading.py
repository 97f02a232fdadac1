import logging

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.exceptions import EventTooEarly
from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES
from odoo.addons.fusion_payment_common.tools.amounts import to_amount, to_money
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ... import const
from ...client.answers_payment import is_captured, payment_answer, return_answer, returns_of
from ..refund.kinds import CHILD_KINDS
from ..refund.payment_transaction_refundable import COUNTING_STATES

_logger = logging.getLogger(__name__)

#: States in which Odoo believes that no money came.
NOT_PAID = ("draft", "pending", "error", "cancel")


class PaymentTransaction(models.Model):
    """Bring a payment that was read from Clover into its transaction, whoever made the change.

    Called by webhooks, polling and the comparison, in any order and any number of times.
    """

    _inherit = "payment.transaction"

    clover_surplus_returns = fields.Json(
        readonly=True,
        copy=False,
        help="Refunds at Clover that nothing was left for, and that a person was told of.",
    )

    # === WHICH TRANSACTION === #

    @api.model
    def _clover_take_reading(self, provider, payment):
        """Bring a payment that was read from Clover into Odoo, wherever it belongs.

        :param provider: the Clover provider of the merchant who has it
        :param payment: a :class:`~odoo.addons.fusion_clover.client.types.Payment`
        :return: whether it is of any concern to us
        :raise EventTooEarly: an operation on it is open; try again in a moment
        """
        # Elevated: nobody's action, and for all companies' documents alike.
        transactions = self.sudo().with_company(provider.company_id)
        operation = transactions._clover_operation_of(provider, payment)
        if operation and not operation.applied_at and not operation.review_reason:
            # The operation that sent the request books its result.
            # Committed on its own: the exception below rolls everything else back.
            in_own_transaction(self.env, lambda env: operation.with_env(env)._hasten())
            raise EventTooEarly(operation.reference)
        transaction = transactions._clover_transaction_of(provider, payment)
        if transaction:
            transaction._clover_take_own_reading(payment)
            return True
        return transactions.env["clover.unmatched.payment"]._note(provider, payment)

    @api.model
    def _clover_operation_of(self, provider, payment):
        """Return the operation that asked for the payment; it is there before its transaction."""
        references = [
            reference
            for reference in (payment.external_reference_id, payment.external_payment_id)
            if reference
        ]
        if not references:
            return self.env["fusion.operation"]
        return self.env["fusion.operation"].search(
            [
                ("provider_code", "=", const.PROVIDER_CODE),
                ("company_id", "=", provider.company_id.id),
                ("external_reference", "in", references),
                ("kind", "not in", CHILD_KINDS),
            ],
            limit=1,
        )

    @api.model
    def _clover_transaction_of(self, provider, payment):
        """Return the transaction of a payment, by Clover's id or by our reference; or none.

        An authorization and its capture share Clover's id: what was captured is what counts.
        """
        references = {payment.external_reference_id, payment.external_payment_id} - {None, ""}
        found = self.search(
            [
                ("provider_id", "=", provider.id),
                ("operation", "not in", ("refund", "validation")),
                "|",
                ("provider_reference", "=", payment.id),
                ("clover_external_reference", "in", list(references)),
            ]
        )
        captured = found.filtered(lambda tx: tx.source_transaction_id and tx.state == "done")
        originals = found.filtered(lambda tx: not tx.source_transaction_id)
        by_id = originals.filtered(lambda tx: tx.provider_reference == payment.id)
        return captured[:1] or by_id[:1] or originals[:1]

    # === THE PAYMENT === #

    def _clover_take_own_reading(self, payment):
        """Bring this transaction to where Clover is; see :meth:`_clover_take_reading`.

        What is there already is left alone.
        """
        self.ensure_one()
        holders = self._clover_holders()
        if holders.filtered("review_reason"):
            # A Manager has to decide what moved; this is a part of that decision.
            return
        if holders:
            raise EventTooEarly(self.reference)
        self._clover_serialize()
        if payment.is_failed or payment.is_pending:
            return
        if self.state in NOT_PAID:
            self._clover_take_payment(payment)
        elif self.state == "authorized":
            self._clover_take_end_of_authorization(payment)
        else:
            self._clover_take_returns(payment)

    def _clover_holders(self):
        """Return the open operations on this payment, or on its source."""
        held = [
            ("res_model", "=", self._name),
            ("res_id", "in", (self | self.source_transaction_id).ids),
        ]
        return self.env["fusion.operation.hold"].search(held).operation_id

    def _clover_take_payment(self, payment):
        """Book a payment that Clover has although Odoo took it for not made."""
        if not payment.is_approved:
            return
        if not self._clover_is_as_asked(payment):
            self._clover_report_difference(payment)
            return
        answer = payment_answer(payment, default_currency=self.currency_id.name)
        self._fusion_take(answer, kind="charge" if is_captured(payment) else "authorize")
        if self.state == "done":
            self._fusion_post_process(self.fusion_operation_ids[:1])
            self._clover_take_returns(payment)

    def _clover_is_as_asked(self, payment):
        return (payment.charged, payment.currency or self.currency_id.name) == (
            self._clover_money().minor,
            self.currency_id.name,
        )

    def _clover_report_difference(self, payment):
        """Have a Manager decide about money that moved differently from what was asked."""
        reason = self.env._(
            "Clover has payment %(payment)s of %(theirs)s %(currency)s (minor units) under this "
            "reference; %(ours)s were asked for.",
            payment=payment.id,
            theirs=payment.charged,
            currency=payment.currency or "",
            ours=self._clover_money().minor,
        )
        operation = self.fusion_operation_ids.filtered(lambda one: one.kind not in CHILD_KINDS)[:1]
        if operation and operation.state in CLOSED_STATES and not operation.review_reason:
            operation._require_review(reason)
        _logger.warning("Transaction %s: %s", self.reference, reason)

    # === WHAT BECAME OF AN AUTHORIZATION === #

    def _clover_take_end_of_authorization(self, payment):
        """Book a capture or a release that was made in the dashboard."""
        if payment.is_voided:
            self._set_canceled(
                state_message=self.env._("It was released in Clover's dashboard.")
            )
            return
        if not payment.is_approved or not is_captured(payment):
            return
        taken = to_amount(payment.charged, self.currency_id)
        if self.currency_id.compare_amounts(taken, self.amount) > 0:
            self._clover_report_difference(payment)
            return
        capture = self._create_child_transaction(taken, clover_made_outside=True)
        answer = payment_answer(payment, default_currency=self.currency_id.name)
        capture._fusion_take(answer, kind="capture")
        capture._fusion_post_process(capture.fusion_operation_ids)
        capture._clover_take_returns(payment)

    # === WHAT WENT BACK === #

    def _clover_take_returns(self, payment):
        """Book refunds and voids that were made elsewhere."""
        if self.state != "done" or self._clover_captures(states=("done",)):
            return
        counting = self.child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund" and tx.state in COUNTING_STATES
        )
        known = set(counting.mapped("provider_reference"))
        for one in returns_of(payment):
            if one.id not in known:
                self._clover_take_return(one)

    def _clover_take_return(self, one):
        """Book one refund or void as core books one of its own."""
        left = self._clover_left()
        amount, extras = left, {}
        if one.amount is not None:
            amount, extras = self._clover_return_parts(to_amount(one.amount, self.currency_id))
        nothing_left = self.currency_id.compare_amounts(left, 0) <= 0
        if nothing_left and one.is_void and self._clover_is_voided_here():
            # The void is one of our refunds, which is stored under the id of the refund.
            return
        if nothing_left or self.currency_id.compare_amounts(amount, left) > 0:
            self._clover_report_surplus(one)
            return
        child = self._create_child_transaction(
            amount, is_refund=True, clover_made_outside=True, **extras
        )
        answer = return_answer(
            one,
            amount=child._clover_money().minor,
            currency=self.currency_id.name,
            additional_charges=self._clover_added_left() if one.is_void else one.additional_charges,
        )
        child._fusion_take(answer, kind="refund")
        child.state_message = self.env._("It was made in Clover's dashboard or on a device.")
        child._fusion_post_process(child.fusion_operation_ids)
        self._clover_ask_for_credit_note(child)

    def _clover_is_voided_here(self):
        """Return whether a void at Clover is one of our refunds; a credit is none."""
        return any(not refund.clover_credit_reason for refund in self._clover_given_back())

    def _clover_added_left(self):
        """Return what is left, in minor units, of the surcharge that Clover added itself."""
        if self.fusion_surcharge_origin != "provider":
            return 0
        given_back = self.child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund" and tx.state == "done"
        )
        left = self.fusion_surcharge_amount + sum(given_back.mapped("fusion_surcharge_amount"))
        return max(to_money(left, self.currency_id).minor, 0)

    def _clover_return_parts(self, moved):
        """Return what of an amount on the card is the document's, and values for the rest of it.

        :param float moved: in the currency; Clover's own surcharge not counted
        """
        amount = self._clover_document_part(moved)
        tip = self._clover_tip_back(amount)
        if self.currency_id.compare_amounts(moved, amount + tip) < 0:
            tip = 0.0
        values = {"clover_tip_amount": -tip}
        if self.fusion_surcharge_origin == "own":
            share = self.currency_id.round(moved - amount - tip)
            values |= {"fusion_surcharge_amount": -share, "fusion_surcharge_origin": "own"}
        return amount, values

    def _clover_report_surplus(self, one):
        """Schedule an activity, once, about a refund at Clover that exceeds what was left."""
        if one.id in (self.clover_surplus_returns or []):
            return
        self.clover_surplus_returns = [*(self.clover_surplus_returns or []), one.id]
        moved = self.fusion_card_amount
        if one.amount is not None:
            moved = to_amount(one.amount, self.currency_id)
        amount = self.currency_id.format(moved)
        left = self.currency_id.format(max(self._clover_left(), 0))
        _logger.warning(
            "Clover gave back %s of %s (%s), of which %s is left",
            amount,
            self.reference,
            one.id,
            left,
        )
        alerts = self.env["fusion.alert"]
        for document in (*self.invoice_ids, *self.sale_order_ids):
            alerts._schedule_once(
                document,
                f"surplus {one.id}",
                alerts._recipient(self.company_id),
                summary=self.env._("More was given back than was left"),
                note=self.env._(
                    "Clover gave back %(amount)s of payment %(reference)s (%(ref)s), of which only "
                    "%(left)s is left in Odoo. It is not booked: compare with Clover's dashboard.",
                    amount=amount,
                    reference=self.reference,
                    ref=one.id,
                    left=left,
                ),
            )

    def _clover_ask_for_credit_note(self, refund):
        """Schedule an activity for the salesperson: the money went back without Odoo."""
        alerts = self.env["fusion.alert"]
        for move in self.invoice_ids:
            alerts._schedule_once(
                move,
                f"refund {refund.reference}",
                alerts._recipient(self.company_id, preferred=move.invoice_user_id),
                summary=self.env._("Refunded at Clover"),
                note=self.env._(
                    "%(amount)s went back to the customer in Clover's dashboard (%(reference)s). "
                    "The payment is booked; add a credit note if the invoice is not owed any more.",
                    amount=self.currency_id.format(abs(refund.amount)),
                    reference=refund.reference,
                ),
            )
