"""Kinds of operations on an existing charge; their transaction is core's child transaction."""

from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ... import const
from ...client.answers_capture import capture_answer, carry_out_capture, find_capture
from ...client.answers_refund import carry_out_refund, find_refund, refund_answer
from ...client.followups import CaptureRequest, RefundRequest
from ..kinds import Kind, register, since_ms

#: Kinds with a child transaction of core that do not need the customer to be present.
CHILD_KINDS = ("refund", "void", "capture")


class ChildKind(Kind):
    """An operation on an existing charge; all share the wording of refusals."""

    def refusal(self, transaction, payment_data):
        """Return why nothing was refunded, released or captured."""
        env = transaction.env
        reason = {
            Outcome.NOT_SENT: env._("Clover could not be reached. Try again."),
            Outcome.DECLINED: env._("The bank refused it."),
        }.get(
            Outcome(payment_data["outcome"]),
            env._("Clover did not accept the request (%s).", payment_data.get("error_code") or "-"),
        )
        return f"{reason} {self.nothing_happened(env)}"

    def nothing_happened(self, env):
        """Return the sentence that nothing was refunded, released or captured."""
        raise NotImplementedError

    def pending_message(self, transaction, payment_data):
        """Return what is being checked; None for the default message if a Manager must review."""
        return None if payment_data.get("review") else self.being_checked(transaction.env)

    def being_checked(self, env):
        """Return the sentence on what is being checked with Clover."""
        raise NotImplementedError


class GivingBack(ChildKind):
    """A refund or a void. Both are the same request; Clover decides which of them it performs."""

    request_class = RefundRequest

    def call(self, transactions, operation, observer):
        """Return the function that requests the refund."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        key = operation.idempotency_key
        return lambda: carry_out_refund(client, request, key)

    def lookup(self, transactions, operation, observer):
        """Return the function that looks up the refund among those of the charge."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        since = since_ms(operation)
        others = transactions.search(
            [
                ("source_transaction_id.provider_reference", "=", request.charge_id),
                ("provider_code", "=", const.PROVIDER_CODE),
                ("provider_reference", "!=", False),
                ("reference", "!=", operation.reference),
            ]
        ).mapped("provider_reference")
        return lambda: find_refund(client, request, others, since)

    def retrieve(self, transactions, operation, provider_reference, observer):
        """Return the function that reads the refund that a Manager has named."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        return lambda: refund_answer(client.refunds.retrieve(provider_reference), request)

    def recorded_values(self, transaction, payment_data):
        """Extend to record whether Clover performed a void or a refund."""
        recorded = super().recorded_values(transaction, payment_data)
        voided = payment_data.get("voided")
        if voided is not None:
            recorded["clover_returned_as"] = "void" if voided else "refund"
        return recorded


@register("refund")
class Refund(GivingBack):
    """A refund of a payment to its card."""

    def send(self, transaction):
        """Refund the amount of this child transaction, exactly once."""
        transaction._clover_send_child("refund")

    def nothing_happened(self, env):
        """Return the sentence that nothing was given back."""
        return env._("Nothing was given back.")

    def being_checked(self, env):
        """Return the sentence that the refund is being checked."""
        return env._(
            "We are checking with Clover whether this refund went through. Do not refund again."
        )


@register("void")
class Void(GivingBack):
    """The release of an authorization."""

    def apply_outcome(self, transaction, payment_data):
        """Extend to cancel the child transaction of a successful void, as core does."""
        if not payment_data.get("review"):
            if transaction.state == "cancel":
                return
            if payment_data["outcome"] == Outcome.SUCCEEDED:
                transaction._set_canceled(
                    state_message=transaction.env._("Clover released the authorization."),
                    extra_allowed_states=("error",),
                )
                return
        super().apply_outcome(transaction, payment_data)

    def nothing_happened(self, env):
        """Return the sentence that nothing was released."""
        return env._("Nothing was released.")

    def being_checked(self, env):
        """Return the sentence that the release is being checked."""
        return env._("We are checking with Clover whether the authorization was released.")


@register("capture")
class Capture(ChildKind):
    """The capture of all or a part of an authorization."""

    request_class = CaptureRequest

    def call(self, transactions, operation, observer):
        """Return the function that captures."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        key = operation.idempotency_key
        return lambda: carry_out_capture(client, request, key)

    def lookup(self, transactions, operation, observer):
        """Return the function that looks up whether the charge is captured."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        return lambda: find_capture(client, request)

    def retrieve(self, transactions, operation, provider_reference, observer):
        """Return the function that reads the charge that a Manager has named."""
        client = operation._clover_client(observer)
        request = self.request_of(operation)
        return lambda: capture_answer(client.charges.retrieve(provider_reference), request)

    def apply_outcome(self, transaction, payment_data):
        """Extend to close the rest of the authorization: Clover captures only once."""
        super().apply_outcome(transaction, payment_data)
        transaction._clover_close_rest()

    def nothing_happened(self, env):
        """Return the sentence that nothing was captured."""
        return env._("Nothing was captured.")

    def being_checked(self, env):
        """Return the sentence that the capture is being checked."""
        return env._(
            "We are checking with Clover whether the amount was captured. Do not charge again."
        )
