"""OAuth: "Use OAuth", "Refresh access tokens", "High-trust app auth flow", docs.clover.com."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import ApiClient, CallContext, Observer
from odoo.addons.fusion_payment_common.lib.transport import Response, Timeout, Transport

from .environment import Environment
from .errors import map_error
from .reading import Reader
from .types import TokenPair

#: An expiry further away than this cannot be an absolute time in seconds.
_MAX_LIFETIME = 10 * 366 * 24 * 3600
_TIMEOUT = Timeout(connect=5.0, read=20.0)


class AuthorizationCodeError(errors.AuthenticationError):
    """The code was not exchanged: it is used, expired or a legacy one, or the secret is wrong.

    Clover gives the same answer to all of these. Code ``invalid_code``.
    """


class RefreshTokenError(errors.AuthenticationError):
    """The refresh token was rejected: it was used before, or is too old.

    Code ``invalid_refresh_token``. ``recovery_available`` is True when Clover says that
    :meth:`OAuthClient.recover` can work, with the refresh token that was used last.
    """

    recovery_available = False


class RecoveryTokenError(errors.AuthenticationError):
    """Nothing can be recovered with this token; the merchant has to connect again.

    Code ``invalid_recovery_token``.
    """


@dataclass(frozen=True, slots=True)
class Connected:
    """The tokens for a code. A legacy code shows that the app has no Alternate Launch Path
    ("Set the alternate launch path", docs.clover.com).
    """

    pair: TokenPair
    legacy: bool = False


class OAuthClient:
    """The app's side of OAuth, independent of a merchant.

    :param client_id: the App ID.
    :param client_secret: the App Secret; never sent when refreshing.
    :param clock: unix seconds, to check expiries.
    """

    def __init__(
        self,
        environment: Environment,
        transport: Transport,
        client_id: str,
        client_secret: str,
        *,
        app_version: str = "1",
        observer: Observer | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._environment = environment
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._api = ApiClient(
            transport,
            user_agent=f"FusionPayments/{app_version}",
            default_timeout=_TIMEOUT,
            error_mapper=_map_oauth_error,
            observer=observer,
        )

    @property
    def has_secret(self) -> bool:
        """Return whether the secret is set: exchange and recovery need it, refresh does not."""
        return bool(self._client_secret)

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """Return the page for the merchant's browser. Clover has no scopes: the app has them."""
        query = {
            "client_id": self._required(self._client_id, "App ID"),
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "state": state,
        }
        return f"{self._environment.authorize_url}?{urlencode(query)}"

    def exchange(self, code: str) -> TokenPair:
        """Return the first tokens of a merchant. The code works once and only for a short time.

        :raises AuthorizationCodeError: see there.
        :raises UnknownOutcomeError: no answer; the code is used up, the merchant connects again.
        """
        body = {**self._identity(secret=True), "code": code}
        return self._pair(self._post("/oauth/v2/token", body))

    def connect(self, code: str, merchant_id: str) -> Connected:
        """Exchange the code like :meth:`exchange`; also accept a legacy code and migrate its token.

        :raises AuthorizationCodeError: neither interface accepts the code.
        """
        try:
            return Connected(self.exchange(code))
        except AuthorizationCodeError:
            legacy = self.exchange_legacy(code)
        try:
            return Connected(self.migrate(legacy.access_token, merchant_id), legacy=True)
        except errors.RequestRejectedError:
            # The legacy token works but cannot be renewed; this is better than no connection.
            return Connected(legacy, legacy=True)

    def exchange_legacy(self, code: str) -> TokenPair:
        """Return a token of the retired interface: it neither expires nor can be refreshed.

        That interface reads only the query ("Generate OAuth API token with the legacy OAuth
        flow", docs.clover.com).

        :raises AuthorizationCodeError: the code is not a legacy code either.
        """
        query = {**self._identity(secret=True), "code": code}
        reader = Reader(self._post("/oauth/token", params=query), "the legacy token")
        return TokenPair(reader.required_text("access_token"), "", 0, 0)

    def migrate(self, legacy_token: str, merchant_id: str) -> TokenPair:
        """Exchange a legacy token for a code, and the code for an expiring pair.

        "Migrate legacy OAuth tokens to v2/OAuth expiring tokens", docs.clover.com.

        :raises AuthenticationError: the token is not a legacy token of this app and merchant.
        """
        body = {
            "merchant_uuid": merchant_id,
            "app_uuid": self._required(self._client_id, "App ID"),
            "auth_token": legacy_token,
        }
        reader = Reader(self._post("/oauth/token/migrate_v2", body), "the migration answer")
        return self.exchange(reader.required_text("authorization_code"))

    def refresh(self, refresh_token: str) -> TokenPair:
        """Return a new pair. This uses up the refresh token, even if the answer is lost.

        :raises RefreshTokenError: see there.
        :raises UnknownOutcomeError: no answer; call :meth:`recover` with the same token.
        """
        body = {**self._identity(secret=False), "refresh_token": refresh_token}
        return self._pair(self._post("/oauth/v2/refresh", body))

    def recover(self, recovery_token: str) -> TokenPair:
        """Return the pair that was lost, by the refresh token that was used to request it.

        :raises RecoveryTokenError: see there.
        """
        body = {**self._identity(secret=True), "recovery_token": recovery_token}
        return self._pair(self._post("/oauth/v2/recovery", body))

    def _post(
        self, path: str, body: dict[str, str] | None = None, params: dict[str, str] | None = None
    ) -> Any:
        url = f"{self._environment.api}{path}"
        return self._api.call("POST", url, json=body, params=params)

    def _identity(self, *, secret: bool) -> dict[str, str]:
        identity = {"client_id": self._required(self._client_id, "App ID")}
        if secret:
            identity["client_secret"] = self._required(self._client_secret, "App Secret")
        return identity

    def _required(self, value: str, what: str) -> str:
        if not value:
            raise errors.ConfigurationError(f"the {what} is not set", code="not_configured")
        return value

    def _pair(self, document: Any) -> TokenPair:
        reader = Reader(document, "the token answer")
        return TokenPair(
            access_token=reader.required_text("access_token"),
            refresh_token=reader.text("refresh_token", default="") or "",
            access_expires_at=self._expiry(reader, "access_token_expiration"),
            refresh_expires_at=self._expiry(reader, "refresh_token_expiration", required=False),
        )

    def _expiry(self, reader: Reader, name: str, *, required: bool = True) -> int:
        """Return an absolute time in unix seconds; reject one that is past or absurd."""
        value = reader.integer(name, required=required)
        if value is None:
            return 0
        now = self._clock()
        if not now < value < now + _MAX_LIFETIME:
            raise errors.MalformedResponseError(
                f"{name} is not a time in the future", code="unexpected_expiry"
            )
        return value


_REFUSALS: dict[str, tuple[type[errors.AuthenticationError], str, str]] = {
    "/oauth/v2/token": (AuthorizationCodeError, "invalid_code", "the code was refused"),
    "/oauth/token": (AuthorizationCodeError, "invalid_code", "the code was refused"),
    "/oauth/v2/refresh": (
        RefreshTokenError,
        "invalid_refresh_token",
        "the refresh token was refused",
    ),
    "/oauth/v2/recovery": (
        RecoveryTokenError,
        "invalid_recovery_token",
        "the recovery token was refused",
    ),
}


def _map_oauth_error(response: Response, context: CallContext) -> errors.GatewayError | None:
    mapped = map_error(response, context)
    if response.status == 415:
        return errors.RequestRejectedError(
            "Clover wants OAuth requests as JSON", code="unsupported_media_type", http_status=415
        )
    address = context.url.partition("?")[0]
    endpoint = next((path for path in _REFUSALS if address.endswith(path)), None)
    if response.status != 401 or endpoint is None:
        return mapped
    error_class, code, message = _REFUSALS[endpoint]
    detail = mapped.detail if mapped else None
    error = error_class(message, code=code, http_status=401, detail=detail)
    if isinstance(error, RefreshTokenError):
        available = response.headers.get("X-Clover-Recovery-Available", "")
        error.recovery_available = available.strip().lower() == "true"
    return error
