from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.ledger import OPEN_STATES
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools.cursors import own_environment
from odoo.addons.payment import utils as payment_utils

from ... import const
from ...client.declines import REASONS, DeclineReason

#: Reasons whose sentence says the same to a shopper as to a clerk.
PLAIN_REASONS = frozenset(
    {
        DeclineReason.INSUFFICIENT_FUNDS,
        DeclineReason.EXPIRED_CARD,
        DeclineReason.INCORRECT_CVC,
        DeclineReason.INCORRECT_NUMBER,
        DeclineReason.INVALID_EXPIRY,
        DeclineReason.LIMIT_EXCEEDED,
        DeclineReason.CARD_NOT_SUPPORTED,
        DeclineReason.CARD_TOKEN_USED,
        DeclineReason.CARD_ON_FILE_MISSING,
        DeclineReason.TRY_AGAIN,
    }
)

#: Share by which a charge may exceed what is due in another currency, at today's rate: whoever
#: registers the payment may use the rate of another day.
RATE_ROOM = 0.05


class PaymentTransaction(models.Model):
    """Payments that customers make themselves, on Odoo's own payment form."""

    _inherit = "payment.transaction"

    # === PAYMENT FORM === #

    @api.model
    def _get_specific_create_values(self, provider_code, values):
        """Override of `payment` to remember where a shopper pays from."""
        specific = super()._get_specific_create_values(provider_code, values)
        if provider_code == const.PROVIDER_CODE and values.get("landing_route"):
            address = payment_utils.get_customer_ip_address()
            specific = {**specific, "clover_shopper_address": address or False}
        return specific

    def _get_specific_processing_values(self, processing_values):
        """Override of `payment` to let this page, and no other, charge this transaction."""
        values = super()._get_specific_processing_values(processing_values)
        if self.provider_code != const.PROVIDER_CODE or self.operation == "online_token":
            return values
        return {
            **values,
            "access_token": payment_utils.generate_access_token(*self._clover_token_values()),
        }

    def _clover_token_values(self):
        """Return what the access token of the charging route vouches for."""
        self.ensure_one()
        minor = payment_utils.to_minor_currency_units(self.amount, self.currency_id)
        return (const.PROCESS_CARD_PATH, self.reference, minor, self.currency_id.id,
                self.partner_id.id)  # fmt: skip

    def _clover_process_card(self, source, *, card=None):
        """Charge, or save, the card that a shopper entered, and return how it went.

        :param str source: one-time token of Clover's card form
        :param dict card: what the form says about a card that is only saved; not trusted
        :return: see :meth:`_clover_shopper_status`
        :raise UserError: nothing was charged; the message says why
        """
        self.ensure_one()
        # A customer's id can be charged as well, but only Odoo may name one.
        self._clover_check_source(source)
        if not source.startswith("clv_"):
            raise UserError(
                self.env._("The card form returned nothing usable. Enter the card again.")
            )
        if self.operation == "validation":
            self._fusion_perform(
                self._clover_save_intent(source, card or {}), check=self._clover_brake()
            )
        else:
            self._clover_charge(source, entry_mode="ecom", check=self._clover_shopper_check())
        # The ledger books on cursors of its own, which our snapshot may not see.
        with own_environment(self.env) as env:
            return env[self._name].browse(self.id)._clover_shopper_status()

    def _clover_shopper_status(self):
        """Return ``{"state": done|pending|declined, "message": sentence}`` for the page."""
        self.ensure_one()
        if self.state in ("done", "authorized"):
            return {"state": "done", "message": ""}
        if self.state in ("error", "cancel"):
            return {"state": "declined", "message": self.state_message or ""}
        return {"state": "pending", "message": self.state_message or ""}

    def _clover_is_under_way(self):
        """Return whether an operation of this very transaction is open, as of now."""
        self.ensure_one()
        with own_environment(self.env) as env:
            operations = env[self._name].browse(self.id).fusion_operation_ids
            return any(operation.state in OPEN_STATES for operation in operations)

    def _clover_find_out(self):
        """Ask Clover about an overdue answer and return the state as it stands now, or None.

        :return: the state; None when there is nothing open
        """
        self.ensure_one()
        if not self.fusion_operation_ids.filtered(lambda operation: not operation.applied_at):
            return None
        self.fusion_complete_now()
        with own_environment(self.env) as env:
            return env[self._name].browse(self.id).state

    # === CHECKS BEFORE MONEY MOVES === #

    def _clover_shopper_check(self):
        """Return the check for charges that a shopper starts: still due, and not too many tries."""
        checks = (self._clover_due_check(), self._clover_brake())

        def check(env):
            for one in checks:
                one(env)

        return check

    def _clover_due_check(self):
        """Return a check that raises when less is due on the documents than is to be charged.

        What is looked at is fixed now: the transaction itself may not be committed.

        :return: a function for the ledger's ``check``: it gets an environment of its own, on a
            snapshot taken after the documents were held
        """
        self.ensure_one()
        amount, currency_id = self.amount, self.currency_id.id
        reference = self.reference
        documents = self._fusion_documents()

        def ids_of(model):
            return [res_id for name, res_id in documents if name == model]

        def check(env):
            moves = env["account.move"].browse(ids_of("account.move")).exists()
            orders = env["sale.order"].browse(ids_of("sale.order")).exists()
            _check_not_paid_elsewhere(moves, orders)
            currency = env["res.currency"].browse(currency_id)
            if moves and _exceeds(amount, currency, moves, lambda one: one._fusion_amount_due()):
                raise UserError(
                    env._("The invoice was paid in the meantime. Nothing was charged.")
                )
            if not moves and _exceeds(
                amount, currency, orders, lambda one: one._clover_amount_due(besides=reference)
            ):
                raise UserError(
                    env._("The order was paid in the meantime. Nothing was charged.")
                )

        return check

    def _fusion_documents(self):
        """Override of `fusion_payment_common` to hold orders, which are paid before any invoice."""
        documents = super()._fusion_documents()
        orders = tuple(("sale.order", order_id) for order_id in sorted(self._clover_orders().ids))
        if orders and documents == ((self._name, self.id),):
            return orders
        return documents + orders

    def _fusion_recreation_values(self):
        """Override of `fusion_payment_common` to keep the orders, and where to return to."""
        values = super()._fusion_recreation_values()
        if self.provider_code != const.PROVIDER_CODE:
            return values
        if self._clover_orders():
            values["sale_order_ids"] = [[6, 0, self._clover_orders().ids]]
        return {**values, "landing_route": self.landing_route}

    def _clover_orders(self):
        """Return the sale orders that are paid by this transaction of Clover's."""
        if self.provider_code != const.PROVIDER_CODE:
            return self.env["sale.order"]
        return self.sale_order_ids

    # === TEXTS === #

    def _clover_refusal_sentence(self, payment_data):
        """Extend to speak to the shopper where the shopper reads it."""
        sentence = super()._clover_refusal_sentence(payment_data)
        if not self.landing_route:
            return sentence
        outcome = payment_data["outcome"]
        if outcome == Outcome.NOT_SENT:
            return self.env._("The payment could not be sent. Nothing was charged. Try again.")
        if outcome == Outcome.REJECTED:
            return self.env._(
                "The payment could not be made. Nothing was charged. Contact us if it happens "
                "again."
            )
        reason = REASONS.get(payment_data.get("decline_code")) or REASONS.get(
            payment_data.get("error_code")
        )
        if reason in PLAIN_REASONS:
            return sentence
        return self.env._(
            "Your bank declined the card. Nothing was charged. Try another card, or call your "
            "bank."
        )

    def _fusion_pending_message(self, payment_data):
        """Override of `fusion_payment_common` to tell the shopper plainly."""
        if self.provider_code != const.PROVIDER_CODE or not self.landing_route:
            return super()._fusion_pending_message(payment_data)
        return self.env._(
            "We are checking whether your payment went through. Please do not pay again: you need "
            "not do anything."
        )


def _exceeds(amount, currency, documents, due_of):
    """Return whether more is to be charged than is due on the documents.

    :param float amount: in ``currency``, which need not be that of the documents
    :param due_of: returns what is due on documents of one currency, in that currency
    """
    if not documents:
        return False
    due, room = 0.0, 0.0
    for theirs, those in documents.grouped("currency_id").items():
        converted = theirs._convert(due_of(those), currency, those.company_id[:1], round=False)
        due += converted
        if theirs != currency:
            room += abs(converted) * RATE_ROOM
    return currency.compare_amounts(amount, due + room) > 0


def _check_not_paid_elsewhere(moves, orders):
    """Refuse an order whose invoice is being paid right now, and the other way round.

    Both are documents of their own for the ledger, and the money is the same.

    :raise UserError: nothing was sent
    """
    related = [
        ("sale.order", (moves.line_ids.sale_line_ids.order_id - orders).ids),
        ("account.move", (orders.invoice_ids - moves).ids),
    ]
    for model, ids in related:
        hold = moves.env["fusion.operation.hold"].search(
            [("res_model", "=", model), ("res_id", "in", ids)], limit=1
        )
        if hold:
            raise UserError(hold.operation_id._notice())
