"""Errors of the ledger. Those that a user may see all mean that nothing was sent."""

from odoo.exceptions import UserError


class OperationInProgress(UserError):
    """An operation on the same document, or the same operation in another process, is open."""


class IdempotencyKeyConflict(UserError):
    """The idempotency key was already used for something else."""


class TransactionNotCommitted(Exception):
    """The record to book on does not exist yet: the transaction that creates it may be open."""


class EventTooEarly(Exception):
    """What an event is about is being worked on: the inbox brings it again in a few seconds."""
