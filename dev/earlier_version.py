"""Make a database as version 19.0.1.0.0 left it, and see what an upgrade made of it.

    python -m dev.earlier_version make DB       before the upgrade
    python -m dev.earlier_version check DB      after it

Until 19.0.1.0.0 the daily comparison was ``clover.reconciliation``. ``make`` gives a database of
today some comparisons and what people attach to them, takes a picture, and then renames everything
back: tables, columns and constraints, and the words in every text of every table, without asking
the migration what it knows. ``check`` wants the picture back, and the old name nowhere.
Reached through libpq's PGHOST, PGUSER, PGPASSWORD.
"""

import json
import sys

import psycopg2

ADDONS = ("fusion_payment_common", "fusion_clover", "fusion_wex")
TABLES = (
    "clover_comparison",
    "clover_comparison_accept",
    "clover_comparison_accept_rel",
    "clover_comparison_difference",
    "clover_comparison_entry",
    "clover_comparison_total",
)
#: Today's words as PostgreSQL finds them, and what they were; not the system parameter
#: ``fusion_clover.comparison_settling_seconds``, which has always had its name.
WORDS = (
    (r"(?<!fusion_)clover\.comparison", "clover.reconciliation"),
    ("clover_comparison", "clover_reconciliation"),
    ("report_comparison", "report_reconciliation"),
    (r"(?<!_)comparison_id|(?<=__)comparison_id", "reconciliation_id"),
    ("_comparison_id_fkey", "_reconciliation_id_fkey"),
)
OLD_NAME = r"clover[._]reconciliation|report_reconciliation|\yreconciliation_id"

#: A comparison with one row of each kind, and what people add: a file, a filter, an export, a
#: view of their own, a message.
PLANTED = """
INSERT INTO clover_comparison (provider_id, company_id, date_from, date_to, state, message)
SELECT id, company_id, '2026-01-05', '2026-01-05', 'done', 'planted'
  FROM payment_provider WHERE code = 'clover' ORDER BY id LIMIT 1;
INSERT INTO clover_comparison_entry (comparison_id, company_id, kind, ref, moved_minor)
SELECT id, company_id, 'payment', 'PLANTED1', 1250 FROM clover_comparison;
INSERT INTO clover_comparison_difference
       (comparison_id, provider_id, company_id, date, kind, state, clover_ref)
SELECT id, provider_id, company_id, date_from, 'missing', 'open', 'PLANTED1'
  FROM clover_comparison;
INSERT INTO clover_comparison_total (comparison_id, company_id, dimension, label, count)
SELECT id, company_id, 'brand', 'VISA', 1 FROM clover_comparison;
INSERT INTO ir_attachment (name, res_model, res_id, type, url)
SELECT 'evidence', 'clover.comparison', id, 'url', 'https://example.com' FROM clover_comparison;
INSERT INTO mail_message (model, res_id, message_type, subject)
SELECT 'clover.comparison', id, 'comment', 'planted' FROM clover_comparison;
INSERT INTO ir_filters (name, model_id, domain, context, sort)
VALUES ('planted', 'clover.comparison.difference', '[("comparison_id.state", "=", "done")]',
        '{"group_by": ["comparison_id"]}', '["comparison_id desc"]');
INSERT INTO ir_exports (name, resource) VALUES ('planted', 'clover.comparison.entry');
INSERT INTO ir_exports_line (export_id, name)
SELECT id, 'comparison_id/name' FROM ir_exports WHERE name = 'planted';
INSERT INTO ir_ui_view (name, model, type, mode, priority, active, arch_db)
VALUES ('planted', 'clover.comparison.total', 'list', 'primary', 99, TRUE,
        '{"en_US": "<list><field name=\\"comparison_id\\"/></list>"}');
"""


def _rows(cr, query, *values):
    cr.execute(query, values)
    return cr.fetchall()


def _text_columns(cr):
    """Return ``{table: columns}`` of all that can hold a word."""
    found = {}
    for table, column in _rows(
        cr,
        """
        SELECT col.table_name, col.column_name
          FROM information_schema.columns col
          JOIN information_schema.tables tab USING (table_schema, table_name)
         WHERE col.table_schema = 'public' AND tab.table_type = 'BASE TABLE'
           AND col.data_type IN ('character varying', 'text', 'jsonb')
        """,
    ):
        found.setdefault(table, []).append(column)
    return found


def _picture(cr):
    """Return what an upgrade has to bring back: rows, external ids, and the shape of the tables."""
    planted = {
        table: [row for (row,) in _rows(cr, f"SELECT to_jsonb(t) FROM {table} t ORDER BY 1")]
        for table in TABLES
    }
    for table, condition in (
        ("ir_attachment", "name = 'evidence'"),
        ("mail_message", "subject = 'planted'"),
        ("ir_filters", "name = 'planted'"),
        ("ir_exports", "name = 'planted'"),
        ("ir_exports_line", "export_id IN (SELECT id FROM ir_exports WHERE name = 'planted')"),
        ("ir_ui_view", "name = 'planted'"),
    ):
        planted[table] = [
            row for (row,) in _rows(cr, f"SELECT to_jsonb(t) FROM {table} t WHERE {condition}")
        ]
    return {
        "rows": planted,
        "external ids": {
            name: [model, record]
            for name, model, record in _rows(
                cr,
                "SELECT module || '.' || name, model, res_id FROM ir_model_data WHERE module IN %s",
                ADDONS,
            )
        },
        "columns": _rows(
            cr,
            """
            SELECT table_name, column_name, data_type, is_nullable, column_default
              FROM information_schema.columns WHERE table_name IN %s ORDER BY 1, 2
            """,
            TABLES,
        ),
        "constraints": _rows(
            cr,
            """
            SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
             WHERE conrelid::regclass::text IN %s ORDER BY 1
            """,
            TABLES,
        ),
        "indexes": _rows(
            cr,
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN %s ORDER BY 1",
            TABLES,
        ),
    }


def make(cr):
    """Plant, take the picture, rename everything back."""
    cr.execute(PLANTED)
    picture = _picture(cr)
    assert all(picture["rows"][table] for table in picture["rows"] if "accept" not in table)
    cr.execute("CREATE SCHEMA earlier_version")
    cr.execute("CREATE TABLE earlier_version.picture (content jsonb)")
    cr.execute("INSERT INTO earlier_version.picture VALUES (%s)", [json.dumps(picture)])
    _rename_words(cr)
    _rename_tables(cr)
    cr.execute(
        "UPDATE ir_module_module SET latest_version = '19.0.1.0.0' WHERE name IN %s", [ADDONS]
    )


def _rename_words(cr):
    for table, columns in _text_columns(cr).items():
        changes = []
        for column in columns:
            value = f'"{column}"::text'
            for pattern, old in WORDS:
                value = f"regexp_replace({value}, '{pattern}', '{old}', 'g')"
            changes.append((column, value))
        cast = dict(
            _rows(
                cr,
                """
                SELECT column_name, data_type FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name = %s
                """,
                table,
            )
        )
        assignments = ", ".join(
            f'"{column}" = ({value})::{cast[column]}' for column, value in changes
        )
        affected = " OR ".join(f"\"{column}\"::text ~ 'comparison'" for column in columns)
        cr.execute(f'UPDATE "{table}" SET {assignments} WHERE {affected}')


def _rename_tables(cr):
    def old(name):
        return name.replace("clover_comparison", "clover_reconciliation").replace(
            "comparison_id", "reconciliation_id"
        )

    for table in TABLES:
        for (name,) in _rows(
            cr,
            "SELECT conname FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND conname ~ 'comparison'",
            table,
        ):
            # PostgreSQL's limit; only names that it had shortened itself come near it.
            cr.execute(f'ALTER TABLE {table} RENAME CONSTRAINT "{name}" TO "{old(name)[:63]}"')
        for (column,) in _rows(
            cr,
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND column_name ~ 'comparison'",
            table,
        ):
            cr.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO {old(column)}")
        cr.execute(f"ALTER TABLE {table} RENAME TO {old(table)}")
    for name, kind in _rows(
        cr,
        """
        SELECT relname, CASE relkind WHEN 'i' THEN 'INDEX' ELSE 'SEQUENCE' END FROM pg_class
         WHERE relname ~ 'clover_comparison' AND relkind IN ('i', 'S')
        """,
    ):
        cr.execute(f'ALTER {kind} "{name}" RENAME TO "{old(name)}"')


def check(cr):
    """Return what the upgrade has lost, changed or left with the old name."""
    [[before]] = _rows(cr, "SELECT content FROM earlier_version.picture")
    after = json.loads(json.dumps(_picture(cr)))
    faults = [
        f"{what}: {line}" for what in before for line in _differences(before[what], after[what])
    ]
    for table, columns in _text_columns(cr).items():
        for column in columns:
            faults += [
                f"{table}.{column} still says {text[:100]}"
                for (text,) in _rows(
                    cr,
                    f'SELECT "{column}"::text FROM "{table}" WHERE "{column}"::text ~ %s',
                    OLD_NAME,
                )
            ]
    faults += [
        f"{name} still has its old name"
        for (name,) in _rows(
            cr,
            "SELECT relname FROM pg_class WHERE relname ~ %s"
            " UNION SELECT conname FROM pg_constraint WHERE conname ~ %s",
            OLD_NAME,
            OLD_NAME,
        )
    ]
    return faults


def _differences(before, after):
    if isinstance(before, dict):
        return [
            f"{name}: {before.get(name)} became {after.get(name)}"
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ]
    return [f"{row} is gone" for row in before if row not in after] + [
        f"{row} is new" for row in after if row not in before
    ]


def main(argv):
    """Do one of the two; return 1 if the upgrade was not faithful."""
    command, name = argv
    with psycopg2.connect(dbname=name) as connection, connection.cursor() as cr:
        faults = {"make": make, "check": check}[command](cr) or []
    for fault in faults:
        print(fault)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
