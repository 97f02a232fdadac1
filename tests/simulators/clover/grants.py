"""OAuth grants: codes, access tokens and single-use refresh tokens (docs page "use-oauth")."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass

from ..core.clock import Clock


@dataclass
class Code:
    """An authorization code; ``legacy`` ones are good for the v1 token endpoint only."""

    value: str
    client_id: str
    merchant_id: str
    expires: float
    legacy: bool = False
    challenge: str | None = None


@dataclass
class AccessToken:
    """A bearer token; ``expires`` in unix seconds, None for a legacy one."""

    value: str
    client_id: str
    merchant_id: str
    expires: float | None


@dataclass
class RefreshToken:
    """A single-use token. ``successor`` is the one its use gave out."""

    value: str
    client_id: str
    merchant_id: str
    expires: float
    state: str = "live"
    used_at: float = 0.0
    successor: str | None = None
    recovered: bool = False


class Grants:
    """All codes and tokens in circulation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.codes: dict[str, Code] = {}
        self.access: dict[str, AccessToken] = {}
        self.refresh: dict[str, RefreshToken] = {}

    def issue_code(
        self,
        client_id: str,
        merchant_id: str,
        lifetime_s: float,
        *,
        legacy: bool = False,
        challenge: str | None = None,
    ) -> Code:
        """A new single-use code."""
        expires = self._clock.now() + lifetime_s
        code = Code(secrets.token_hex(16), client_id, merchant_id, expires, legacy, challenge)
        self.codes[code.value] = code
        return code

    def redeem_code(self, value: str, client_id: str, *, legacy: bool) -> Code | None:
        """Use a code up; None when it is unknown, used, expired, another app's or of the other
        generation."""
        code = self.codes.get(value)
        if code is None or code.client_id != client_id or code.legacy is not legacy:
            return None
        del self.codes[value]
        return code if code.expires > self._clock.now() else None

    def issue_access(
        self, client_id: str, merchant_id: str, lifetime_s: float | None
    ) -> AccessToken:
        """A new bearer token; without a lifetime it never expires (legacy)."""
        expires = None if lifetime_s is None else self._clock.now() + lifetime_s
        claims = {"merchant_uuid": merchant_id, "app_uuid": client_id, "jti": secrets.token_hex(16)}
        token = AccessToken(_jwt(claims), client_id, merchant_id, expires)
        self.access[token.value] = token
        return token

    def issue_refresh(
        self, client_id: str, merchant_id: str, lifetime_s: float, *, most: int
    ) -> RefreshToken:
        """A new refresh token; beyond ``most`` live ones (0: any number) the oldest die."""
        expires = self._clock.now() + lifetime_s
        token = RefreshToken(f"clvroar-{secrets.token_hex(24)}", client_id, merchant_id, expires)
        self.refresh[token.value] = token
        live = [
            t
            for t in self.refresh.values()
            if t.state == "live" and (t.client_id, t.merchant_id) == (client_id, merchant_id)
        ]
        for old in live[: len(live) - most] if most else []:
            old.state = "revoked"
        return token

    def use_refresh(self, value: str, client_id: str) -> RefreshToken | None:
        """Use a refresh token up; None when it cannot be used (again)."""
        token = self.refresh.get(value)
        if token is None or token.client_id != client_id or token.state != "live":
            return None
        if token.expires <= self._clock.now():
            return None
        token.state, token.used_at = "used", self._clock.now()
        return token

    def recoverable(self, value: str, client_id: str, window_s: float) -> RefreshToken | None:
        """The used token ``value`` when the one it gave out was never used and can be replaced."""
        token = self.refresh.get(value)
        if token is None or token.client_id != client_id or token.state != "used":
            return None
        successor = self.refresh.get(token.successor or "")
        if token.recovered or successor is None or successor.state != "live":
            return None
        return token if token.used_at + window_s > self._clock.now() else None

    def bearer(self, value: str) -> AccessToken | None:
        """The unexpired access token with this value."""
        token = self.access.get(value)
        if token is None or (token.expires is not None and token.expires <= self._clock.now()):
            return None
        return token

    def revoke(self, *, access: bool, refresh: bool) -> None:
        """Take tokens back, as an uninstall or an administrator would."""
        if access:
            self.access.clear()
        for token in self.refresh.values() if refresh else ():
            token.state = "revoked"


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636)."""
    return _b64(hashlib.sha256(verifier.encode()).digest())


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _jwt(claims: dict[str, str]) -> str:
    """A token that looks like Clover's; its signature is random and nobody checks it."""
    header = _b64(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
    return f"{header}.{_b64(json.dumps(claims).encode())}.{_b64(secrets.token_bytes(64))}"
