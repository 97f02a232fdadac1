import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.surcharge import CardKind
from odoo.addons.fusion_payment_common.tools.amounts import to_amount, to_money
from odoo.addons.payment import utils as payment_utils

from ... import const

#: Languages of Clover's card form, by Odoo's language code or its start; docs.clover.com
#: "using-the-clover-hosted-iframe".
FORM_LOCALES = {"fr": "fr-CA", "en_CA": "en-CA"}
#: Sample amount in minor units from whose surcharge the rate is derived.
SAMPLE_MINOR = 1_000_000


class PaymentProvider(models.Model):
    """Clover at checkout: payable currencies and amounts, the card form, and surcharges."""

    _inherit = "payment.provider"

    clover_multi_currency = fields.Boolean(
        string="Takes Other Currencies",
        copy=False,
        help="Clover has switched this merchant on for several currencies. Otherwise only payments "
        "in the merchant's own currency are sent.",
    )

    # === WHAT CAN BE PAID === #

    @api.model
    def _get_compatible_providers(
        self, *args, currency_id=None, is_validation=False, report=None, **kwargs
    ):
        """Override of `payment` to exclude Clover where it cannot take the payment."""
        providers = super()._get_compatible_providers(
            *args, currency_id=currency_id, is_validation=is_validation, report=report, **kwargs
        )
        currency = self.env["res.currency"].browse(currency_id).exists()
        for provider in providers.filtered(lambda one: one.code == const.PROVIDER_CODE):
            reason = provider._clover_checkout_refusal(currency, is_validation=is_validation)
            if reason:
                payment_utils.add_to_report(report, provider, available=False, reason=reason)
                providers -= provider
        return providers

    def _clover_checkout_refusal(self, currency, *, is_validation):
        """Return why a customer cannot pay with Clover, None if it is possible.

        :param currency: of the payment; empty if only a card is saved
        :param bool is_validation: whether a card is saved without a payment
        """
        refusal = currency and self._clover_currency_refusal(currency)
        if refusal:
            return refusal
        if not self._clover_can_charge():
            return self.env._("Clover is not connected")
        if is_validation and self.clover_saves_cards == "no":
            return self.env._("the merchant's gateway cannot save cards")
        return None

    def _clover_of_company(self, company):
        """Return the first of these providers that takes payments for a company, or none."""
        return self._clover_serving(company)[:1]

    def _clover_serving(self, company):
        """Return those of these providers that take payments for a company: its locations."""
        companies = company.parent_ids
        return self.filtered(lambda provider: provider.company_id in companies)

    def _clover_currency_refusal(self, currency):
        """Return why the merchant cannot take payments in a currency, None if it can.

        "Create a charge", docs.clover.com: only merchants with several currencies may charge in
        another currency than their own; amounts are in cents.
        """
        self.ensure_one()
        if currency.name not in const.SUPPORTED_CURRENCIES:
            return self.env._(
                "Clover takes %(currencies)s only, this payment is in %(currency)s.",
                currencies=", ".join(const.SUPPORTED_CURRENCIES),
                currency=currency.name,
            )
        if currency.decimal_places != const.MINOR_DIGITS:
            return self.env._(
                "Clover counts in cents, but %(currency)s has %(digits)s decimals here. Correct "
                "the rounding of the currency.",
                currency=currency.name,
                digits=currency.decimal_places,
            )
        # Elevated: clerks and customers may know the merchant's currency.
        own = self.sudo().clover_merchant_currency
        if own and own != currency.name and not self.sudo().clover_multi_currency:
            return self.env._(
                "This Clover merchant takes %(own)s only, this payment is in %(currency)s.",
                own=own,
                currency=currency.name,
            )
        return None

    def _clover_check_currency(self, currency):
        """Refuse a currency that the merchant cannot take.

        :raise UserError: with the reason
        """
        refusal = self._clover_currency_refusal(currency)
        if refusal:
            raise UserError(refusal)

    def _clover_check_payable(self, amount, currency):
        """Refuse a currency or amount that Clover would refuse, before anything is sent.

        :param float amount: in major units of ``currency``
        :raise UserError: with the reason
        """
        self._clover_check_currency(currency)
        if to_money(amount, currency).minor > const.MAX_MINOR:
            raise UserError(
                self.env._(
                    "Clover takes %s at the most in one payment.",
                    currency.format(to_amount(const.MAX_MINOR, currency)),
                )
            )

    # === CARD FORM === #

    def _clover_can_charge(self):
        """Return whether there are credentials that Clover has not refused."""
        self.ensure_one()
        # Elevated: users may know whether Clover is connected, but not the credentials.
        provider = self.sudo()
        token = provider.clover_token_id
        return bool(token and not token.error) or bool(not token and provider.clover_api_key)

    def _clover_form_config(self, *, show_notices):
        """Return the configuration of Clover's card form; it contains no secrets.

        :param bool show_notices: whether the form shows Clover's notices for shoppers
        :raise UserError: Clover does not answer
        """
        self.ensure_one()
        language = self.env.lang or "en_US"
        return {
            "sdk_url": self._clover_environment().sdk_url,
            "api_access_key": self._clover_get_public_key(),
            "merchant_id": self.clover_merchant_id,
            "locale": FORM_LOCALES.get(language) or FORM_LOCALES.get(language[:2], "en"),
            "show_notices": show_notices,
            "may_quote": self._clover_may_quote(),
        }

    def _clover_inline_form_values(self):
        """Return the card form's configuration as JSON; on failure, a sentence in ``error``."""
        try:
            return json.dumps(self._clover_form_config(show_notices=True))
        except UserError:
            # The page has other payment methods; shoppers need no details of Clover's failure.
            return json.dumps(
                {"error": self.env._("Card payments are not available now. Try again later.")}
            )

    def _clover_card_form_status(self):
        if self.clover_connection_state != "connected" and not self.clover_api_key:
            return self.env._("Cards cannot be entered yet: connect first.")
        if not self.clover_public_key:
            return self.env._("Ready; the key for the card form is read when it is first needed.")
        return self.env._("Ready: card numbers go from the card form to Clover, never to Odoo.")

    # === SURCHARGE === #

    def _clover_may_add_surcharge(self):
        """Return whether Clover itself may add a surcharge; True if Clover cannot be asked."""
        self.ensure_one()
        try:
            return self._clover_client().merchants.payment_configs().surcharge_supported
        except GatewayError:
            return True

    def _clover_surcharge_notice(self, partner=None):
        """Return the notice shown before a card payment; empty without a surcharge."""
        self.ensure_one()
        if self.clover_surcharging == "clover":
            return self.env._(
                "Credit cards: a surcharge of %s is added. Debit and prepaid cards: none.",
                self._clover_percentage() or "-",
            )
        if not self._clover_may_quote():
            return ""
        rate = self._clover_own_rate(partner)
        if not rate:
            return ""
        return self.env._(
            "Credit cards: a surcharge of up to %s is added; you see it before the card is "
            "charged. Debit and prepaid cards: none.",
            rate,
        )

    def _clover_may_quote(self):
        """Return whether Odoo may add its own surcharge to newly entered cards."""
        self.ensure_one()
        return self.clover_surcharging == "none" and not self.capture_manually

    def _clover_own_rate(self, partner):
        """Return the highest rate of Odoo's own surcharge as text; empty if there is none."""
        currency = self.company_id.currency_id
        # Elevated: shoppers and clerks cannot read the surcharge rules.
        rules = self.env["fusion.surcharge.rule"].sudo()
        sample = Money(SAMPLE_MINOR, currency.name, currency.decimal_places)
        brands = [None, *rules._fields["brand"].get_values(self.env)]
        rates = [
            rules._quote(
                sample, company=self.company_id, kind=CardKind.CREDIT, brand=brand, partner=partner
            ).rate
            for brand in brands
        ]
        return f"{max(rates) * 100:f}".rstrip("0").rstrip(".") + " %" if max(rates) else ""

    def _clover_surcharge_status(self):
        if not self.clover_tested_at:
            return self.env._("Not known yet: click Test Connection.")
        return self._clover_surcharge_in_words()
