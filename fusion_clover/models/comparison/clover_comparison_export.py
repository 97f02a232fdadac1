import io

import xlsxwriter

from odoo import models
from odoo.tools import format_datetime


class CloverComparison(models.Model):
    """Export of the comparison as a spreadsheet."""

    _inherit = "clover.comparison"

    def _spreadsheet(self):
        """Return the comparison as a workbook: summary, differences, totals, entries.

        Text stays text: customers' input is never read as a formula.

        :return: the file's bytes
        """
        self.ensure_one()
        stream = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(stream, options) as book:
            formats = {
                "head": book.add_format({"bold": True, "bottom": 1}),
                "money": book.add_format({"num_format": "#,##0.00"}),
            }
            self._write_summary(book.add_worksheet(self.env._("Summary")), formats)
            for title, records, names in self._sheets():
                self._write_records(book.add_worksheet(title), formats, records, names)
        return stream.getvalue()

    def _sheets(self):
        """Return ``(title, records, field names)`` of the lists."""
        return [
            (
                self.env._("Differences"),
                self.difference_ids,
                ("kind", "state", "clover_ref", "transaction_id", "payment_id", "clover_state",
                 "odoo_state", "clover_amount", "odoo_amount", "effect", "evidence", "reason"),
            ),
            (
                self.env._("Totals"),
                self.total_ids,
                ("dimension", "label", "count", "clover_amount", "odoo_amount", "gap"),
            ),
            (
                self.env._("Read from Clover"),
                self.entry_ids,
                ("kind", "ref", "payment_ref", "created_at", "clover_state", "clover_net",
                 "odoo_net", "clover_moved", "odoo_moved", "transaction_id", "payment_id", "tender",
                 "card_brand", "card_last4", "device_ref", "employee_name",
                 "external_reference", "order_ref"),
            ),
        ]  # fmt: skip

    def _write_summary(self, sheet, formats):
        names = (
            "name", "provider_id", "company_id", "timezone", "compared_at", "entry_count",
            "clover_amount", "odoo_amount", "gap", "explained", "unexplained", "open_count",
            "conclusion",
        )  # fmt: skip
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 60)
        for row, name in enumerate(names):
            sheet.write_string(row, 0, self._label(self, name), formats["head"])
            self._write_value(sheet, row, 1, self, name, formats)

    def _write_records(self, sheet, formats, records, names):
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(names) - 1, 18)
        for column, name in enumerate(names):
            sheet.write_string(0, column, self._label(records, name), formats["head"])
        for row, record in enumerate(records, start=1):
            for column, name in enumerate(names):
                self._write_value(sheet, row, column, record, name, formats)

    def _label(self, records, name):
        return records._fields[name]._description_string(self.env)

    def _write_value(self, sheet, row, column, record, name, formats):
        field, value = record._fields[name], record[name]
        if field.type == "monetary":
            sheet.write_number(row, column, value, formats["money"])
        elif field.type in ("integer", "float"):
            sheet.write_number(row, column, value)
        elif field.type == "selection":
            words = dict(field._description_selection(self.env))
            sheet.write_string(row, column, words.get(value, ""))
        elif field.type == "datetime":
            words = format_datetime(self.env, value, tz=self.timezone or "UTC") if value else ""
            sheet.write_string(row, column, words)
        elif field.type == "many2one":
            # Elevated: reads only names that the comparison already shows.
            sheet.write_string(row, column, value.sudo().display_name or "")
        else:
            sheet.write_string(row, column, str(value or ""))
