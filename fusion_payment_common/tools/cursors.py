"""Separate transactions: the only place of the suite that opens a cursor.

The ledger has to commit what it is about to do before a provider is called, and what came back
before anything else can fail. Neither may depend on whether the caller's transaction commits.
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
    """Yield an environment on a cursor of its own; commit at the end, roll back on an exception.

    :param env: the caller's environment (user, context and registry are taken over).
    :param su: elevated by default: the ledger's tables are not writable by any user.
    """
    with env.registry.cursor() as cr:
        yield api.Environment(cr, env.uid, env.context, su)


@contextmanager
def database_environment(registry):
    """Yield the superuser's environment on a database, for command-line commands."""
    with registry.cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {}, True)


def undo(env):
    """Undo what the caller's transaction has done since its last commit.

    For scheduled actions, which commit row by row: after one that has failed in whatever way, even
    with an error of the database, they go on with the next.
    """
    env.cr.rollback()


def in_own_transaction(env, function, *, tries=MAX_TRIES, read_committed=False):
    """Run ``function(own_env)`` in a transaction of its own and return its result.

    The function must be repeatable: it is run again, in a new transaction with a fresh snapshot,
    when PostgreSQL reports a conflict with a concurrent transaction.

    :param int tries: how often at the most.
    :param bool read_committed: for claims of a queue, whose workers leave each other's rows out.
        On a snapshot, as transactions of Odoo are, PostgreSQL passes over rows that are locked but
        refuses ("could not serialize access") those that another worker has just claimed and
        committed; without one it looks at them as they are now and leaves them out.
    :raise psycopg2.OperationalError: when the last try conflicted as well.
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
