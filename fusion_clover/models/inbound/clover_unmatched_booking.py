from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from odoo.addons.fusion_payment_common.lib.errors import GatewayError

from ... import const
from ...client.answers_payment import payment_answer
from .clover_unmatched_suggestion import UNPAID_STATES


class CloverUnmatchedPayment(models.Model):
    """Decisions of a Manager about a payment made outside Odoo; each row is decided once."""

    _inherit = "clover.unmatched.payment"

    # === ACTION METHODS === #

    def action_match(self):
        """Open the documents that the payment may belong to."""
        self._require_open()
        return self.env["clover.unmatched.match"]._open(self)

    def action_create_payment(self):
        """Book it as an unapplied payment of the customer."""
        self._require_open()
        if not self.partner_id:
            raise UserError(self.env._("Enter the customer who paid, then create the payment."))
        self._book(partner=self.partner_id, state="created")
        return self._result_notification(
            self.env._("Booked on the account of %s.", self.partner_id.display_name)
        )

    def action_ignore(self):
        """Ask for the reason why it does not belong in these books."""
        for unmatched in self:
            unmatched._require_open()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ignore"),
            "res_model": "clover.unmatched.ignore",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_unmatched_ids": [Command.set(self.ids)]},
        }

    # === BUSINESS METHODS === #

    def _match(self, record):
        """Match the payment with an invoice, a transaction or a payment of Odoo.

        :param record: ``account.move``, ``payment.transaction`` or ``account.payment``
        :raise UserError: it does not match, or Clover cannot be reached
        """
        self._require_open()
        # With the access rights of the user who decides.
        record = record.with_env(self.env)
        record.check_access("read")
        if record._name == "account.move":
            self._check_invoice(record)
            self._book(partner=record.partner_id, invoice=record, state="matched")
        elif record._name == "payment.transaction":
            # Elevated: Managers may book, but no user changes transactions by hand.
            self._match_transaction(record.sudo())
        else:
            self._match_payment(record)

    def _ignore(self, reason):
        """Close the rows without booking anything.

        :param str reason: stored with the rows
        :raise UserError: a row was decided before, or there is no reason
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why, for whoever wonders later."))
        for unmatched in self:
            unmatched._require_open()
            unmatched.sudo()._decide("ignored", ignore_reason=reason.strip())

    def _require_open(self):
        """Refuse rows that are already decided, and users without the right to decide.

        :raise UserError: names the user who decided
        """
        self.ensure_one()
        if not self.env.user.has_group("fusion_payment_common.group_fusion_manager"):
            raise AccessError(self.env._("Only a Manager of Fusion Payments decides about it."))
        self.check_access("write")
        # Of two Managers at once, the second waits here; Odoo then retries that request.
        self.env.cr.execute(
            "UPDATE clover_unmatched_payment SET write_date = write_date WHERE id = %s", [self.id]
        )
        self.invalidate_recordset(["state"])
        if self.state != "open":
            raise UserError(
                self.env._(
                    "%(user)s decided about this payment already: %(state)s.",
                    user=self.decided_by_id.name or "Odoo",
                    state=dict(self._fields["state"]._description_selection(self.env))[self.state],
                )
            )

    def _check_invoice(self, move):
        if move.move_type != "out_invoice" or move.state != "posted":
            raise UserError(self.env._("Only a posted customer invoice can be paid."))
        if move.currency_id != self.currency_id or move.company_id != self.company_id:
            raise UserError(
                self.env._("The invoice is in another currency, or of another company.")
            )

    def _match_transaction(self, transaction):
        payment = self._read()
        if transaction.provider_id != self.provider_id or transaction.state not in UNPAID_STATES:
            raise UserError(
                self.env._("This transaction is not one that still waits for this money.")
            )
        if transaction._clover_money().minor != payment.charged:
            raise UserError(
                self.env._(
                    "The transaction is about %(ours)s, Clover took %(theirs)s. Match the invoice "
                    "instead.",
                    ours=transaction.currency_id.format(transaction.amount),
                    theirs=self.currency_id.format(self._major(payment.charged)),
                )
            )
        transaction._clover_take_own_reading(payment)
        if transaction.state != "done":
            raise UserError(self.env._("The payment could not be booked on this transaction."))
        self._decide_booked("matched", transaction)

    def _match_payment(self, payment):
        """Only link the payment, which is already booked."""
        if payment.payment_type != "inbound" or payment.clover_unmatched_ids:
            raise UserError(self.env._("This payment cannot be the one that Clover has."))
        if payment.currency_id != self.currency_id or payment.company_id != self.company_id:
            raise UserError(
                self.env._("The payment is in another currency, or of another company.")
            )
        # The amount entered by hand may exclude the surcharge that Clover added.
        possible = (self.amount, self.amount - self.surcharge_amount)
        if all(self.currency_id.compare_amounts(payment.amount, one) for one in possible):
            raise UserError(
                self.env._(
                    "The payment is of %(ours)s, Clover took %(theirs)s.",
                    ours=payment.currency_id.format(payment.amount),
                    theirs=self.currency_id.format(self.amount),
                )
            )
        self.sudo()._decide("matched", payment_id=payment.id, partner_id=payment.partner_id.id)

    def _read(self):
        """Return the payment as Clover has it now, the only state that may be booked.

        :raise UserError: Clover cannot be reached, or no money is left of the payment
        """
        # Elevated: Managers need not have access to providers.
        provider = self.provider_id.sudo()
        try:
            payment = provider._clover_client().payments.retrieve(self.payment_ref)
        except GatewayError as error:
            raise UserError(provider._clover_connection_problem(error)) from error
        if not payment.is_approved:
            raise UserError(
                self.env._(
                    "Clover shows this payment as %s now: there is nothing to book.",
                    payment.result,
                )
            )
        return payment

    def _book(self, *, partner, state, invoice=None):
        """Create the missing transaction and have core book it."""
        payment = self._read()
        # Elevated: Managers may book what Clover has, but no user writes transactions by hand.
        transactions = self.env["payment.transaction"].sudo().with_company(self.company_id)
        links = {"invoice_ids": [Command.set(invoice.ids)]} if invoice else {}
        transaction = transactions.create(
            {
                "provider_id": self.provider_id.id,
                "payment_method_id": self._payment_method(payment).id,
                "reference": transactions._compute_reference(
                    const.PROVIDER_CODE, prefix=None if invoice else self.payment_ref, **links
                ),
                "amount": self._major(payment.charged),
                "currency_id": self.currency_id.id,
                "partner_id": partner.id,
                "operation": "offline",
                "clover_made_outside": True,
                **links,
            }
        )
        answer = payment_answer(payment, default_currency=self.currency_id.name)
        transaction._fusion_take(answer, kind="charge")
        if transaction.state != "done":
            raise UserError(transaction.state_message or self.env._("It could not be booked."))
        transaction._post_process()
        transaction._clover_take_returns(payment)
        self._decide_booked(state, transaction)

    def _decide_booked(self, state, transaction):
        self.sudo()._decide(
            state,
            transaction_id=transaction.id,
            payment_id=transaction.payment_id.id,
            partner_id=transaction.partner_id.id,
        )

    def _payment_method(self, payment):
        code = const.BRAND_TO_METHOD_CODE.get(payment.card_type, "card")
        # Elevated: methods are readable by administrators only.
        methods = self.env["payment.method"].sudo()
        return methods._get_from_code(code) or methods._get_from_code("card")

    def _result_notification(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class AccountPayment(models.Model):
    _inherit = "account.payment"

    clover_unmatched_ids = fields.One2many(
        "clover.unmatched.payment", "payment_id", string="Clover Payments", readonly=True
    )
