import logging

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import StaticToken
from odoo.addons.fusion_payment_common.lib.errors import GatewayError

from ... import const
from ...client.merchant_facts import read_facts
from ...client.oauth import OAuthClient

_logger = logging.getLogger(__name__)


class PaymentProvider(models.Model):
    """The return from Clover: exchange the code, then verify the merchant."""

    _inherit = "payment.provider"

    def _clover_connect_merchant(self, *, code, merchant_id):
        """Exchange the code, verify that it belongs to the merchant, and store the tokens.

        An earlier connection does not change until the new one is verified.

        :param str code: single-use and short-lived; exchanged at once
        :param str merchant_id: from the browser; not trusted until Clover confirms it
        :raise UserError: with the reason and what to do about it
        """
        self.ensure_one()
        self._clover_hold()
        try:
            connected = self._clover_oauth_client().connect(code, merchant_id)
        except GatewayError as error:
            raise UserError(self._clover_connection_problem(error)) from error
        merchant = self._clover_proven_merchant(connected.pair, merchant_id)
        self.env["clover.oauth.token"]._store_committed(self, connected.pair, merchant)
        # The row just stored is newer than this transaction's snapshot.
        client = self._clover_client(
            authorizer=StaticToken(connected.pair.access_token), merchant_id=merchant.id
        )
        public_key, warning = self._clover_read_public_key(client)
        self.write(
            {
                "clover_merchant_id": merchant.id,
                "clover_connected_merchant": merchant.name,
                "clover_public_key": public_key,
                "clover_connection_message": warning or self._clover_legacy_warning(connected),
                "clover_tested_at": False,
                **self._clover_facts_at_connect(client),
            }
        )
        # Pass the name: the row just stored is not visible in this transaction.
        self._clover_remember_sandbox_credentials("clover_app_id")

    def _clover_hold(self):
        """Lock the provider's row until the end of this transaction.

        This waits for a concurrent writer; Odoo then retries the request. Both must happen before
        the single-use code is sent. Not FOR UPDATE: the tokens are stored on another cursor, with a
        reference to the provider.
        """
        self.ensure_one()
        self.flush_recordset()
        self.env.cr.execute(
            "SELECT 1 FROM payment_provider WHERE id = %s FOR NO KEY UPDATE", [self.id]
        )

    def _clover_facts_at_connect(self, client):
        """Return the merchant's features; nothing if Clover does not answer."""
        try:
            return self._clover_facts_values(read_facts(client))
        except GatewayError as error:
            _logger.info("Clover does not tell what the merchant can do: %s", type(error).__name__)
            return {}

    def _clover_proven_merchant(self, pair, merchant_id):
        """Return the merchant that Clover reports for these tokens.

        :raise UserError: it is not the merchant that the browser named, or cannot be read
        """
        client = self._clover_client(
            authorizer=StaticToken(pair.access_token), merchant_id=merchant_id
        )
        try:
            merchant = client.merchants.retrieve()
        except errors.AuthenticationError as error:
            # The token is new, so a permission is missing or the token is another merchant's.
            raise UserError(
                self.env._(
                    "Clover gave a token that cannot read merchant %s. Tick the permission to read "
                    "the merchant in the developer dashboard, have the merchant install the app "
                    "again, then connect again.",
                    merchant_id,
                )
            ) from error
        except GatewayError as error:
            raise UserError(self._clover_connection_problem(error)) from error
        if merchant.id != merchant_id:
            raise UserError(
                self.env._("Clover connected another merchant than it announced. Connect again.")
            )
        return merchant

    def _clover_read_public_key(self, client):
        """Return ``(key for the card form, False)``, or ``(False, warning)`` on an error.

        Terminals work without the key, so a missing key does not undo a connection.
        """
        try:
            return client.tokens.public_key().api_access_key, False
        except GatewayError as error:
            return False, self.env._(
                "Connected, but cards cannot be entered by hand: %s",
                self._clover_ecommerce_problem(error),
            )

    def _clover_legacy_warning(self, connected):
        if not connected.legacy:
            return False
        if connected.pair.refresh_token:
            return self.env._(
                "Connected, although Clover sent a legacy code: the app has no Alternate Launch "
                "Path. Enter one in the developer dashboard, so that this keeps working."
            )
        return self.env._(
            "Connected by a legacy token that cannot be renewed, because the app has no Alternate "
            "Launch Path. Enter one in the developer dashboard, then connect again."
        )

    def _clover_legacy_launch(self):
        return self.env._(
            "Clover sent a legacy code that nobody here asked for, because the app has no "
            "Alternate Launch Path. Enter one in the developer dashboard, then click Connect."
        )

    def _clover_get_public_key(self):
        """Return the key for the card form; read it from Clover once, then keep it.

        :raise UserError: Clover does not return it; with the reason
        """
        self.ensure_one()
        # Elevated: clerks use the key without access to the provider.
        provider = self.sudo()
        if not provider.clover_public_key:
            try:
                key = provider._clover_client().tokens.public_key()
            except GatewayError as error:
                raise UserError(provider._clover_connection_problem(error)) from error
            provider.clover_public_key = key.api_access_key
            provider._clover_remember_sandbox_credentials(
                provider._clover_credential("ecommerce")
            )
        return provider.clover_public_key

    def _clover_oauth_client(self, connection=None):
        """Return the OAuth client, with the settings of the provider or of a connection.

        :param connection: the ``clover.oauth.token`` whose environment and app are used instead of
            the provider's present ones; the secret of another app is not known
        """
        # Elevated: the secret is used, not shown.
        provider = self.sudo()
        app_id, secret = provider.clover_app_id or "", provider.clover_app_secret or ""
        if connection and (connection.app_id or "") != app_id:
            app_id, secret = connection.app_id or "", ""
        environment = provider._clover_environment(connection and connection.environment)
        return OAuthClient(
            environment,
            provider._clover_transport(environment, app_id),
            client_id=app_id,
            client_secret=secret,
            app_version=const.APP_VERSION,
        )

    # === IN WORDS === #

    def _clover_ecommerce_problem(self, error):
        if isinstance(error, errors.AuthenticationError | errors.PermissionDeniedError):
            return self.env._(
                "the app lacks the Ecommerce permission. Tick it in the developer dashboard, have "
                "the merchant install the app again, then connect again."
            )
        return self._clover_connection_problem(error)

    def _clover_connection_problem(self, error):
        """Return a sentence that states the connection problem and what to do about it."""
        sentences = self._clover_problem_sentences()
        for key in (error.code, *(kind.__name__ for kind in type(error).__mro__)):
            if key in sentences:
                return sentences[key]
        return self.env._("Clover did not answer as expected (%s). Try again.", error)

    def _clover_problem_sentences(self):
        """Return sentences, keyed by error code or by the name of the error's class or base."""
        return {
            "invalid_code": self.env._(
                "Clover refused the code. Most likely the App Secret is wrong, or belongs to the "
                "app of the other environment: copy it anew from the developer dashboard. If it is "
                "right, the code was too old or used before: connect again. If Clover sent you "
                "here from its App Market, enter an Alternate Launch Path there: without one it "
                "sends legacy codes."
            ),
            "connection_lost": self.env._(
                "Clover no longer accepts the tokens of this connection, because the app was "
                "removed or the tokens were used elsewhere. Open the payment provider and click "
                "Reconnect. Connect again with one click; nothing is lost."
            ),
            "renewal_failed": self.env._(
                "Clover does not answer right now, so that its access could not be renewed. Try "
                "again in a moment."
            ),
            "needs_oauth": self.env._(
                "Terminals work with a connection only, not with tokens made by hand: open the "
                "payment provider and click Connect."
            ),
            "no_access_token": self.env._(
                "Clover is not connected for this yet: open the payment provider and click Connect."
            ),
            "throttled": self.env._(
                "Too many calls to Clover are waiting for their turn. Try again in a moment."
            ),
            "AuthenticationError": self.env._(
                "Clover does not accept our credentials any more. Connect again."
            ),
            "PermissionDeniedError": self.env._(
                "The app may not do this at the merchant. Tick the permission in the developer "
                "dashboard, have the merchant install the app again, then connect again."
            ),
            "RateLimitedError": self.env._(
                "Clover asks us to slow down. Try again in a moment."
            ),
            "NotSentError": self.env._(
                "Clover cannot be reached from this server. Check its internet connection and "
                "proxy, then try again."
            ),
        }
