import time
from dataclasses import replace

from odoo import models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.tools.amounts import to_amount, to_money

from ... import const
from ...client.refund_routing import (
    DEVICE_VOID_MS,
    PaymentFacts,
    Reason,
    Way,
    decide,
    facts_of,
    in_same_batch,
)


class PaymentTransaction(models.Model):
    """The way a refund takes back to the card: facts from Clover, decision and wording."""

    _inherit = "payment.transaction"

    def _clover_payment_facts(self):
        """Return Clover's data on which the way back depends; it does not cover terminals.

        :return: the :class:`~odoo.addons.fusion_clover.client.refund_routing.PaymentFacts`
        :raise UserError: Clover cannot be asked now
        """
        self.ensure_one()
        client = self.provider_id._clover_client()
        now_ms = int(time.time() * 1000)
        try:
            payment = client.payments.retrieve(self.provider_reference or "")
        except errors.NotFoundError:
            payment = None
        except errors.GatewayError as error:
            raise self._clover_cannot_say(error) from error
        if payment is None:
            facts = PaymentFacts(total=0, left=0, age_days=0, gone=True)
        else:
            facts = facts_of(payment, now_ms=now_ms, same_batch=None)
        try:
            gateway = client.merchants.gateway()
            facts = replace(facts, credits_allowed=gateway.supports_naked_credit)
            if payment is None:
                return facts
            properties = client.merchants.properties()
        except errors.GatewayError:
            # These facts only affect the announcement; Clover decides between void and refund.
            return facts
        same_batch = in_same_batch(payment, gateway, properties, now_ms=now_ms)
        return replace(facts, same_batch=same_batch)

    def _clover_cannot_say(self, error):
        return UserError(
            self.env._(
                "Clover could not say what is left of this payment (%s). Nothing was sent. Try "
                "again.",
                error,
            )
        )

    def _clover_route(self, facts, amount, *, besides=None):
        """Return the routing of a refund of ``amount`` of this payment.

        :param float amount: in the currency, without surcharge
        :param str besides: reference of the refund itself, once it exists
        """
        self.ensure_one()
        money = to_money(self._clover_card_amount(amount, besides=besides), self.currency_id)
        return decide(facts, money.minor, age_limit_days=self._clover_refund_age_limit())

    def _clover_check_route(self, facts, amount, *, besides=None):
        """Refuse a refund for which no way is open.

        :raise ValidationError: with the reason; nothing was sent
        """
        routing = self._clover_route(facts, amount, besides=besides)
        if routing.way is None:
            raise ValidationError(
                self.env._(
                    "%s Nothing was sent.", self._clover_reason_sentence(routing.reason, facts)
                )
            )

    def _clover_refund_age_limit(self):
        """Return the age in days beyond which payments are not refunded; 0 means no limit."""
        # Elevated: system parameters are readable by administrators only.
        parameters = self.env["ir.config_parameter"].sudo()
        limit = parameters.get_param(const.REFUND_AGE_LIMIT_PARAMETER, const.REFUND_AGE_LIMIT_DAYS)
        return int(limit)

    def _clover_left_label(self, minor):
        """Return an amount in minor units as formatted text."""
        return self.currency_id.format(to_amount(minor, self.currency_id))

    def _clover_way_sentence(self, way, facts, amount):
        """Return what will happen to the money when it goes this way.

        :param float amount: in the currency, without surcharge
        """
        label = self._clover_back_label(amount)
        card = f"{self.clover_card_brand or ''} •••• {self.clover_card_last4 or ''}".strip()
        if way == Way.VOID and not facts.captured:
            return self.env._("The hold of %s on the card is released. No money was taken.", label)
        if way == Way.VOID:
            return self.env._(
                "The payment of %(amount)s is taken back before it is settled: on the statement of "
                "%(card)s it will not show. Should Clover settle it meanwhile, it is refunded.",
                amount=label,
                card=card,
            )
        if way == Way.DEVICE_VOID:
            return self.env._(
                "The payment of %s is taken back at the terminal as if it had not been made: it "
                "will not show on the card's statement. Should it be too late for that, Clover "
                "refunds it.",
                label,
            )
        if way == Way.DEVICE_REFUND:
            return self.env._(
                "%s goes back to the card when the customer presents it at the terminal: its "
                "network wants that.",
                label,
            )
        if way == Way.CREDIT:
            return self.env._(
                "%s is given to whatever card the customer presents at the terminal. It is not "
                "tied to the payment, so that a Manager has to approve it.",
                label,
            )
        return self.env._(
            "%(amount)s goes back to %(card)s. Payment and refund both show on the statement; the "
            "bank takes a few days.",
            amount=label,
            card=card,
        )

    def _clover_way_label(self, way):
        return {
            Way.VOID: self.env._("Void"),
            Way.REFUND: self.env._("Refund"),
            Way.DEVICE_VOID: self.env._("Void on a terminal"),
            Way.DEVICE_REFUND: self.env._("Refund on a terminal"),
            Way.CREDIT: self.env._("Credit to any card"),
        }[way]

    def _clover_reason_sentence(self, reason, facts):
        """Return why a way is closed, as a sentence that a clerk can act on."""
        return {
            Reason.NOT_PAID: self.env._("Clover shows this payment as failed: nothing was taken."),
            Reason.STILL_PENDING: self.env._(
                "Clover is still working on this payment. Try again later."
            ),
            Reason.NOTHING_LEFT: self.env._(
                "Clover has nothing left to give back (%s): all of it was voided or refunded, here "
                "or in Clover's dashboard.",
                self._clover_left_label(facts.left),
            ),
            Reason.MORE_THAN_LEFT: self.env._(
                "Clover has only %s left to give back; refunds made in Clover's dashboard count.",
                self._clover_left_label(facts.left),
            ),
            Reason.NO_AMOUNT: self.env._("Enter an amount greater than zero."),
            Reason.NOT_WHOLE: self.env._("Only a whole payment can be voided."),
            Reason.SETTLED: self.env._("The payment is settled already."),
            Reason.NOT_CAPTURED: self.env._(
                "The amount was only authorized: release all of it instead."
            ),
            Reason.NOT_IN_PARTS: self.env._(
                "Clover gives back a payment with a tip or tax as a whole only."
            ),
            Reason.TOO_OLD: self.env._(
                "The payment is %(age)s days old, and refunds are made up to %(limit)s days after.",
                age=facts.age_days,
                limit=self._clover_refund_age_limit(),
            ),
            Reason.GONE: self.env._("Clover does not know this payment any more."),
            Reason.CARD_MUST_BE_PRESENT: self.env._(
                "The network of this card wants it on a terminal when money goes back."
            ),
            Reason.NEEDS_TERMINAL: self.env._(
                "This takes a Clover terminal and the customer's card; no terminal is set up here."
            ),
            Reason.WINDOW_OVER: self.env._(
                "A terminal voids a payment within %s minutes only.", DEVICE_VOID_MS // 60000
            ),
            Reason.NO_CREDITS: self.env._(
                "The merchant's gateway gives no credits without a payment."
            ),
            Reason.NOT_NEEDED: self.env._("Not the way for this payment."),
        }[reason]
