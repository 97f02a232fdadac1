"""Separate transactions: the only place of the suite that opens a cursor.

The ledger must commit an operation before it calls the provider, and the answer before anything
else can fail. Neither may depend on whether the caller's transaction commits.
"""

import logging
import random
import time
from contextlib import contextmanager

from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from odoo import SUPERUSER_ID, api
from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

MAX_TRIES = 5

#: A concurrent transaction was faster: the owner of this one has to run it again.
CONFLICTS = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)


@contextmanager
def own_environment(env, *, su=True):
    """Yield an environment on a new cursor; commit at the end, roll back on an exception.

    :param env: the caller's environment; its user, context and registry are used.
    :param su: elevated by default, because no user may write the ledger's tables.
    """
    with env.registry.cursor() as cr:
        yield api.Environment(cr, env.uid, env.context, su)


@contextmanager
def database_environment(registry):
    """Yield the superuser's environment of a database."""
    with registry.cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {}, True)


def undo(env):
    """Roll back the caller's transaction to its last commit.

    Scheduled actions that commit after each row use it to continue with the next row after any
    error, even one of the database.
    """
    env.cr.rollback()


def in_own_transaction(env, function, *, tries=MAX_TRIES, read_committed=False):
    """Run ``function(own_env)`` in its own transaction and return its result.

    The function must be repeatable: it is run again, in a new transaction with a fresh snapshot,
    when PostgreSQL reports a conflict with a concurrent transaction.

    :param int tries: maximum number of tries.
    :param bool read_committed: for the claims of a queue, where workers skip each other's rows.
        Odoo's transactions use a snapshot: PostgreSQL then skips locked rows but raises an error
        ("could not serialize access") for rows that another worker has just claimed and committed.
        Without a snapshot it reads the rows as they are now and skips these as well.
    :raise psycopg2.OperationalError: the last try conflicted as well.
    """
    for attempt in range(1, tries + 1):
        try:
            with own_environment(env) as own_env:
                if read_committed:
                    _read_committed(own_env.cr)
                result = function(own_env)
                own_env.cr.flush()
                return result
        except CONFLICTS as error:
            if attempt == tries:
                raise
            _logger.info("Conflict in a transaction of our own (%s), try %s", error, attempt)
            time.sleep(random.uniform(0.0, 0.05 * 2**attempt))
    raise AssertionError("unreachable")


def _read_committed(cr):
    """Read what is committed instead of a snapshot; only before the first statement."""
    if cr.connection.info.transaction_status == TRANSACTION_STATUS_IDLE:
        cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
