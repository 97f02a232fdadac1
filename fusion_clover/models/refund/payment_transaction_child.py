import time

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import errors, idempotency
from odoo.addons.fusion_payment_common.tools.cursors import own_environment

from ... import const
from ...client.followups import CaptureRequest, RefundRequest
from ...client.refund_routing import facts_of
from ..fusion_operation import TERMINAL_REFUND
from ..kinds import KINDS


class PaymentTransaction(models.Model):
    """Requests on an existing charge; ``self`` is core's child transaction."""

    _inherit = "payment.transaction"

    # === BUSINESS METHODS - REQUESTS === #

    def _create_child_transaction(self, amount, is_refund=False, **custom_create_values):
        """Override of `payment` to create one refund, void or capture of a payment at a time.

        Concurrent ones would get the same reference. A refund of the rest includes the tip.
        """
        if self.provider_code == const.PROVIDER_CODE:
            self._clover_serialize()
            if is_refund and self.clover_tip_amount:
                tip = -self._clover_tip_back(amount)
                custom_create_values = {"clover_tip_amount": tip, **custom_create_values}
        return super()._create_child_transaction(
            amount, is_refund=is_refund, **custom_create_values
        )

    def _send_refund_request(self):
        """Override of `payment` to refund through Clover, exactly once."""
        if self.provider_code != const.PROVIDER_CODE:
            super()._send_refund_request()
            return
        at_terminal = self.env.context.get("clover_refund_terminal_id")
        KINDS[TERMINAL_REFUND if at_terminal else "refund"].send(self)

    def _send_capture_request(self):
        """Override of `payment` to capture an authorization, exactly once."""
        if self.provider_code != const.PROVIDER_CODE:
            super()._send_capture_request()
            return
        self._clover_send_child("capture")

    def _send_void_request(self):
        """Override of `payment` to release an authorization, exactly once.

        Clover captures once and releases the rest itself (:meth:`_clover_close_rest`). A "void" of
        that rest would refund the captured amount.
        """
        if self.provider_code != const.PROVIDER_CODE:
            super()._send_void_request()
            return
        self._clover_send_child("void")

    def _clover_send_child(self, kind):
        """Execute this refund, void or capture of another transaction.

        Called within the database transaction in which core has just created ``self``. If the
        request is refused, ``self`` is set in error with the reason, as core expects.

        :raise UserError: a request with the same reference but another amount is under way
        """
        self.ensure_one()
        parameters = self._clover_child_parameters(kind)
        key = self._clover_idempotency_key(kind)
        known = self._clover_fingerprint_of(key)
        if known and known != idempotency.fingerprint(parameters):
            # An earlier request with this reference was sent, but its transaction was rolled back.
            # The ledger will recreate that transaction; this one must not replace it.
            raise UserError(
                self.env._(
                    "Another refund, void or capture of %s is being carried out. Try again in a "
                    "minute.",
                    self.source_transaction_id.reference,
                )
            )
        payload = {"provider_id": self.provider_id.id}
        if not known:
            # Do not check a known request: it is replayed, and already counts as refunded.
            try:
                self._clover_check_child(kind)
                request = self._clover_child_request(kind, key)
            except UserError as error:
                self._set_error(str(error))
                return
            if request is None:
                return
            payload["request"] = request.to_dict()
        intent = self._fusion_intent(
            kind,
            key=key,
            external_reference=idempotency.short_reference(key),
            parameters=parameters,
            payload=payload,
            # Three calls: the search for an earlier request, the request, the lookup.
            lease_seconds=3 * self._clover_lease_seconds(),
        )
        self._fusion_perform_within(intent, check=self._clover_late_check(kind))

    def _clover_serialize(self):
        """Serialize concurrent refunds, voids and captures of this transaction.

        With a lock alone, the second one would continue on its old snapshot, which does not
        include the first. The update causes a serialization failure, and Odoo retries the request.
        """
        self.ensure_one()
        self.env.cr.execute(
            "UPDATE payment_transaction SET write_date = write_date WHERE id = %s", [self.id]
        )

    def _clover_child_parameters(self, kind):
        amount = self._clover_money()
        return {
            "kind": kind,
            "charge": self.source_transaction_id.provider_reference or "",
            "amount": amount.minor,
            "currency": amount.currency,
        }

    def _clover_fingerprint_of(self, key):
        """Return the fingerprint of the committed operation with this key, if any."""
        with own_environment(self.env) as env:
            return env["fusion.operation"].search([("idempotency_key", "=", key)]).fingerprint

    def _clover_late_check(self, kind):
        """Return the check that runs on a new snapshot once the documents are held."""
        source_id, move_ids = self.source_transaction_id.id, self.invoice_ids.ids
        reference, amount = self.reference, abs(self.amount)

        def still_possible(env):
            if kind != "refund":
                return
            source = env["payment.transaction"].browse(source_id)
            source._clover_check_refund(amount, besides=reference)
            # A credit note created in the caller's transaction is not committed yet.
            moves = env["account.move"].browse(move_ids).exists()
            moves._clover_check_refund_due(amount, besides=reference)

        return still_possible

    def _clover_child_request(self, kind, key):
        """Return the request for Clover, or None if the payment was voided already.

        :raise UserError: Clover cannot be asked, or its answer rules the request out
        """
        charge_id = self.source_transaction_id.provider_reference
        amount = self._clover_money()
        try:
            if kind == "capture":
                source = self.source_transaction_id
                return CaptureRequest(charge_id, amount, source._clover_client_address())
            payment = self.provider_id._clover_client().payments.retrieve(charge_id)
            if kind == "void" and payment.is_voided:
                self._set_canceled(
                    state_message=self.env._("It was released in Clover's dashboard before.")
                )
                return None
            facts = facts_of(payment, now_ms=int(time.time() * 1000), same_batch=None)
            self.source_transaction_id._clover_check_route(
                facts, abs(self.amount), besides=self.reference
            )
            return RefundRequest(
                charge_id=charge_id,
                amount=amount,
                whole=amount.minor == facts.total,
                external_reference_id=idempotency.short_reference(key),
                reason=self.env.context.get("clover_refund_reason"),
                known_refund_ids=tuple(refund.id for refund in payment.refunds),
            )
        except errors.GatewayError as error:
            raise self._clover_cannot_say(error) from error

    def _clover_child_documents(self):
        """Return the ``(model, id)`` pairs that this refund, void or capture must hold."""
        moves = [("account.move", move_id) for move_id in sorted(self.invoice_ids.ids)]
        return ((self._name, self.source_transaction_id.id), *moves)

    # === BUSINESS METHODS - PROCESSING === #

    def _clover_close_rest(self):
        """Close the authorization after a partial capture, because Clover captures only once.

        This also covers a capture whose answer came late, when no user releases the rest.
        """
        source = self.source_transaction_id
        if self.state != "done" or source.state != "authorized":
            return
        closed = source._clover_captures(states=("done", "cancel"))
        rest = source.currency_id.round(source.amount - sum(closed.mapped("amount")))
        if source.currency_id.compare_amounts(rest, 0) > 0:
            child = source._create_child_transaction(
                rest, clover_made_outside=self.clover_made_outside
            )
            child._set_canceled(
                state_message=self.env._("Clover lets go of what was not captured by itself.")
            )

    def _void(self, amount_to_void=None):
        """Override of `payment` to skip the release once a part was captured: nothing is left."""
        if self.provider_code == const.PROVIDER_CODE and self.state != "authorized":
            return self.browse()
        return super()._void(amount_to_void=amount_to_void)
