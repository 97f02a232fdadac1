"""One Clover merchant, as seen by an app."""

from __future__ import annotations

from typing import Any

from odoo.addons.fusion_payment_common.lib.api_client import ApiClient, Authorizer, Observer
from odoo.addons.fusion_payment_common.lib.transport import Timeout, Transport

from .charges import Charges
from .credits import Credits
from .customers import Customers
from .environment import Environment
from .errors import map_error
from .gateway_calls import MerchantCalls
from .merchants import Merchants
from .oauth import OAuthClient
from .payments import Payments
from .refunds import Refunds
from .terminal_errors import map_terminal_error
from .terminals import Terminals
from .tokens import Tokens

DEFAULT_TIMEOUT = Timeout(connect=5.0, read=30.0)


class CloverClient:
    """Calls on behalf of one merchant.

    :param merchant_id: 13 characters; may be empty for calls on the Ecommerce host with a
        merchant's own key.
    :param authorizer: source of access tokens for the platform interface.
    :param ecommerce_authorizer: source of access tokens for charges and refunds, if different: a
        merchant's own API tokens work for only one of the two interfaces.
    :param terminal_authorizer: source of access tokens for terminals, which accept only OAuth.
    :param pos_id: identifies us to terminals: the app's RAID if there is one.
    :param app_version: sent in the User-Agent header, which Clover requires.
    :param observer: receives every HTTP exchange, redacted.
    :param timeout: for calls to every host.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        merchant_id: str,
        authorizer: Authorizer,
        ecommerce_authorizer: Authorizer | None = None,
        terminal_authorizer: Authorizer | None = None,
        pos_id: str = "",
        transport: Transport,
        app_version: str,
        observer: Observer | None = None,
        timeout: Timeout | None = None,
    ) -> None:
        self.environment = environment
        self.merchant_id = merchant_id
        self._transport = transport
        self._app_version = app_version
        self._observer = observer

        def api(source: Authorizer, **options: Any) -> ApiClient:
            return ApiClient(
                transport,
                source,
                user_agent=f"FusionPayments/{app_version}",
                default_timeout=timeout or DEFAULT_TIMEOUT,
                observer=observer,
                **{"error_mapper": map_error, **options},
            )

        calls = MerchantCalls(
            api(authorizer),
            api(ecommerce_authorizer or authorizer),
            environment,
            merchant_id,
            # A cancelled payment is answered with 209, which is a 2xx: only 200 means "done".
            terminal_api=api(
                terminal_authorizer or authorizer,
                error_mapper=map_terminal_error,
                accepted=frozenset({200}),
            ),
            pos_id=pos_id,
        )
        self.charges = Charges(calls)
        self.refunds = Refunds(calls)
        self.credits = Credits(calls)
        self.payments = Payments(calls)
        self.merchants = Merchants(calls)
        self.tokens = Tokens(calls)
        self.customers = Customers(calls)
        self.terminals = Terminals(calls)

    def oauth(self, client_id: str, client_secret: str) -> OAuthClient:
        """Return the OAuth client of an app in the same environment, over the same transport."""
        return OAuthClient(
            self.environment,
            self._transport,
            client_id,
            client_secret,
            app_version=self._app_version,
            observer=self._observer,
        )
