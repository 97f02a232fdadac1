from odoo import fields, models

from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES, READY
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ...client.terminal_errors import CANCELLED
from ...client.terminal_outcomes import ASKING, Situation
from ..fusion_operation import TERMINAL_CHARGE, channel_of
from .words import SITUATION_OF_CODE

#: States in which the terminal can still be asked to cancel.
CANCELLABLE = ("sending", "waiting", "checking")


class PaymentTransaction(models.Model):
    """The live status of a payment or refund at a terminal, for dialogs and routes."""

    _inherit = "payment.transaction"

    def _clover_terminal_status(self):
        """Return the status of this payment or refund at its terminal, from the database only.

        An empty recordset, before the first transaction is created, has the state ``ready``.

        :return: a dictionary

            * ``state``: ready, sending, waiting (for the customer), processing (the answer is
              being booked), checking (the outcome is unknown), partial or review (a user must
              decide), approved, declined, cancelled
            * ``message``: a sentence on the state and what to do
            * ``seconds`` since the start
            * ``channel``: the bus channel that announces changes
            * ``can_cancel``: whether a cancel can be requested; ``cancelling``: whether it was
            * ``can_decide``: whether the user can keep or refund the payment; ``issues``: Clover's
              warnings as sentences; ``signature``: as the source of an image
            * ``receipt``: a sentence on the customer's receipt
        """
        operation = self.fusion_operation_ids[:1]
        state = terminal_state(self, operation)
        is_cancellable = state in CANCELLABLE
        return {
            "state": state,
            "message": self._clover_status_sentence(state, operation),
            "seconds": _seconds_since(operation.started_at or operation.create_date),
            "channel": channel_of(self.reference) if self else "",
            "can_cancel": is_cancellable and operation._clover_can_cancel(),
            "cancelling": is_cancellable and bool(operation.clover_cancel_requested_at),
            **self._clover_status_of_payment(state),
        }

    def _clover_status_of_payment(self, state):
        """Return the part of the status that is filled for approved or partial payments only."""
        is_paid = state == "approved" and self.operation != "refund"
        is_undecided = bool(self.clover_issues) and not self.clover_issue_decision
        return {
            "can_decide": state == "partial" or (is_paid and is_undecided),
            "issues": self._clover_issue_sentences() if is_paid else [],
            "signature": (is_paid and self._clover_signature_uri()) or "",
            "receipt": self._clover_receipt_sentence() if is_paid else "",
        }

    # === SENTENCES === #

    def _clover_status_sentence(self, state, operation):
        if state in ("partial", "review"):
            return self._clover_review_sentence(operation)
        if state == "processing":
            return self._clover_booking_sentence(operation)
        if state in CANCELLABLE and operation.clover_cancel_requested_at:
            return self._clover_cancelling_sentence(operation)
        if state == "sending":
            return self._clover_sending_sentence(operation)
        if state == "waiting":
            return self._clover_waiting_sentence(operation)
        if state == "checking":
            return self._clover_checking_sentence(operation)
        if state == "approved":
            return self._clover_terminal_approved_sentence()
        return self.state_message or ""

    def _clover_review_sentence(self, operation):
        if self.operation == "refund":
            return self.env._(
                "Clover gave back otherwise than was asked. A manager has to look at it. Do not "
                "refund again."
            )
        situation = _situation_of(operation)
        known = situation if situation in ASKING else Situation.AMOUNT_DIFFERS
        return self._clover_terminal_sentence(known)

    def _clover_booking_sentence(self, operation):
        """Return Clover's answer as a sentence while it is being booked."""
        is_good = operation.state == Outcome.SUCCEEDED
        if self.operation == "refund":
            if is_good:
                return self.env._("Given back. Booking the refund…")
            return self.env._("Not given back. One moment…")
        if is_good:
            return self.env._("Approved by the bank. Booking the payment…")
        return self.env._("Not paid. One moment…")

    def _clover_cancelling_sentence(self, operation):
        terminal = self.clover_terminal_id.name
        failed = SITUATION_OF_CODE.get(operation.clover_cancel_error)
        if not failed:
            return self.env._("Cancelling on %s…", terminal)
        return self.env._(
            "%(reason)s Cancel on %(terminal)s itself.",
            reason=self._clover_terminal_sentence(failed),
            terminal=terminal,
        )

    def _clover_sending_sentence(self, operation):
        if not operation.attempt_count:
            return self.env._("Sending to %s…", self.clover_terminal_id.name)
        situation = _situation_of(operation) or Situation.NOT_SENT
        return self.env._("%s Odoo tries again.", self._clover_terminal_sentence(situation))

    def _clover_waiting_sentence(self, operation):
        terminal, user = self.clover_terminal_id.name, operation.user_id.name
        if self.operation == "refund":
            return self.env._(
                "Ask the customer to present the card at %(terminal)s (started by %(user)s).",
                terminal=terminal,
                user=user,
            )
        return self.env._(
            "Waiting for the customer at %(terminal)s (started by %(user)s).",
            terminal=terminal,
            user=user,
        )

    def _clover_checking_sentence(self, operation):
        situation = _situation_of(operation) or Situation.NO_ANSWER
        reason = self._clover_terminal_sentence(situation)
        if self.operation == "refund":
            return self.env._(
                "%s Do not refund again: this page shows the result by itself.", reason
            )
        return self.env._("%s Do not charge again: this page shows the result by itself.", reason)

    def _clover_terminal_approved_sentence(self):
        if self.operation == "refund":
            return self._clover_child_message()
        sentence = self._clover_approved_sentence(self.amount)
        if not self.clover_tip_amount:
            return sentence
        return self.env._(
            "%(sentence)s Tip: %(tip)s.",
            sentence=sentence,
            tip=self.currency_id.format(self.clover_tip_amount),
        )

    def _clover_issue_sentences(self):
        """Return Clover's warnings: first in Odoo's words, if known, then in Clover's."""
        sentences = {
            "signature": self.env._("Compare the signature with the card."),
            "duplicate": self.env._("Clover takes this for a second payment of the same kind."),
            "offline": self.env._(
                "The terminal was offline: the bank has not said yes yet, and may still say no."
            ),
            "partial": self.env._("Only a part of the amount was approved."),
        }
        names = (self.clover_issues or "").split(",")
        texts = (self.clover_issue_texts or "").splitlines()
        return [
            *(sentences[name] for name in names if name in sentences),
            *(self.env._("Clover says: %s", text) for text in texts),
        ]

    def _clover_receipt_sentence(self):
        """Return a sentence on the receipt that the customer was asked about."""
        return {
            "asking": self.env._("The customer chooses a receipt on the terminal…"),
            "none": self.env._("The customer wants no receipt."),
            "print": self.env._("The receipt is printed on the terminal."),
            "email": self.env._("The receipt is sent by e-mail."),
            "sms": self.env._("The receipt is sent by text message."),
            "failed": self.env._("The receipt was not made. The payment is not affected."),
        }.get(self.clover_receipt_choice, "")


def terminal_state(transaction, operation):
    """Return the state of a payment or refund at a terminal, see ``_clover_terminal_status``.

    :param operation: the transaction's latest operation, or none
    """
    if not operation:
        return "ready"
    if operation.review_reason:
        is_partial = _situation_of(operation) == Situation.PARTIAL
        return "partial" if is_partial and operation.kind == TERMINAL_CHARGE else "review"
    if operation.applied_at:
        return _result_of(transaction, operation)
    if operation.state in CLOSED_STATES:
        return "processing"
    if operation.state == READY and not operation.clover_cancel_requested_at:
        return "sending"
    return "waiting" if _is_at_terminal(operation) else "checking"


def _result_of(transaction, operation):
    if transaction.state in ("done", "authorized"):
        return "approved"
    # Core sets a cancelled refund in error, because nothing was refunded.
    is_cancelled = operation.error_code in (CANCELLED, Situation.NOBODY_PAID)
    return "cancelled" if is_cancelled or transaction.state == "cancel" else "declined"


def _is_at_terminal(operation):
    """Return whether a first or repeated request is at the terminal right now.

    During a repeat the operation's state is still unknown, so the open attempt decides.
    """
    current = operation.attempt_ids.filtered(lambda one: not one.outcome)[:1]
    is_leased = operation.lease_until and operation.lease_until > fields.Datetime.now()
    return bool(is_leased) and current.action in ("call", "repeat")


def _situation_of(operation):
    return SITUATION_OF_CODE.get(operation.error_code)


def _seconds_since(moment):
    return int((fields.Datetime.now() - moment).total_seconds()) if moment else 0
