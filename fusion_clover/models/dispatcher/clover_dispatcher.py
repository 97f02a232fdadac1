import time
from urllib.parse import urlsplit

from odoo import api, models
from odoo.tools.urls import urljoin

from odoo.addons.fusion_payment_common.lib import signed_state
from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.transport import shared_transport

from ... import const, const_dispatcher
from ...client import environment as clover_environment
from ...client.launch import launch_nonce
from ...client.oauth import OAuthClient


class CloverDispatcher(models.AbstractModel):
    """The database that owns the Clover app redirects browsers to and from its tenants."""

    _name = "clover.dispatcher"
    _description = "Clover Dispatcher"

    # === SETTINGS === #

    @api.model
    def _parameter(self, name):
        # Elevated: browsers and Clover have no user; no value is shown to them.
        return self.env["ir.config_parameter"].sudo().get_param(name) or ""

    @api.model
    def _is_enabled(self):
        return self._parameter(const_dispatcher.ENABLED_PARAMETER) == "True"

    @api.model
    def _auth_code(self):
        return self._parameter(const_dispatcher.AUTH_CODE_PARAMETER)

    @api.model
    def _own_address(self, path):
        return urljoin(self.get_base_url(), path)

    @api.model
    def _environment(self):
        """Return the hosts of the app: the sandbox's unless production was chosen.

        :raise ConfigurationError: the address that replaces the sandbox's is invalid
        """
        if self._parameter(const_dispatcher.ENVIRONMENT_PARAMETER) == "production":
            return clover_environment.PRODUCTION
        if origin := self._parameter(const.SANDBOX_ORIGIN_PARAMETER):
            try:
                return clover_environment.Environment.single_origin(origin)
            except ValueError as error:
                raise ConfigurationError(
                    f"{const.SANDBOX_ORIGIN_PARAMETER} is no address", code="not_configured"
                ) from error
        return clover_environment.SANDBOX

    # === CALLBACK === #

    @api.model
    def _relay(self, token):
        """Return the address of the tenant's callback that a state leads to, and use the state up.

        The host in the state selects the tenant; the state is then verified with that tenant's own
        key, so another tenant's signature is not accepted.

        :raise StateError: the state is not signed by that tenant, is too old, names a host that
            belongs to no tenant or another page of the tenant, or was used before
        """
        claimed = signed_state.claimed_redirect(token)
        try:
            host = urlsplit(claimed).netloc.lower()
        except ValueError as error:
            raise signed_state.StateHostError("the state leads nowhere") from error
        tenant_id = self.env["clover.tenant"]._directory()[0].get(host)
        if not tenant_id:
            raise signed_state.StateHostError("the state leads to a host that is no tenant's")
        key, callback, _name = self.env["clover.tenant"]._relay_facts(tenant_id)
        payload = self._verified(token, key, host)
        if payload.redirect_to != callback:
            raise signed_state.StateHostError("the state leads to another page than the callback")
        # Before the state is used up: a concurrent write to the tenant makes Odoo retry this.
        self.env["clover.tenant"].browse(tenant_id)._forget_refusal()
        if not self.env["clover.used.state"]._use(payload.nonce):
            raise signed_state.StateExpiredError("the state was used before")
        return payload.redirect_to

    @api.model
    def _verified(self, token, key, host):
        now = time.time()
        try:
            return signed_state.verify(key, token, now=now, allowed_hosts={host})
        except signed_state.StateSignatureError:
            # Only while customers are being moved to their own keys.
            legacy = self._parameter(const_dispatcher.LEGACY_SECRET_PARAMETER).strip()
            if not legacy:
                raise
            return signed_state.verify(legacy, token, now=now, allowed_hosts={host})

    # === LAUNCH === #

    @api.model
    def _launch(self, merchant_id):
        """Return Clover's authorize page with a new state of the merchant's tenant, or None.

        :raise ConfigurationError: the App ID is not set, or the sandbox's address is invalid
        """
        tenant_id = self.env["clover.tenant"]._directory()[1].get(merchant_id)
        if not tenant_id:
            return None
        key, callback, name = self.env["clover.tenant"]._relay_facts(tenant_id)
        state = signed_state.issue(
            key,
            redirect_to=callback,
            customer=name,
            now=time.time(),
            nonce=launch_nonce(key, merchant_id),
        )
        client = OAuthClient(
            self._environment(),
            shared_transport(),
            client_id=self._parameter(const_dispatcher.APP_ID_PARAMETER),
            client_secret="",
            app_version=const.APP_VERSION,
        )
        return client.authorize_url(self._own_address(const_dispatcher.CALLBACK_PATH), state)
