from decimal import Decimal

from odoo import models

from odoo.addons.fusion_payment_common.tools.amounts import to_amount, to_money


class PaymentTransaction(models.Model):
    """Surcharge and tip that go back to the card with an amount of the document."""

    _inherit = "payment.transaction"

    def _clover_tip_left(self, *, besides=None):
        """Return this payment's tip less what was refunded, including refunds under way.

        :param str besides: reference of a refund to leave out
        """
        self.ensure_one()
        given_back = self._clover_given_back(besides=besides)
        return self.currency_id.round(
            self.clover_tip_amount + sum(given_back.mapped("clover_tip_amount"))
        )

    def _clover_tip_back(self, amount, *, besides=None):
        """Return how much of the tip goes back with ``amount`` of this payment.

        The tip goes back as a whole, with the rest of the payment: Clover refunds a payment with
        a tip only in full.

        :param float amount: in the currency, without surcharge and tip
        :param str besides: reference of a refund to leave out
        """
        self.ensure_one()
        tip = self._clover_tip_left(besides=besides)
        is_rest = not self.currency_id.compare_amounts(amount, self._clover_left(besides=besides))
        return max(tip, 0.0) if is_rest else 0.0

    def _clover_card_amount(self, amount, *, besides=None):
        """Return the card amount of a refund of ``amount``, with surcharge and tip.

        :param float amount: in the currency, without surcharge and tip
        :param str besides: reference of the refund itself, once it exists
        """
        self.ensure_one()
        surcharge = self._fusion_refund_surcharge(amount, besides=besides)
        tip = self._clover_tip_back(amount, besides=besides)
        return self.currency_id.round(self.currency_id.round(amount + surcharge) + tip)

    def _clover_document_part(self, amount):
        """Return the part of the document's amount that belongs to ``amount`` on the card.

        Inverse of :meth:`_clover_card_amount`: the largest part whose card amount does not exceed
        ``amount``. It may exceed what is left of the payment.

        :param float amount: what Clover refunded or can refund, including Odoo's own surcharge and
            the tip
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
        # Shares are rounded, so the result is within one minor unit of the ratio.
        for minor in range(int(ratio) + 2, 0, -1):
            part = to_amount(minor, self.currency_id)
            share = self._fusion_refund_surcharge(part)
            if self.currency_id.compare_amounts(part + share, amount) <= 0:
                return part
        return 0.0

    def _clover_back_label(self, amount):
        """Return the card amount of a refund of ``amount`` as text, with surcharge and tip."""
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
