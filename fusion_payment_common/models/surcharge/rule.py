from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...lib.cards import BRANDS
from ...lib.surcharge import CardKind, Reason, SurchargePolicy, quote, rule_for, subdivided
from ...tools.amounts import to_amount, to_money

#: Countries that the list of laws treats as a part of another country.
TERRITORIES = {"PR": "US-PR"}
#: The field in which the company confirms each condition of the law.
CONDITION_FIELDS = {
    "notice_given": "is_notice_given",
    "disclosed": "is_disclosed",
    "total_price_displayed": "is_total_displayed",
}


class FusionSurchargeRule(models.Model):
    """The surcharge that a company adds to card payments in one place, within the law.

    The law itself is in the library's dated list. The rule stores the company's rate and the
    conditions that it has confirmed. Without a rule there is no surcharge.
    """

    _name = "fusion.surcharge.rule"
    _description = "Surcharge Rule"
    _order = "company_id, country_id, state_id, brand, id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    country_id = fields.Many2one(
        "res.country", required=True, default=lambda self: self.env.company.country_id
    )
    state_id = fields.Many2one(
        "res.country.state",
        string="Province or State",
        domain="[('country_id', '=', country_id)]",
        ondelete="restrict",
        help="Empty: everywhere in the country where there is no rule of its own.",
    )
    brand = fields.Selection(
        selection=lambda self: list(BRANDS.items()), string="Card Brand", help="Empty: every brand."
    )
    rate = fields.Float(
        string="Rate (%)", digits=(6, 3), required=True, help="Of the total, taxes included."
    )
    merchant_cost = fields.Float(
        string="Cost of Acceptance (%)",
        digits=(6, 3),
        help="What accepting the card costs you. The law does not allow more than that; 0 means "
        "not known, and then nothing is added where the law asks for it.",
    )
    is_notice_given = fields.Boolean(
        string="Notice Given",
        help="You told the card networks or your acquirer at least 30 days before.",
    )
    is_disclosed = fields.Boolean(
        string="Disclosed", help="Customers are told before they pay, and on the receipt."
    )
    is_total_displayed = fields.Boolean(
        string="Total Displayed", help="The price including the surcharge is what you display."
    )
    legal_text = fields.Text(string="The Law", compute="_compute_legal_text")
    example = fields.Char(compute="_compute_example")

    _place_unique = models.UniqueIndex(
        "(company_id, country_id, COALESCE(state_id, 0), COALESCE(brand, '')) WHERE active",
        "There is a rule for this place and card brand already.",
    )

    # === COMPUTE AND CONSTRAINTS === #

    @api.depends("country_id", "state_id", "brand", "rate")
    def _compute_display_name(self):
        for rule in self:
            place = rule.state_id.name or rule.country_id.name or ""
            brand = f", {BRANDS[rule.brand]}" if rule.brand else ""
            rule.display_name = f"{place}{brand}: {rule.rate:g} %"

    @api.depends("country_id", "state_id", "brand")
    @api.depends_context("lang")
    def _compute_legal_text(self):
        for rule in self:
            law = rule._law()
            if not law:
                rule.legal_text = self.env._("No law is listed for this place: nothing is added.")
                continue
            if not law.allowed:
                text = self.env._("Not allowed since %s.", law.valid_from)
            else:
                cap = law.cap_for(rule.brand or None)
                text = self.env._(
                    "At most %(cap)s %% since %(date)s.", cap=_percent(cap), date=law.valid_from
                )
                if law.limited_to_cost:
                    text += " " + self.env._("Never more than the cost of acceptance.")
            rule.legal_text = f"{text} {self.env._('Source:')} {law.source}"

    @api.depends(
        "country_id",
        "state_id",
        "brand",
        "rate",
        "merchant_cost",
        "is_notice_given",
        "is_disclosed",
        "is_total_displayed",
        "company_id",
    )
    @api.depends_context("lang")
    def _compute_example(self):
        for rule in self:
            currency = rule.company_id.currency_id
            if not rule.country_id or not currency:
                rule.example = False
                continue
            base = to_money(100, currency)
            on = self._today(rule.company_id)
            home = rule.company_id.country_id == rule.country_id
            state = rule.state_id or (home and rule.company_id.state_id)
            place = _place(rule.country_id, state, on)
            result = rule._quote_in(place, base, CardKind.CREDIT, rule.brand or None, False, on)
            rule.example = self.env._(
                "A credit card payment of %(base)s costs %(surcharge)s more. %(why)s",
                base=currency.format(100),
                surcharge=currency.format(to_amount(result.surcharge.minor, currency)),
                why=self._explain(result),
            )

    @api.constrains("rate", "merchant_cost", "country_id", "state_id", "brand", "active")
    def _check_law(self):
        for rule in self.filtered("active"):
            if not 0 <= rule.rate < 100 or not 0 <= rule.merchant_cost < 100:
                raise ValidationError(self.env._("A rate is between 0 and 100 %."))
            if rule.state_id and rule.state_id.country_id != rule.country_id:
                raise ValidationError(self.env._("The province is not in the country."))
            if not rule.rate:
                continue
            law = rule._law()
            if law and not law.allowed:
                raise ValidationError(
                    self.env._(
                        "A surcharge is not allowed in %(place)s. %(law)s",
                        place=rule.state_id.name or rule.country_id.name,
                        law=law.source,
                    )
                )
            if law and _fraction(rule.rate) > law.cap_for(rule.brand or None):
                raise ValidationError(
                    self.env._(
                        "At most %(cap)s %% is allowed in %(place)s. %(law)s",
                        cap=_percent(law.cap_for(rule.brand or None)),
                        place=rule.state_id.name or rule.country_id.name,
                        law=law.source,
                    )
                )

    def _law(self):
        self.ensure_one()
        return rule_for(_code(self.country_id, self.state_id), self._today(self.company_id))

    # === QUOTES === #

    @api.model
    def _quote(
        self, base, *, company, kind, brand=None, partner=None, provider_adds_one=False, on=None
    ):
        """Return the surcharge that a company adds to a card payment, and why.

        The laws of the customer's and of the seller's place both apply; the stricter one wins.

        :param Money base: the total without surcharge, taxes included
        :param kind: a :class:`~odoo.addons.fusion_payment_common.lib.surcharge.CardKind` or its
            text; an unknown kind gets no surcharge
        :param str brand: a code of ``lib.cards.BRANDS``, None when not known
        :param partner: the customer, when known
        :param bool provider_adds_one: the provider adds its own surcharge, so Odoo adds none
        :param date on: the day of the payment; by default today in the company's time zone
        :return: a :class:`~odoo.addons.fusion_payment_common.lib.surcharge.SurchargeQuote`
        """
        kind = CardKind(kind) if kind in set(CardKind) else CardKind.UNKNOWN
        on = on or self._today(company)
        rule = self._rule_for(company, brand)
        places = [_place(company.country_id, company.state_id, on)]
        customer = partner and partner.commercial_partner_id
        if customer and customer.country_id:
            places.append(_place(customer.country_id, customer.state_id, on))
        results = [
            rule._quote_in(place, base, kind, brand, provider_adds_one, on) for place in places
        ]
        return min(results, key=lambda result: result.surcharge.minor)

    @api.model
    def _rule_for(self, company, brand):
        """Return the company's most specific rule for where it is, or an empty record."""
        # Elevated: collectors need no access to the rules.
        rules = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("country_id", "=", company.country_id.id),
                ("state_id", "in", (company.state_id.id, False)),
                ("brand", "in", (brand, False)),
            ]
        )
        return rules.sorted(lambda rule: (bool(rule.state_id), bool(rule.brand)))[-1:]

    def _quote_in(self, place, base, kind, brand, provider_adds_one, on):
        policy = SurchargePolicy(
            rate=_fraction(self.rate),
            merchant_cost=_fraction(self.merchant_cost) if self.merchant_cost else None,
            provider_adds_one=provider_adds_one,
            conditions_met=frozenset(
                condition for condition, field in CONDITION_FIELDS.items() if self[field]
            ),
        )
        return quote(base, jurisdiction=place, kind=kind, brand=brand, policy=policy, on=on)

    @api.model
    def _today(self, company):
        """Return today's date in the company's time zone."""
        zone = company.partner_id.tz or self.env.user.tz or "UTC"
        return datetime.now(UTC).astimezone(ZoneInfo(zone)).date()

    @api.model
    def _explain(self, result):
        """Return a sentence that explains a quote, for a clerk to read out."""
        if result.reason == Reason.CONDITION_NOT_MET:
            labels = self.fields_get([CONDITION_FIELDS[name] for name in CONDITION_FIELDS])
            missing = [
                labels[CONDITION_FIELDS[name]]["string"] if name in CONDITION_FIELDS else name
                for name in sorted(result.missing_conditions)
            ]
            return self.env._("No surcharge: not confirmed yet: %s.", ", ".join(missing))
        rate = _percent(result.rate)
        return {
            Reason.APPLIED: self.env._("%s %% as set by the company.", rate),
            Reason.CAPPED_BY_RULE: self.env._("%s %%: the law allows no more.", rate),
            Reason.CAPPED_BY_COST: self.env._(
                "%s %%: no more than accepting the card costs.", rate
            ),
            Reason.SWITCHED_OFF: self.env._("No surcharge: the company adds none."),
            Reason.PROVIDER_ADDS_ONE: self.env._(
                "No surcharge: the payment provider adds its own."
            ),
            Reason.DEBIT_CARD: self.env._("No surcharge: it is a debit card."),
            Reason.PREPAID_CARD: self.env._("No surcharge: it is a prepaid card."),
            Reason.CARD_KIND_UNKNOWN: self.env._(
                "No surcharge: it is not certain that it is a credit card."
            ),
            Reason.NO_RULE: self.env._(
                "No surcharge: no law is listed for this place, or the address has no province."
            ),
            Reason.PROHIBITED: self.env._("No surcharge: the law does not allow one here."),
            Reason.COST_UNKNOWN: self.env._("No surcharge: the cost of acceptance is not known."),
            Reason.NOTHING_TO_PAY: self.env._("No surcharge: there is nothing to pay."),
        }[result.reason]


def _code(country, state):
    """Return the place's code in the list of laws: ``CA-ON``, ``US-PR`` or a country alone."""
    if country.code in TERRITORIES:
        return TERRITORIES[country.code]
    return f"{country.code}-{state.code}" if state else country.code or ""


def _place(country, state, on):
    """Return the code of an address, or an empty one (no law) when its province is needed.

    Without its province it is not known whether a surcharge is prohibited at an address.
    """
    code = _code(country, state)
    return "" if "-" not in code and subdivided(code, on) else code


def _fraction(percent):
    return Decimal(repr(percent or 0.0)).quantize(Decimal("0.001")) / 100


def _percent(fraction):
    return f"{(fraction * 100).normalize():f}"
