from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...lib.surcharge import CardKind

#: ISO/IEC 7812-1: the issuer identification number has six or eight digits.
FEWEST_DIGITS, MOST_DIGITS = 6, 8


class FusionCardRange(models.Model):
    """The kind of cards (credit, debit, prepaid) that begin with certain digits.

    It comes from the processor's list. Without a list, first digits do not distinguish credit from
    debit cards, and guessing is not legal: a card that is not listed is unknown and gets no
    surcharge.
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
        """Return the kind of a card, or ``unknown`` if the list leaves any doubt.

        If fewer digits of a card are known than a range has, the card may or may not lie in that
        range. It is unknown when the possible ranges disagree.

        :param str first_digits: six to eight digits; anything else is unknown
        :return: a :class:`~odoo.addons.fusion_payment_common.lib.surcharge.CardKind`
        """
        digits = first_digits if isinstance(first_digits, str) else ""
        is_number = digits.isascii() and digits.isdigit()
        if not is_number or not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
            return CardKind.UNKNOWN
        # Elevated: customers and clerks have no access to the list.
        ranges = self.sudo()
        if finer := ranges.search([("first_digits", "=like", f"{digits}_%")]):
            finer |= ranges.search([("first_digits", "=", digits)])
            kinds = set(finer.mapped("kind"))
            return CardKind(kinds.pop()) if len(kinds) == 1 else CardKind.UNKNOWN
        prefixes = [digits[:length] for length in range(FEWEST_DIGITS, len(digits) + 1)]
        found = ranges.search([("first_digits", "in", prefixes)])
        best = max(found, key=lambda one: len(one.first_digits), default=None)
        return CardKind(best.kind) if best else CardKind.UNKNOWN
