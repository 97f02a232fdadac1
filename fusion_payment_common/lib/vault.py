"""Encryption of card data at rest (uses cryptography's Fernet: AES-128-CBC with HMAC-SHA256).

Keys come from the server's configuration or environment, never from the database.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class VaultError(Exception):
    """The vault cannot be used. The message never contains a key or a plain value."""


class VaultKeyMissingError(VaultError):
    """No key is configured, so nothing can be encrypted or decrypted."""


class VaultKeyInvalidError(VaultError):
    """A configured key is not a Fernet key (32 bytes in URL-safe base64)."""


class VaultDecryptionError(VaultError):
    """No configured key decrypts this value, or it was changed."""


def generate_key() -> str:
    """Return a new random key for the server's configuration."""
    return Fernet.generate_key().decode("ascii")


class Vault:
    """Encrypt with the first key, decrypt with any key.

    :param keys: Fernet keys, the current one first; keep older ones until :meth:`rotate` has been
        applied to every stored value.
    :raises VaultKeyMissingError: there is no key.
    :raises VaultKeyInvalidError: a key is malformed.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if isinstance(keys, str):
            raise VaultKeyInvalidError("keys are given as a list")
        filled = [key.strip() for key in keys if key and key.strip()]
        if not filled:
            raise VaultKeyMissingError("no encryption key is configured")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in filled])
        except ValueError:
            # Drop the cause: the library's message could reveal the key's form.
            raise VaultKeyInvalidError(
                "an encryption key is not 32 bytes in URL-safe base64"
            ) from None

    def __repr__(self) -> str:
        return "Vault(***)"

    def encrypt(self, plain: str) -> str:
        """Return ASCII text that :meth:`decrypt` decrypts; it is different every time."""
        return self._fernet.encrypt(plain.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Return the decrypted value.

        :raises VaultDecryptionError: no key decrypts it, or it was changed.
        """
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except (InvalidToken, UnicodeDecodeError):
            raise VaultDecryptionError("the value cannot be decrypted with our keys") from None

    def rotate(self, token: str) -> str:
        """Return the same value encrypted under the first key; safe to repeat.

        :raises VaultDecryptionError: no key decrypts it, or it was changed.
        """
        try:
            return self._fernet.rotate(token.encode()).decode("ascii")
        except InvalidToken:
            raise VaultDecryptionError("the value cannot be decrypted with our keys") from None
