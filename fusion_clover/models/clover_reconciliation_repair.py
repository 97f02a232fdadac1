from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.exceptions import EventTooEarly
from odoo.addons.fusion_payment_common.lib.errors import GatewayError, NotFoundError

from ..client.period import payment_state


class CloverReconciliationDifference(models.Model):
    """One click that makes the books say what Clover has, read from Clover at that moment.

    Nothing here moves money: only the books are changed, and only to what was read.
    """

    _inherit = "clover.reconciliation.difference"

    def action_repair(self):
        """Repair these differences; what needs a person's decision is opened.

        :raise UserError: it cannot be repaired now; the message says why
        """
        self.reconciliation_id._require_manager()
        self._require_open()
        action = None
        for found in self:
            action = found._repair() or action
        return action

    def _repair(self):
        self.ensure_one()
        # Two at once: the second one waits here, and is run again by Odoo.
        self.env.cr.execute(
            "UPDATE clover_reconciliation_difference SET write_date = write_date WHERE id = %s",
            [self.id],
        )
        # Elevated: Managers may book what Clover has, nobody writes transactions by hand.
        found = self.sudo().with_company(self.company_id)
        action = getattr(found, f"_repair_{self.kind}")()
        if not action:
            self._decide("repaired")
        return action

    # === ONE METHOD FOR EACH CLASS === #

    def _repair_clover_only(self):
        """Bring the payment where it belongs; one that nobody asked for waits for a decision."""
        payment = self._read_payment()
        self._take(payment)
        unmatched = self._unmatched(payment)
        if not unmatched or unmatched.state != "open":
            return None
        return self._book_for(unmatched, self.partner_id)

    def _repair_odoo_only(self):
        """Take out of the books what never happened at Clover."""
        payment = self._read_payment(must_exist=False)
        if payment and self.reconciliation_id._is_confirmed(self, payment):
            return None
        self.transaction_id._clover_unbook()
        return None

    def _repair_amount(self):
        """Book what moved."""
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
        """Book Clover's surcharge as the document that it is."""
        if self.entry_id.kind == "refund":
            total, surcharge = self.entry_id.total_minor, self.entry_id.surcharge_minor
        else:
            payment = self._read_payment()
            total, surcharge = payment.total, payment.additional_charges
        self.transaction_id._clover_rebook(total, surcharge=surcharge)

    def _repair_currency(self):
        """Take the wrong one out of the books, and book what moved for the same customer."""
        payment = self._read_payment()
        partner = self.transaction_id.partner_id
        self.transaction_id._clover_unbook()
        return self._book_apart(payment, partner)

    def _repair_state(self):
        """Bring the transaction to where Clover is."""
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
        self._take(payment)
        if transaction.state not in self._states_of(payment):
            raise UserError(
                transaction.state_message
                or self.env._("Clover and Odoo still differ: a Manager has to compare them.")
            )

    def _repair_refund_missing(self):
        """Book what went back."""
        payment = self._read_payment()
        self._take(payment)
        known = self._unmatched(payment).filtered(lambda one: one.state == "open")
        return self._book_for(known, self.partner_id) if known else None

    def _repair_duplicate(self):
        """Of two in Odoo, keep one; of two at Clover, book the second for the customer.

        That one can be given back from its transaction.
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
        """Leave it: the money is in the books, on the day on which it was booked."""
        self._accept(self.env._("It is booked, on a later day."))
        return True

    # === STEPS === #

    def _read_payment(self, *, must_exist=True):
        """Return the payment as Clover has it now; only that is booked.

        :raise UserError: Clover cannot be asked
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
        """Let the transaction take the reading, as it would from a webhook."""
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
        """Book a payment for ``partner`` although a transaction has its name."""
        self.env["clover.unmatched.payment"]._note(self.provider_id, payment)
        return self._book_for(self._unmatched(payment), partner)

    def _book_for(self, unmatched, partner):
        """Book a payment made outside on the customer's account; ask when nobody knows whose."""
        # By the rights of whoever decides.
        unmatched = unmatched.sudo(False)
        if not partner:
            return unmatched._get_records_action()
        unmatched.sudo().partner_id = partner
        unmatched.action_create_payment()
        return None
