"""The daily comparison was ``clover.reconciliation`` until 19.0.1.0.0 and is ``clover.comparison``.

Everything in the database that bears the old name gets the new one before the models are loaded,
so that rows, attachments, filters and external ids stay what they are. It can run again. A database
of the other addon that is called ``fusion_clover`` (19.0.1.10.0) has no comparisons: nothing is
changed there.
"""

import logging

from odoo.tools import SQL
from odoo.tools.sql import column_exists, table_exists

_logger = logging.getLogger(__name__)

MODELS = {
    "clover.reconciliation": "clover.comparison",
    "clover.reconciliation.accept": "clover.comparison.accept",
    "clover.reconciliation.difference": "clover.comparison.difference",
    "clover.reconciliation.entry": "clover.comparison.entry",
    "clover.reconciliation.total": "clover.comparison.total",
}
TABLES = {old.replace(".", "_"): new.replace(".", "_") for old, new in MODELS.items()}
#: Tables whose column ``reconciliation_id`` becomes ``comparison_id``.
LINES = (
    "clover_comparison_difference",
    "clover_comparison_entry",
    "clover_comparison_total",
)
#: What an open dialog has chosen. It is made anew: PostgreSQL has shortened the names of its
#: constraints, and nobody's dialog is open during an upgrade.
DIALOG = "clover_reconciliation_accept_rel"
#: Regular expressions and their replacements, for names that contain one of ours and for what
#: people and other addons have written: domains, views, code.
WORDS = [
    (r"\yclover\.reconciliation\y", "clover.comparison"),
    ("clover_reconciliation", "clover_comparison"),
    ("report_reconciliation", "report_comparison"),
    (r"(\y|__)reconciliation_id\y", r"\1comparison_id"),
    (r"_reconciliation_id_fkey\y", "_comparison_id_fkey"),
]
#: Columns of any table that hold nothing but the name of a model: Odoo's, ours and other addons'.
MODEL_COLUMNS = ("model", "res_model", "parent_res_model", "relation", "resource", "model_id")
#: Columns in which the words are replaced, and which of their rows are about the comparison.
ABOUT_MODEL = "{} IN (SELECT model FROM ir_model WHERE model LIKE 'clover.comparison%')"
TEXTS = [
    ("ir_model_data", "name", "name ~ 'clover_reconciliation|report_reconciliation'"),
    ("ir_model_fields", "name", ABOUT_MODEL.format("model")),
    ("ir_model_fields", "related", ABOUT_MODEL.format("model")),
    ("ir_model_fields", "depends", ABOUT_MODEL.format("model")),
    ("ir_model_fields", "relation_field", ABOUT_MODEL.format("relation")),
    ("ir_model_fields", "relation_table", ABOUT_MODEL.format("model")),
    ("ir_model_fields", "column1", ABOUT_MODEL.format("model")),
    ("ir_model_fields", "column2", ABOUT_MODEL.format("model")),
    ("ir_model_constraint", "name", "name LIKE 'clover_reconciliation%'"),
    ("ir_model_constraint", "definition", "name LIKE 'clover_comparison%'"),
    ("ir_model_relation", "name", "name LIKE 'clover_reconciliation%'"),
    ("ir_ui_view", "name", ABOUT_MODEL.format("model")),
    ("ir_ui_view", "key", "key = 'fusion_clover.report_reconciliation'"),
    ("ir_ui_view", "arch_db", ABOUT_MODEL.format("model")),
    ("ir_ui_view", "arch_db", "key = 'fusion_clover.report_comparison'"),
    ("ir_act_report_xml", "report_name", ABOUT_MODEL.format("model")),
    ("ir_act_report_xml", "report_file", ABOUT_MODEL.format("model")),
    ("ir_act_window", "domain", ABOUT_MODEL.format("res_model")),
    ("ir_act_window", "context", ABOUT_MODEL.format("res_model")),
    ("ir_act_server", "code", "code ~ 'clover.reconciliation'"),
    (
        "ir_rule",
        "domain_force",
        ABOUT_MODEL.format("(SELECT model FROM ir_model WHERE id = model_id)"),
    ),
    ("ir_filters", "domain", ABOUT_MODEL.format("model_id")),
    ("ir_filters", "context", ABOUT_MODEL.format("model_id")),
    ("ir_filters", "sort", ABOUT_MODEL.format("model_id")),
    (
        "ir_exports_line",
        "name",
        "export_id IN (SELECT id FROM ir_exports WHERE resource LIKE 'clover.comparison%')",
    ),
    ("fusion_health_check", "code", "code = 'clover_reconciliation'"),
]
#: Stored as jsonb, one value per language.
TRANSLATED = {"arch_db"}


def migrate(cr, version):
    if not table_exists(cr, "clover_reconciliation"):
        return
    _drop_dialog(cr)
    _rename_tables(cr)
    _rename_columns(cr)
    _rename_what_belongs_to_tables(cr)
    _rename_models(cr)
    _replace_words(cr)
    _logger.info("clover.reconciliation is clover.comparison now")


def _drop_dialog(cr):
    cr.execute(SQL("DROP TABLE %s", SQL.identifier(DIALOG)))
    cr.execute("DELETE FROM ir_model_constraint WHERE name LIKE %s", [DIALOG + "%"])


def _rename_tables(cr):
    for old, new in TABLES.items():
        cr.execute(SQL("ALTER TABLE %s RENAME TO %s", SQL.identifier(old), SQL.identifier(new)))


def _rename_columns(cr):
    for table in LINES:
        cr.execute(
            SQL(
                "ALTER TABLE %s RENAME COLUMN reconciliation_id TO comparison_id",
                SQL.identifier(table),
            )
        )


def _rename_what_belongs_to_tables(cr):
    """Rename constraints with their indexes, the other indexes, and sequences."""
    tables = tuple(TABLES.values())
    cr.execute(
        SQL(
            """
            SELECT con.conname, own.relname
              FROM pg_constraint con
              JOIN pg_class own ON own.oid = con.conrelid
             WHERE own.relname IN %s
               AND own.relnamespace = current_schema::regnamespace
               AND con.conname ~ 'reconciliation'
            """,
            tables,
        )
    )
    for name, table in cr.fetchall():
        cr.execute(
            SQL(
                "ALTER TABLE %s RENAME CONSTRAINT %s TO %s",
                SQL.identifier(table),
                SQL.identifier(name),
                SQL.identifier(_new_name(name)),
            )
        )
    # Of a foreign table as well, should another addon refer to ours.
    cr.execute(
        """
        SELECT relname, relkind
          FROM pg_class
         WHERE relname ~ 'clover_reconciliation'
           AND relkind IN ('i', 'S')
           AND relnamespace = current_schema::regnamespace
        """
    )
    for name, kind in cr.fetchall():
        cr.execute(
            SQL(
                "ALTER %s %s RENAME TO %s",
                SQL("INDEX") if kind == "i" else SQL("SEQUENCE"),
                SQL.identifier(name),
                SQL.identifier(_new_name(name)),
            )
        )


def _new_name(name):
    return name.replace("clover_reconciliation", "clover_comparison").replace(
        "reconciliation_id", "comparison_id"
    )


def _rename_models(cr):
    cr.execute(
        SQL(
            """
            SELECT col.table_name, col.column_name
              FROM information_schema.columns col
              JOIN information_schema.tables tab USING (table_schema, table_name)
             WHERE col.table_schema = current_schema
               AND tab.table_type = 'BASE TABLE'
               AND col.data_type IN ('character varying', 'text')
               AND col.column_name IN %s
            """,
            MODEL_COLUMNS,
        )
    )
    for table, column in cr.fetchall():
        for old, new in MODELS.items():
            cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE %s = %s",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    new,
                    SQL.identifier(column),
                    old,
                )
            )


def _replace_words(cr):
    for table, column, condition in TEXTS:
        if not column_exists(cr, table, column):
            continue
        text = SQL("%s::text", SQL.identifier(column))
        for pattern, replacement in WORDS:
            text = SQL("regexp_replace(%s, %s, %s, 'g')", text, pattern, replacement)
        cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE %s",
                SQL.identifier(table),
                SQL.identifier(column),
                SQL("(%s)::jsonb", text) if column in TRANSLATED else text,
                SQL(condition.replace("%", "%%")),
            )
        )
