"""Kinds of operations that wait for a customer at a terminal."""

from odoo import fields
from odoo.exceptions import ValidationError

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.tools.amounts import to_amount

from ... import const
from ...client.answers_terminal import Search, carry_out_payment, find_payment, payment_answer
from ...client.answers_terminal_refund import (
    carry_out_terminal_refund,
    find_terminal_refund,
    read_terminal_refund,
)
from ...client.terminal_errors import CANCELLED, CONFLICT, UNAVAILABLE
from ...client.terminal_outcomes import Situation
from ...client.terminal_types import TerminalPaymentRequest, TerminalRefundRequest
from ..fusion_operation import TERMINAL_CHARGE, TERMINAL_CREDIT, TERMINAL_REFUND
from ..kinds import Kind, register, since_ms
from ..refund.kinds import Refund
from .words import SITUATION_OF_CODE

NOBODY_PAID = str(Situation.NOBODY_PAID)
#: HTTP statuses of requests that were refused before the device showed anything.
NEVER_SHOWN = (409, 503)
#: Seconds before the end of the wait from which an error still means that nobody paid.
WAIT_TOLERANCE = 5


@register(TERMINAL_CHARGE)
class TerminalCharge(Kind):
    """A charge that the customer pays at a terminal."""

    request_class = TerminalPaymentRequest

    def call(self, transactions, operation, observer):
        """Return the function that shows the payment on the terminal and waits for the customer.

        :raise RequestRejectedError: it was cancelled or is no longer due; nothing was sent
        """
        is_repeated = operation.attempt_count > 1
        refuse_cancelled(operation)
        if not is_repeated:
            transactions._clover_check_still_due(operation)
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        key = operation.idempotency_key
        return lambda: carry_out_payment(client, request, key, is_repeated=is_repeated)

    def lookup(self, transactions, operation, observer):
        """Return the function that looks up the outcome of the payment."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        search = search_of(operation)
        return lambda: find_payment(client, request, search)

    def retrieve(self, transactions, operation, provider_reference, observer):
        """Return the function that reads the payment that a Manager has named."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        return lambda: payment_answer(client.payments.retrieve(provider_reference), request)

    def apply_outcome(self, transaction, payment_data):
        """Extend to cancel the transaction if the payment was cancelled or nobody paid."""
        if payment_data.get("error_code") not in (CANCELLED, NOBODY_PAID):
            super().apply_outcome(transaction, payment_data)
        elif transaction.state != "cancel":
            transaction._set_canceled(state_message=self.refusal(transaction, payment_data))

    def recorded_values(self, transaction, payment_data):
        """Extend to record the tip, the signature and Clover's warnings."""
        told = {
            "clover_tip_amount": to_amount(
                payment_data.get("tip_amount") or 0, transaction.currency_id
            ),
            "clover_issues": ",".join(payment_data.get("issues") or ()),
            "clover_issue_texts": "\n".join(payment_data.get("issue_texts") or ()),
            "clover_signature_svg": payment_data.get("signature_svg"),
        }
        recorded = super().recorded_values(transaction, payment_data)
        return recorded | {name: value for name, value in told.items() if value}

    def refusal(self, transaction, payment_data):
        """Return why nothing was charged at the terminal."""
        env = transaction.env
        code = payment_data.get("error_code")
        if code == "not_due":
            return env._("The invoice was paid in the meantime. Nothing was charged.")
        sentence = transaction._clover_terminal_sentence(
            SITUATION_OF_CODE.get(code, Situation.INVALID)
        )
        return env._("%s Nothing was charged.", sentence)

    def pending_message(self, transaction, payment_data):
        """Return the sentence on the terminal's situation; None if there is none."""
        situation = SITUATION_OF_CODE.get(payment_data.get("error_code"))
        if not situation:
            return None
        return transaction.env._(
            "%(sentence)s Do not charge again.",
            sentence=transaction._clover_terminal_sentence(situation),
        )


@register(TERMINAL_REFUND, TERMINAL_CREDIT)
class TerminalRefund(Refund):
    """A refund at a terminal to the card that paid, or a credit to any card."""

    request_class = TerminalRefundRequest

    def send(self, transaction):
        """Queue the refund for the terminal chosen in the dialog, or set it in error."""
        terminal_id = transaction.env.context["clover_refund_terminal_id"]
        terminal = transaction.env["clover.terminal"].browse(terminal_id)
        try:
            transaction._clover_refund_on_terminal(terminal)
        except ValidationError as error:
            transaction._set_error(str(error))

    def call(self, transactions, operation, observer):
        """Return the function that refunds once the card is presented.

        :raise RequestRejectedError: it was cancelled; nothing was sent
        """
        refuse_cancelled(operation)
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        key, is_repeated = operation.idempotency_key, operation.attempt_count > 1
        since = since_ms(operation)
        others = other_credits(operation)
        return lambda: carry_out_terminal_refund(
            client, request, key, is_repeated=is_repeated, since_ms=since, other_ids=others
        )

    def lookup(self, transactions, operation, observer):
        """Return the function that looks up the outcome of the refund or credit."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        search = search_of(operation)
        others = other_credits(operation)
        return lambda: find_terminal_refund(client, request, search, others)

    def retrieve(self, transactions, operation, provider_reference, observer):
        """Return the function that reads the refund or credit that a Manager has named."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        return lambda: read_terminal_refund(client, request, provider_reference)

    def refusal(self, transaction, payment_data):
        """Extend to say what happened at the terminal, if that is why nothing was refunded."""
        env = transaction.env
        situation = SITUATION_OF_CODE.get(payment_data.get("error_code"))
        if not situation:
            return super().refusal(transaction, payment_data)
        if situation == Situation.NOBODY_PAID:
            return env._("The card was not presented in time. Nothing was given back.")
        return env._(
            "%s Nothing was given back.", transaction._clover_terminal_sentence(situation)
        )

    def pending_message(self, transaction, payment_data):
        """Extend to say what is known of the terminal, if anything."""
        situation = SITUATION_OF_CODE.get(payment_data.get("error_code"))
        if not situation or payment_data.get("review"):
            return super().pending_message(transaction, payment_data)
        return transaction.env._(
            "%s Do not refund again.", transaction._clover_terminal_sentence(situation)
        )


def refuse_cancelled(operation):
    """Refuse to send an operation that a clerk has cancelled.

    :raise RequestRejectedError: nothing was sent
    """
    if operation.clover_cancel_requested_at:
        raise errors.RequestRejectedError("cancelled before it was sent", code=CANCELLED)


def search_of(operation):
    """Return the facts for looking up an operation whose answer is missing.

    :rtype: Search
    """
    calls = operation.attempt_ids.filtered(lambda one: one.action in ("call", "repeat"))
    # Elevated: only the ledger may read the stored request.
    wait = operation.sudo().request_payload["request"]["wait"]
    return Search(
        since_ms=since_ms(operation),
        is_wanted=operation.send_until > fields.Datetime.now(),
        is_cancelled=bool(operation.clover_cancel_requested_at),
        never_shown=all(
            one.http_status in NEVER_SHOWN and one.error in (CONFLICT, UNAVAILABLE)
            for one in calls
        ),
        waited_out=any(one.duration_ms >= (wait - WAIT_TOLERANCE) * 1000 for one in calls),
        looked_before=operation.empty_lookup_count > 0,
    )


def other_credits(operation):
    """Return Clover's ids of the credits that belong to other operations."""
    # Elevated: the search covers all companies; no user may read all of them.
    others = operation.sudo().search(
        [
            ("provider_code", "=", const.PROVIDER_CODE),
            ("kind", "=", TERMINAL_CREDIT),
            ("provider_reference", "!=", False),
            ("id", "!=", operation.id),
        ]
    )
    return tuple(others.mapped("provider_reference"))
