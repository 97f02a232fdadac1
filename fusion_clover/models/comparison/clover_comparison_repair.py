from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.exceptions import EventTooEarly
from odoo.addons.fusion_payment_common.lib.errors import GatewayError, NotFoundError

from ...client.period import payment_state

#: Most problems shown at once; the others show after the first are repaired.
MOST_PROBLEMS = 5
#: How a difference of each class is repaired.
REPAIRS = {
    "clover_only": "_repair_clover_only",
    "odoo_only": "_repair_odoo_only",
    "amount": "_repair_amount",
    "tip": "_repair_tip",
    "surcharge": "_repair_surcharge",
    "currency": "_repair_currency",
    "state": "_repair_state",
    "refund_missing": "_repair_refund_missing",
    "duplicate": "_repair_duplicate",
    "late": "_repair_late",
}


class CloverComparisonDifference(models.Model):
    """One-click repair: correct the books to match the payment as Clover has it at that moment.

    Repairs never move money; they change only the books, and only to what was read.
    """

    _inherit = "clover.comparison.difference"

    def action_repair(self):
        """Repair these differences one by one; open those that need a decision.

        :return: an action to open next; None for a single difference that was repaired
        :raise UserError: a single difference cannot be repaired now; with the reason
        """
        self.comparison_id._require_manager()
        self._require_open()
        if len(self) == 1:
            return self._repair()
        problems, action = [], None
        for found in self:
            try:
                with self.env.cr.savepoint():
                    action = found._repair() or action
            except UserError as error:
                found.invalidate_recordset()
                problems.append(f"{found._label()}: {error}")
        return self._repaired_notification(problems, action)

    def _repaired_notification(self, problems, action):
        """Return a notification: how many were repaired, and the problems of the others."""
        repaired = self.filtered(lambda found: found.state != "open")
        if not problems and len(repaired) == len(self):
            return None
        if not problems and action:
            return action
        lines = [
            self.env._(
                "%(repaired)s repaired, %(open)s not:",
                repaired=len(repaired),
                open=len(self) - len(repaired),
            ),
            *problems[:MOST_PROBLEMS],
        ]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": "\n".join(lines),
                "next": action or {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _label(self):
        # Elevated: reads only names that the difference already shows.
        own = self.sudo()
        return own.clover_ref or own.transaction_id.reference or own.payment_id.name or "-"

    def _repair(self):
        self.ensure_one()
        # Of two at once, the second waits here; Odoo then retries that request.
        self.env.cr.execute(
            "UPDATE clover_comparison_difference SET write_date = write_date WHERE id = %s",
            [self.id],
        )
        # Elevated: Managers may book what Clover has, but no user writes transactions by hand.
        found = self.sudo().with_company(self.company_id)
        action = getattr(found, REPAIRS[self.kind])()
        if not action and self.state == "open":
            self._decide("repaired")
        return action

    # === ONE METHOD FOR EACH CLASS === #

    def _repair_clover_only(self):
        """Book the payment on its transaction; one without a transaction waits for a decision."""
        payment = self._read_payment()
        self._take(payment)
        unmatched = self._unmatched(payment)
        if unmatched.state == "open":
            return self._book_for(unmatched, self.partner_id)
        if unmatched.state != "ignored":
            self._require_booked(payment, unmatched)
        return None

    def _repair_odoo_only(self):
        """Remove from the books what Clover does not have."""
        if not self.transaction_id:
            return self._repair_entered_by_hand()
        if self.transaction_id._clover_is_credit():
            raise UserError(
                self.env._("It was given at a terminal without a payment: Clover lists no such.")
            )
        payment = self._read_payment(must_exist=False)
        if payment and self.comparison_id._is_confirmed(self, payment):
            return None
        self.transaction_id._clover_unbook()
        return None

    def _repair_entered_by_hand(self):
        """Cancel a payment that Clover never had; leave one that may be an unmatched payment."""
        entered = self.payment_id
        likely = self.env["clover.unmatched.payment"].search(
            [
                ("provider_id", "=", self.provider_id.id),
                ("state", "=", "open"),
                ("currency_id", "=", entered.currency_id.id),
                ("amount", "=", entered.amount),
            ],
            limit=1,
        )
        if likely and entered.payment_type == "inbound":
            return likely.sudo(False)._get_records_action()
        entered._clover_leave_books()
        return None

    def _repair_amount(self):
        """Book the amount that moved."""
        if self.entry_id.kind == "refund":
            moved = self.entry_id.total_minor
        else:
            moved = self._read_payment().total
        self.transaction_id._clover_rebook(moved)

    def _repair_tip(self):
        """Book the tip with the payment; it stays on the customer's account."""
        payment = self._read_payment()
        self.transaction_id._clover_rebook(payment.total, tip=payment.tip_amount)

    def _repair_surcharge(self):
        """Book Clover's surcharge as a separate document."""
        if self.entry_id.kind == "refund":
            total, surcharge = self.entry_id.total_minor, self.entry_id.surcharge_minor
        else:
            payment = self._read_payment()
            total, surcharge = payment.total, payment.additional_charges
        self.transaction_id._clover_rebook(total, surcharge=surcharge)

    def _repair_currency(self):
        """Remove the entry in the wrong currency and book what moved, for the same customer."""
        payment = self._read_payment()
        partner = self.transaction_id.partner_id
        self.transaction_id._clover_unbook()
        return self._book_apart(payment, partner)

    def _repair_state(self):
        """Update the transaction to Clover's state."""
        transaction = self.transaction_id
        if transaction.state == "done" and not self.payment_id:
            transaction._post_process()
            if not transaction.payment_id:
                raise UserError(self.env._("It could not be booked: check the provider's journal."))
            return
        payment = self._read_payment()
        if transaction.state == "done" and payment_state(payment) in ("failed", "released"):
            transaction._clover_unbook()
            return
        if self.entry_id.kind == "refund" and self.clover_state == "failed":
            # The payment is unchanged; remove the refund that failed from the books.
            transaction._clover_unbook()
            return
        self._take(payment)
        if transaction.state not in self._states_of(payment):
            raise UserError(self._what_stands_between(transaction))

    def _repair_refund_missing(self):
        """Book the refund or void."""
        payment = self._read_payment()
        self._take(payment)
        unmatched = self._unmatched(payment)
        if unmatched.state == "open":
            action = self._book_for(unmatched, self.partner_id)
            if action:
                return action
        if not self._is_return_booked(payment):
            entered = unmatched.payment_id
            if entered and not unmatched.transaction_id:
                raise UserError(
                    self.env._(
                        "%s was entered by hand. Enter what went back of it by hand too, then "
                        "accept this difference.",
                        entered.display_name,
                    )
                )
            raise UserError(self._what_stands_between(self._transaction_of(payment)))
        return None

    def _repair_duplicate(self):
        """Keep one of two copies in Odoo; of two payments at Clover, book the second as well.

        The second payment can then be refunded from its own transaction.
        """
        if self.transaction_id:
            self.transaction_id._clover_unbook()
            return None
        payment = self._read_payment()
        names = [payment.external_reference_id, payment.external_payment_id]
        twin = self.env["payment.transaction"].search(
            [
                ("provider_id", "=", self.provider_id.id),
                ("clover_external_reference", "in", [name for name in names if name]),
                ("state", "=", "done"),
            ],
            limit=1,
        )
        return self._book_apart(payment, twin.partner_id)

    def _repair_late(self):
        """Change nothing: the payment is booked, on the day of its booking."""
        self._accept(self.env._("It is booked, on a later day."))

    # === STEPS === #

    def _transaction_of(self, payment):
        return self.env["payment.transaction"]._clover_transaction_of(self.provider_id, payment)

    def _is_return_booked(self, payment):
        """Return whether the refund or void is booked by now.

        :param payment: as Clover has it now
        """
        transaction = self._transaction_of(payment)
        if payment.is_voided:
            is_over = transaction.state in ("cancel", "error")
            left = transaction._clover_left() if transaction else 1
            return is_over or transaction.currency_id.compare_amounts(left, 0) <= 0
        return bool(
            transaction.child_transaction_ids.filtered(
                lambda tx: tx.operation == "refund"
                and tx.state == "done"
                and tx.provider_reference == self.clover_ref
            )
        )

    def _require_booked(self, payment, unmatched):
        """Refuse to close the difference while the payment is not in the books.

        :raise UserError: with the reason why it is not booked
        """
        transaction = self._transaction_of(payment)
        entered = unmatched.payment_id
        if transaction.state == "done" and transaction.payment_id:
            return
        if not transaction and entered.state in ("in_process", "paid"):
            return
        if payment.is_approved and not transaction and entered:
            raise UserError(
                self.env._(
                    "It was matched with %s, which is not in the books any more.",
                    entered.display_name,
                )
            )
        if payment.is_approved:
            raise UserError(self._what_stands_between(transaction))

    def _what_stands_between(self, transaction):
        """Return why the transaction did not take Clover's state, if the reason is known."""
        review = transaction.fusion_operation_ids.filtered("review_reason")[:1].review_reason
        return (
            review
            or transaction.state_message
            or self.env._("Clover and Odoo still differ: a Manager has to compare them.")
        )

    def _read_payment(self, *, must_exist=True):
        """Return the payment as Clover has it now, the only state that may be booked.

        :raise UserError: Clover cannot be reached
        """
        try:
            return self.provider_id._clover_client().payments.retrieve(self.payment_ref or "")
        except NotFoundError as error:
            if not must_exist:
                return None
            raise UserError(self.env._("Clover does not know this payment any more.")) from error
        except GatewayError as error:
            if not self.payment_ref and not must_exist:
                return None
            raise UserError(self.provider_id._clover_connection_problem(error)) from error

    def _take(self, payment):
        """Apply the payment as read to the transaction, as after a webhook."""
        try:
            self.env["payment.transaction"]._clover_take_reading(self.provider_id, payment)
        except EventTooEarly as error:
            raise UserError(
                self.env._("Odoo is asking Clover about it right now. Try again in a minute.")
            ) from error

    def _states_of(self, payment):
        return {
            "taken": ("done",),
            "voided": ("done", "cancel", "error"),
            "held": ("authorized",),
            "released": ("cancel", "error"),
            "failed": ("error", "cancel"),
        }.get(payment_state(payment), ())

    def _unmatched(self, payment):
        return self.env["clover.unmatched.payment"].search(
            [("provider_id", "=", self.provider_id.id), ("payment_ref", "=", payment.id)]
        )

    def _book_apart(self, payment, partner):
        """Book a payment for ``partner`` although a transaction has the same reference."""
        self.env["clover.unmatched.payment"]._note(self.provider_id, payment)
        return self._book_for(self._unmatched(payment), partner)

    def _book_for(self, unmatched, partner):
        """Book a payment made outside Odoo for the customer; ask if the customer is unknown."""
        # With the access rights of the user who decides.
        unmatched = unmatched.sudo(False)
        if not partner:
            return unmatched._get_records_action()
        unmatched.sudo().partner_id = partner
        unmatched.action_create_payment()
        return None
