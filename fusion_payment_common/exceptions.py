"""Errors of the ledger. Those that a user may see all mean that nothing was sent."""

from odoo.exceptions import UserError


class OperationInProgress(UserError):
    """Another operation on the same document, or the same one elsewhere, is not finished."""


class IdempotencyKeyConflict(UserError):
    """The idempotency key was already used for something else."""


class TransactionNotCommitted(Exception):
    """The record to book on does not exist (yet): whoever creates it may still be at work."""


class EventTooEarly(Exception):
    """What an event is about is being worked on: the inbox brings it again in a few seconds."""
