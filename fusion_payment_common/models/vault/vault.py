import logging
import os
import re
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, config

from ...lib.vault import Vault, VaultDecryptionError, VaultError, VaultKeyMissingError
from ...tools.cursors import in_own_transaction

_logger = logging.getLogger(__name__)

#: Option of the server's configuration file, in ``[options]``.
CONFIG_OPTION = "fusion_vault_keys"
#: Environment variable; it takes precedence over the configuration file.
ENVIRONMENT_VARIABLE = "FUSION_VAULT_KEYS"
#: Rows that a rotation re-encrypts per transaction.
ROTATION_BATCH = 200


class Rotation(NamedTuple):
    """Result of a rotation: the count of re-encrypted values, and the unreadable ones."""

    rotated: int
    unreadable: tuple[tuple[str, int], ...]


class FusionVault(models.AbstractModel):
    """Encryption at rest of data that must never be stored in clear.

    The keys come from the server (configuration file or environment), never from the database, so
    that a copy of the database is useless without them. Several keys are separated by commas; the
    first encrypts, all of them decrypt.
    """

    _name = "fusion.vault"
    _description = "Vault"

    @api.model
    def _keys(self):
        """Return the configured keys, the current one first."""
        given = os.environ.get(ENVIRONMENT_VARIABLE) or config.get(CONFIG_OPTION) or ""
        return [key for key in re.split(r"[\s,]+", given) if key]

    @api.model
    def _vault(self):
        """Return the vault.

        :raise VaultError: there is no key, or one is malformed
        """
        return Vault(self._keys())

    @api.model
    def _problem(self):
        """Return a sentence that says why nothing can be encrypted, or False if it can."""
        try:
            self._vault()
        except VaultKeyMissingError:
            return self.env._(
                "No encryption key is configured. Set %(option)s in the server's configuration "
                "file or the environment variable %(variable)s, and restart the server.",
                option=CONFIG_OPTION,
                variable=ENVIRONMENT_VARIABLE,
            )
        except VaultError:
            return self.env._(
                "An encryption key is malformed: it must be 32 bytes in URL-safe base64. Generate "
                "one with: odoo --addons-path=... fusion_vault generate-key"
            )
        return False

    @api.model
    def _require(self):
        """Check that values can be encrypted.

        :raise UserError: no usable key; the message says what to configure
        """
        if problem := self._problem():
            raise UserError(problem)

    @api.model
    def _encrypt(self, plain):
        """Return ``plain`` encrypted, as ASCII text.

        :raise VaultError: no usable key; nothing was encrypted
        """
        return self._vault().encrypt(plain)

    @api.model
    def _decrypt(self, token):
        """Return the decrypted value.

        :raise UserError: no usable key, or none that decrypts this value
        """
        self._require()
        try:
            return self._vault().decrypt(token)
        except VaultDecryptionError as error:
            raise UserError(
                self.env._(
                    "The configured encryption keys do not open this value. Add the key that was "
                    "in use when it was stored to %s.",
                    ENVIRONMENT_VARIABLE,
                )
            ) from error

    # === ROTATION === #

    @api.model
    def _encrypted_columns(self):
        """Return ``(model, field, condition)`` of every column with encrypted values.

        ``condition`` is an ``SQL`` that holds for the encrypted rows. Addons that store encrypted
        values in other tables must extend this method, or the values are lost when an old key is
        removed.
        """
        return [
            ("fusion.secret", "payload", SQL("payload IS NOT NULL")),
            ("fusion.event", "payload", SQL("payload_encrypted")),
        ]

    @api.model
    def _rotate(self):
        """Re-encrypt every stored value under the first key. Safe to interrupt and to repeat.

        :return: a :class:`Rotation`; old keys may be removed only if ``unreadable`` is empty
        :raise UserError: no usable key
        """
        self._require()
        rotated, unreadable = 0, []
        for model, field, condition in self._encrypted_columns():
            last_id = 0
            while batch := in_own_transaction(
                self.env,
                lambda env, column=(model, field, condition), after=last_id: env[
                    self._name
                ]._rotate_batch(*column, after=after),
            ):
                last_id = batch[-1][0]
                rotated += sum(opened for _id, opened in batch)
                unreadable += [(model, row_id) for row_id, opened in batch if not opened]
        self.env.invalidate_all()
        _logger.info("Vault rotated: %s values, %s unreadable", rotated, len(unreadable))
        return Rotation(rotated, tuple(unreadable))

    @api.model
    def _rotate_batch(self, model, field, condition, *, after):
        """Re-encrypt the next rows; return ``[(id, whether a key decrypted it)]``."""
        table, column = SQL.identifier(self.env[model]._table), SQL.identifier(field)
        vault = self._vault()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %(column)s FROM %(table)s WHERE id > %(after)s AND %(condition)s "
                "ORDER BY id LIMIT %(limit)s FOR UPDATE",
                column=column,
                table=table,
                after=after,
                condition=condition,
                limit=ROTATION_BATCH,
            )
        )
        result = []
        for row_id, token in rows:
            try:
                value = vault.rotate(token)
            except VaultDecryptionError:
                _logger.error("No configured key opens %s %s", model, row_id)
                result.append((row_id, False))
                continue
            self.env.cr.execute(
                SQL("UPDATE %s SET %s = %s WHERE id = %s", table, column, value, row_id)
            )
            result.append((row_id, True))
        self.env[model].invalidate_model([field])
        return result

    @api.model
    def _opens_newest(self):
        """Return whether the configured keys decrypt the newest stored value of every column."""
        vault = self._vault()
        for model, field, condition in self._encrypted_columns():
            rows = self.env.execute_query(
                SQL(
                    "SELECT %s FROM %s WHERE %s ORDER BY id DESC LIMIT 1",
                    SQL.identifier(field),
                    SQL.identifier(self.env[model]._table),
                    condition,
                )
            )
            try:
                for (token,) in rows:
                    vault.decrypt(token)
            except VaultDecryptionError:
                return False
        return True
