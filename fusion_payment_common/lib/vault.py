"""Encryption of card data at rest (uses cryptography's Fernet: AES-128-CBC with HMAC-SHA256).

Keys come from the server's configuration or environment, never from the database they protect.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class VaultError(Exception):
    """The vault cannot be used. Its text never contains a key or a plain value."""


class VaultKeyMissingError(VaultError):
    """No key is configured, so that nothing is encrypted and nothing can be read."""


class VaultKeyInvalidError(VaultError):
    """A configured key is not a Fernet key (32 bytes in URL-safe base64)."""


class VaultDecryptionError(VaultError):
    """No configured key opens this value, or it was changed."""


def generate_key() -> str:
    """A new random key, to be put into the server's configuration."""
    return Fernet.generate_key().decode("ascii")


class Vault:
    """Encrypts with the first key, decrypts with any.

    :param keys: Fernet keys, the current one first; older ones stay until :meth:`rotate` has been
        applied to every stored value.
    :raises VaultKeyMissingError: when there is no key.
    :raises VaultKeyInvalidError: when one is malformed.
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
            # Without its cause: the message of the library could show the key's form.
            raise VaultKeyInvalidError(
                "an encryption key is not 32 bytes in URL-safe base64"
            ) from None

    def __repr__(self) -> str:
        return "Vault(***)"

    def encrypt(self, plain: str) -> str:
        """ASCII text that :meth:`decrypt` turns back; different every time."""
        return self._fernet.encrypt(plain.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """What was encrypted.

        :raises VaultDecryptionError: see there.
        """
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except (InvalidToken, UnicodeDecodeError):
            raise VaultDecryptionError("the value cannot be decrypted with our keys") from None

    def rotate(self, token: str) -> str:
        """The same secret under the first key; safe to repeat.

        :raises VaultDecryptionError: see there.
        """
        try:
            return self._fernet.rotate(token.encode()).decode("ascii")
        except InvalidToken:
            raise VaultDecryptionError("the value cannot be decrypted with our keys") from None
