import time
from dataclasses import dataclass, field

from odoo import api, models
from odoo.tools import ormcache

from odoo.addons.fusion_payment_common.lib.signing import constant_time_equal

from ... import const, const_dispatcher
from ...client.webhook_proofs import is_signed, is_signed_by_old_relay

#: Provider fields that decide which events are accepted, and for which merchants.
LISTENING_FIELDS = {
    "active",
    "code",
    "company_id",
    "state",
    "clover_app_secret",
    "clover_merchant_id",
    "clover_webhook_auth_code",
    "clover_webhook_signing_secret",
}


@dataclass(frozen=True)
class Listener:
    """A provider that accepts events, and the secrets that prove them genuine.

    :param auth_code: static header of app webhooks
    :param signing_secret: of Hosted Checkout
    :param app_secret: used by the relay of the earlier addon to sign
    """

    merchant_id: str
    company_id: int
    auth_code: str = field(repr=False)
    signing_secret: str = field(repr=False)
    app_secret: str = field(repr=False)


class CloverWebhook(models.AbstractModel):
    """Accept Clover's events about merchants of this database, if they are authentic."""

    _name = "clover.webhook"
    _description = "Clover Webhook"
    _inherit = ["fusion.event.handler"]

    @api.model
    @ormcache()
    def _listeners(self):
        """Return the providers that have at least one secret to compare with.

        Cached, so that unauthenticated requests cause no database queries.
        """
        # Elevated: Clover has no user. Secrets are compared, never shown.
        providers = (
            self.env["payment.provider"]
            .sudo()
            .search(
                [
                    ("code", "=", const.PROVIDER_CODE),
                    ("state", "!=", "disabled"),
                    "|",
                    "|",
                    ("clover_webhook_auth_code", "!=", False),
                    ("clover_webhook_signing_secret", "!=", False),
                    ("clover_app_secret", "!=", False),
                ]
            )
        )
        return tuple(
            Listener(
                merchant_id=provider.clover_merchant_id or "",
                company_id=provider.company_id.id,
                auth_code=(provider.clover_webhook_auth_code or "").strip(),
                signing_secret=(provider.clover_webhook_signing_secret or "").strip(),
                app_secret=provider.clover_app_secret or "",
            )
            for provider in providers
        )

    @api.model
    def _is_open(self):
        """Return whether there is a secret to compare with; without one no event is processed."""
        old_relay = self._accepts_old_relay()
        return any(
            one.auth_code or one.signing_secret or (old_relay and one.app_secret)
            for one in self._listeners()
        )

    @api.model
    def _authentic_listeners(self, inbound):
        """Return the listeners for which a request is genuine; compare in constant time.

        :param inbound: the request; its body is read only if a proof depends on it
        """
        headers = inbound.headers
        code = headers.get(const_dispatcher.AUTH_HEADER)
        if code:
            return [one for one in self._listeners() if constant_time_equal(code, one.auth_code)]
        signature = headers.get(const_dispatcher.SIGNATURE_HEADER)
        if signature:
            now = time.time()
            return [
                one
                for one in self._listeners()
                if one.signing_secret
                and is_signed(one.signing_secret, signature, inbound.body, now=now)
            ]
        old = headers.get(const_dispatcher.OLD_RELAY_HEADER)
        if old and self._accepts_old_relay():
            return [
                one
                for one in self._listeners()
                if is_signed_by_old_relay(one.app_secret, old, inbound.body)
            ]
        return []

    @api.model
    def _accepts_old_relay(self):
        # Elevated: system parameters are readable by administrators only.
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param(const_dispatcher.OLD_RELAY_PARAMETER) == "True"

    @api.model
    def _forget_listeners(self, vals=None):
        """Clear the cache of :meth:`_listeners` after a provider was changed.

        :param dict vals: written values; None for a new or deleted provider
        """
        if vals is None or LISTENING_FIELDS & set(vals):
            self.env.registry.clear_cache()
