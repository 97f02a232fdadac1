from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.payment import utils as payment_utils

from ... import const


class PaymentProvider(models.Model):
    """What amounts a merchant can take: asked before Clover is called, and answered in words."""

    _inherit = "payment.provider"

    clover_multi_currency = fields.Boolean(
        string="Takes Other Currencies",
        copy=False,
        help="Clover has switched this merchant on for several currencies. Otherwise only payments "
        "in the merchant's own currency are sent.",
    )

    def _clover_of_company(self, company):
        """Return the provider among these that takes payments for a company, or none."""
        return self._clover_serving(company)[:1]

    def _clover_serving(self, company):
        """Return the providers among these that take payments for a company: its locations."""
        companies = company.parent_ids
        return self.filtered(lambda provider: provider.company_id in companies)

    def _clover_currency_refusal(self, currency):
        """Return why the merchant cannot take payments in a currency, None if it can.

        "Create a charge", docs.clover.com: another currency than the merchant's is for merchants
        with several currencies; amounts are in cents.
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
        # Elevated: clerks and customers may know what they can pay in.
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
        """Refuse what Clover would refuse, before anything is sent.

        :param float amount: in major units of ``currency``
        :raise UserError: with the reason
        """
        self._clover_check_currency(currency)
        if Money.from_major(amount, currency.name, const.MINOR_DIGITS).minor > const.MAX_MINOR:
            raise UserError(
                self.env._(
                    "Clover takes %s at the most in one payment.",
                    currency.format(const.MAX_MINOR / 10**const.MINOR_DIGITS),
                )
            )

    @api.model
    def _get_compatible_providers(self, *args, currency_id=None, report=None, **kwargs):
        """Override of `payment` to leave Clover out where the merchant cannot take the currency."""
        providers = super()._get_compatible_providers(
            *args, currency_id=currency_id, report=report, **kwargs
        )
        currency = self.env["res.currency"].browse(currency_id).exists()
        if not currency:
            return providers
        unable = providers.filtered(
            lambda one: one.code == const.PROVIDER_CODE and one._clover_currency_refusal(currency)
        )
        for provider in unable:
            payment_utils.add_to_report(
                report,
                provider,
                available=False,
                reason=provider._clover_currency_refusal(currency),
            )
        return providers - unable
