import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.payment import utils as payment_utils

from ... import const
from .payment_token import REMOVAL_BATCH

#: Languages of Clover's card form, by Odoo's language code or its start; docs.clover.com
#: "using-the-clover-hosted-iframe".
FORM_LOCALES = {"fr": "fr-CA", "en_CA": "en-CA"}


class PaymentProvider(models.Model):
    """Clover as customers meet it: the card form, and whether cards can be saved."""

    _inherit = "payment.provider"

    clover_saves_cards = fields.Selection(
        [("unknown", "Not known"), ("yes", "Yes"), ("no", "No")],
        string="Saved Cards at Clover",
        readonly=True,
        copy=False,
        default="unknown",
        help="Whether the merchant's gateway can charge a card again that was saved before.",
    )

    # === COMPUTE METHODS === #

    @api.depends("clover_saves_cards")
    def _compute_feature_support_fields(self):
        """Override of `payment` to offer saved cards unless the gateway is known not to."""
        super()._compute_feature_support_fields()
        for provider in self.filtered(lambda one: one.code == const.PROVIDER_CODE):
            provider.support_tokenization = provider.clover_saves_cards != "no"

    # === BUSINESS METHODS === #

    @api.model
    def _get_compatible_providers(self, *args, is_validation=False, report=None, **kwargs):
        """Override of `payment` to leave Clover out where it could not take the payment."""
        providers = super()._get_compatible_providers(
            *args, is_validation=is_validation, report=report, **kwargs
        )
        ours = providers.filtered(lambda one: one.code == const.PROVIDER_CODE)
        unconnected = ours.filtered(lambda one: not one._clover_can_charge())
        payment_utils.add_to_report(
            report,
            unconnected,
            available=False,
            reason=self.env._("Clover is not connected"),
        )
        cannot_save = (ours - unconnected).filtered(
            lambda one: is_validation and one.clover_saves_cards == "no"
        )
        payment_utils.add_to_report(
            report,
            cannot_save,
            available=False,
            reason=self.env._("the merchant's gateway cannot save cards"),
        )
        return providers - unconnected - cannot_save

    def _clover_can_charge(self):
        """Return whether there are credentials that Clover accepted so far."""
        self.ensure_one()
        # Elevated: whether there is a connection is no secret, the connection is.
        provider = self.sudo()
        token = provider.clover_token_id
        return bool(token and not token.error) or bool(not token and provider.clover_api_key)

    def _clover_form_config(self, *, show_notices):
        """Return what Clover's card form needs to show itself; nothing of it is secret.

        :param bool show_notices: Clover's notices for shoppers
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
        """Return the config of the card form as JSON, for the page; or ``error`` in words."""
        try:
            return json.dumps(self._clover_form_config(show_notices=True))
        except UserError:
            # The page has other ways to pay; what is wrong with Clover is not the shopper's matter.
            return json.dumps(
                {"error": self.env._("Card payments are not available now. Try again later.")}
            )

    # === SAVED CARDS === #

    def _clover_saving_values(self, gateway):
        """Return whether cards can be saved, as the gateway says; None if it could not be read."""
        if not gateway:
            return {"clover_saves_cards": "unknown"}
        if gateway.supports_multi_pay_token:
            return {"clover_saves_cards": "yes"}
        return {"clover_saves_cards": "no", "allow_tokenization": False}

    def action_clover_disconnect(self):
        """Extend to put away cards that can no longer be charged."""
        self.ensure_one()
        self.check_access("write")
        # Elevated: tokens of customers are nobody's to write.
        cards = self.env["payment.token"].sudo().search([("provider_id", "=", self.id)])
        cards.active = False
        # While Clover still listens to us; the others wait until somebody connects again.
        for card in cards[:REMOVAL_BATCH]:
            card._clover_remove()
        return super().action_clover_disconnect()
