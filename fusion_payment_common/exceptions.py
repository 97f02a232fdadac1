"""Errors of the ledger that a user may see. In each case nothing was sent to a provider."""

from odoo.exceptions import UserError


class OperationInProgress(UserError):
    """Another operation on the same document, or the same one elsewhere, is not finished."""


class IdempotencyKeyConflict(UserError):
    """The idempotency key was already used for something else."""
