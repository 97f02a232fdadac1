import hashlib

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.cards import brand_of
from odoo.addons.fusion_payment_common.tools.amounts import to_amount, to_money


class PaymentTransaction(models.Model):
    """Surcharges on cards: either Clover's or Odoo's own, never both."""

    _inherit = "payment.transaction"

    clover_quoted_card = fields.Json(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Which card the surcharge was quoted for: hash of its token, and its first digits.",
    )

    # === QUOTE === #

    def _clover_quote(self, source, card):
        """Set the surcharge of this transaction for a card, before the card is charged.

        Transaction and quote must be committed before the charge. The card form's data decides
        whether a surcharge is added; it is compared later with the card that Clover charged. Once
        a request was sent, the amount does not change.

        :param str source: token of Clover's card form; the quote is valid for this token only
        :param dict card: the form's data about the card; only ``first6`` is used
        :return: ``{"surcharge": text, "total": text, "message": sentence}``; ``surcharge`` is empty
            if no surcharge is added
        """
        self.ensure_one()
        if self.state == "draft" and not self.fusion_operation_ids:
            self._clover_check_source(source)
            first6 = str((card or {}).get("first6") or "")
            quote = self._clover_surcharge_for(first6)
            is_added = quote.surcharge.minor > 0
            self.fusion_surcharge_amount = to_amount(quote.surcharge.minor, self.currency_id)
            self.fusion_surcharge_origin = "own" if is_added else False
            self.clover_quoted_card = (
                {"source": _digest(source), "first6": first6} if is_added else False
            )
        return self._clover_quote_in_words()

    def _clover_surcharge_for(self, first6):
        """Return the quote for a card that begins with these digits."""
        company = self.company_id
        # Elevated: shoppers and clerks cannot read the surcharge rules.
        rules = self.env["fusion.surcharge.rule"].sudo()
        arguments = {
            "company": company,
            "kind": self.env["fusion.card.range"]._kind_of(first6),
            "brand": brand_of(first6),
            "partner": self.partner_id,
        }
        base = to_money(self.amount, self.currency_id)
        one_time = self.operation == "online_direct" and not self.provider_id.capture_manually
        quote = rules._quote(base, provider_adds_one=not one_time, **arguments)
        if quote.surcharge.minor and self.provider_id._clover_may_add_surcharge():
            # Ask Clover now: the merchant's setting may have changed since the connection.
            quote = rules._quote(base, provider_adds_one=True, **arguments)
        return quote

    def _clover_quote_in_words(self):
        surcharge, total = self.fusion_surcharge_amount, self.fusion_card_amount
        if not surcharge:
            return {"surcharge": "", "total": self.currency_id.format(total), "message": ""}
        texts = {
            "surcharge": self.currency_id.format(surcharge),
            "total": self.currency_id.format(total),
        }
        message = self.env._(
            "A surcharge of %(surcharge)s is added because this is a credit card. The card is "
            "charged %(total)s.",
            **texts,
        )
        return {**texts, "message": message}

    # === CHARGE === #

    def _clover_surcharge_request(self, source):
        """Return the request's values for Odoo's own surcharge in its amount.

        The surcharge may only be charged to the card that it was quoted for.

        :raise UserError: the surcharge was quoted for another card; nothing was charged
        """
        surcharge = self._fusion_own_surcharge()
        if not surcharge.minor:
            return {}
        # Elevated: users cannot read the stored quote; it is used for this comparison only.
        quoted = self.sudo().clover_quoted_card or {}
        if quoted.get("source") != _digest(source):
            raise UserError(
                self.env._("The surcharge was quoted for another card. Enter the card again.")
            )
        return {"own_surcharge": surcharge.minor, "quoted_first6": quoted["first6"]}


def _digest(source):
    return hashlib.sha256(str(source).encode()).hexdigest()
