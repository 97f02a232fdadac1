"""Canaries: things that must not be found again anywhere, once they have gone through a flow."""

import io
import logging
from contextlib import contextmanager

from odoo.tools import SQL

from ..tools.log_redaction import LogRedaction

#: Valid by Luhn, unlike any number a test would contain by chance.
PANS = ("4539578763621486", "5425233430109903", "374245455400126")
CVV = "canary-7391"


@contextmanager
def captured_log():
    """Yield a stream with everything that is logged meanwhile, as handlers of a server see it.

    Debug level for all but Odoo itself, whose SQL log shows what is written where it belongs.
    """
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    handler.addFilter(LogRedaction())
    root = logging.getLogger()
    levels = {root: logging.DEBUG, logging.getLogger("odoo"): logging.INFO}
    previous = {logger: logger.level for logger in levels}
    root.addHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)
    try:
        yield stream
    finally:
        for logger, level in previous.items():
            logger.setLevel(level)
        root.removeHandler(handler)


def tables_with(env, canaries, *, except_tables=()):
    """Return the names of the tables in which one of the texts occurs, mails included.

    :param except_tables: where a credential is kept on purpose
    """
    env.flush_all()
    env.cr.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    patterns = [f"%{canary}%" for canary in canaries]
    found = []
    for (table,) in env.cr.fetchall():
        if table in except_tables:
            continue
        env.cr.execute(
            SQL(
                "SELECT 1 FROM %s AS row WHERE row::text LIKE ANY(%s) LIMIT 1",
                SQL.identifier(table),
                patterns,
            )
        )
        if env.cr.rowcount:
            found.append(table)
    return found
