from decimal import Decimal

from odoo import models

from odoo.addons.fusion_payment_common.tools.amounts import to_amount, to_money


class PaymentTransaction(models.Model):
    """What goes back to the card with an amount of the document: its surcharge and the tip."""

    _inherit = "payment.transaction"

    def _clover_tip_left(self, *, besides=None):
        """Return how much of this payment's tip was not given back, refunds under way counted.

        :param str besides: reference of a refund that does not count
        """
        self.ensure_one()
        given_back = self._clover_given_back(besides=besides)
        return self.currency_id.round(
            self.clover_tip_amount + sum(given_back.mapped("clover_tip_amount"))
        )

    def _clover_tip_back(self, amount, *, besides=None):
        """Return how much of the tip goes back with ``amount`` of this payment.

        All of it with whatever is the rest: Clover gives back a payment with a tip as a whole only.

        :param float amount: in the currency, without surcharge and tip
        :param str besides: reference of a refund that does not count
        """
        self.ensure_one()
        tip = self._clover_tip_left(besides=besides)
        is_rest = not self.currency_id.compare_amounts(amount, self._clover_left(besides=besides))
        return max(tip, 0.0) if is_rest else 0.0

    def _clover_card_amount(self, amount, *, besides=None):
        """Return what goes back to the card with ``amount`` of the document.

        :param float amount: in the currency, without surcharge and tip
        :param str besides: reference of the refund itself, once it exists
        """
        self.ensure_one()
        surcharge = self._fusion_refund_surcharge(amount, besides=besides)
        tip = self._clover_tip_back(amount, besides=besides)
        return self.currency_id.round(self.currency_id.round(amount + surcharge) + tip)

    def _clover_document_part(self, amount):
        """Return the part of the document's amount that goes with ``amount`` on the card.

        The most that goes with it: what goes back with that part is never more. It may be more than
        is left.

        :param float amount: what Clover gave back or can give back, our own surcharge and the tip
            included
        """
        self.ensure_one()
        tip = self._clover_tip_left()
        everything = self._clover_card_amount(max(self._clover_left(), 0.0))
        if tip and self.currency_id.compare_amounts(amount, everything) >= 0:
            amount = self.currency_id.round(amount - tip)
        own = self._fusion_own_surcharge()
        if not own.minor:
            return amount
        base, on_card = to_money(self.amount, self.currency_id), to_money(amount, self.currency_id)
        ratio = Decimal(on_card.minor) * base.minor / (base + own).minor
        # Shares are rounded: the inverse is within one minor unit of the ratio.
        for minor in range(int(ratio) + 2, 0, -1):
            part = to_amount(minor, self.currency_id)
            share = self._fusion_refund_surcharge(part)
            if self.currency_id.compare_amounts(part + share, amount) <= 0:
                return part
        return 0.0

    def _clover_back_label(self, amount):
        """Return what goes back to the card with ``amount`` of the document, as text."""
        self.ensure_one()
        label = self._clover_back_label_without_tip(amount)
        tip = self._clover_tip_back(amount)
        if not tip:
            return label
        return self.env._(
            "%(label)s and the tip of %(tip)s", label=label, tip=self.currency_id.format(tip)
        )

    def _clover_back_label_without_tip(self, amount):
        label = self.currency_id.format(amount)
        if not self.fusion_surcharge_amount:
            return label
        if self.fusion_surcharge_origin == "provider":
            return self.env._("%s and the matching part of Clover's surcharge", label)
        share = self._fusion_refund_surcharge(amount)
        return self.env._(
            "%(total)s (%(amount)s and %(share)s of the surcharge)",
            total=self.currency_id.format(amount + share),
            amount=label,
            share=self.currency_id.format(share),
        )
