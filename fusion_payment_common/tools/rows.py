"""Inserts and updates in plain SQL, for the few statements that run a hundred times a second."""

from odoo.tools import SQL

#: The transaction's time as the ORM stores times. Reading it first would take another statement.
NOW = SQL("(now() AT TIME ZONE 'UTC')")
#: The statement's time in whole seconds, the unit of leases.
SECOND = SQL("date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC')")


def seconds_from_now(seconds):
    """Return the SQL time that is ``seconds`` after :data:`SECOND`."""
    return SQL("%s + %s * interval '1 second'", SECOND, seconds)


def insert(model, values, *, unless=None, on_conflict=None, returning=None):
    """Return the statement that inserts one row of ``model``, with the log columns.

    The ORM computes, defaults, tracks and checks nothing; only the database's constraints apply.
    ``values`` must have every column that gets a value, including those of computed fields.

    :param dict values: stored fields, with values as ``write`` takes them or SQL
    :param SQL unless: a condition under which nothing is inserted
    :param SQL on_conflict: what follows ``ON CONFLICT``
    :param SQL returning: what follows ``RETURNING``
    """
    columns = {name: _column(model, name, value, values) for name, value in values.items()}
    uid = model.env.uid
    columns.update(create_uid=uid, create_date=NOW, write_uid=uid, write_date=NOW)
    return SQL(
        "INSERT INTO %s (%s) SELECT %s%s%s%s",
        SQL.identifier(model._table),
        _text(f'"{name}"' for name in columns),
        _text(["%s"] * len(columns), *columns.values()),
        SQL(" WHERE NOT %s", unless) if unless else SQL(),
        SQL(" ON CONFLICT %s", on_conflict) if on_conflict else SQL(),
        SQL(" RETURNING %s", returning) if returning else SQL(),
    )


def assignments(model, values):
    """Return the SQL that follows ``SET``; see :func:`insert`."""
    columns = {name: _column(model, name, value, values) for name, value in values.items()}
    return _text((f'"{name}" = %s' for name in columns), *columns.values())


def _text(parts, *values):
    # Build one SQL object: joining thirty columns separately takes longer than the statement. It
    # is safe, as all names are field names.
    return SQL(", ".join(parts), *values)


def _column(model, name, value, values):
    field = model._fields[name]
    # The ORM would create a record to find the currency; callers have already rounded.
    if isinstance(value, SQL) or field.type == "monetary":
        return value
    return field.convert_to_column_insert(value, model, values)
