from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...lib.surcharge import CardKind

#: ISO/IEC 7812-1: the issuer identification number has six or eight digits.
FEWEST_DIGITS, MOST_DIGITS = 6, 8


class FusionCardRange(models.Model):
    """How the cards that begin with certain digits are funded, as the processor's list says.

    First digits alone do not tell a credit card from a debit card, and no law lets us guess: what
    is not listed is unknown, and bears no surcharge.
    """

    _name = "fusion.card.range"
    _description = "Card Range"
    _order = "first_digits"
    _rec_name = "first_digits"

    first_digits = fields.Char(required=True, help="Six to eight digits.")
    kind = fields.Selection(
        [("credit", "Credit"), ("debit", "Debit"), ("prepaid", "Prepaid")], required=True
    )
    note = fields.Char(help="Where this is from, e.g. the date of the processor's list.")

    _first_digits_unique = models.Constraint(
        "unique(first_digits)", "There is a card range with these digits already."
    )

    @api.constrains("first_digits")
    def _check_first_digits(self):
        for card_range in self:
            digits = card_range.first_digits
            is_number = digits.isascii() and digits.isdigit()
            if not is_number or not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
                raise ValidationError(
                    self.env._("A card range is given by its first six to eight digits.")
                )

    @api.model
    def _kind_of(self, first_digits):
        """Return how a card is funded, ``unknown`` unless a list says it for certain.

        A card of which fewer digits are known than a range has may lie in it or beside it: when the
        ranges do not agree, it is unknown.

        :param str first_digits: six to eight digits; anything else is unknown
        :return: a :class:`~odoo.addons.fusion_payment_common.lib.surcharge.CardKind`
        """
        digits = first_digits if isinstance(first_digits, str) else ""
        is_number = digits.isascii() and digits.isdigit()
        if not is_number or not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
            return CardKind.UNKNOWN
        # Elevated: shoppers and clerks need not see the list.
        ranges = self.sudo()
        if finer := ranges.search([("first_digits", "=like", f"{digits}_%")]):
            finer |= ranges.search([("first_digits", "=", digits)])
            kinds = set(finer.mapped("kind"))
            return CardKind(kinds.pop()) if len(kinds) == 1 else CardKind.UNKNOWN
        prefixes = [digits[:length] for length in range(FEWEST_DIGITS, len(digits) + 1)]
        found = ranges.search([("first_digits", "in", prefixes)])
        best = max(found, key=lambda one: len(one.first_digits), default=None)
        return CardKind(best.kind) if best else CardKind.UNKNOWN
