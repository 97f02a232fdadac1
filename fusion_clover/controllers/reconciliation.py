from odoo import http
from odoo.http import content_disposition, request


class CloverReconciliationController(http.Controller):
    """The comparison as a file."""

    @http.route(
        "/fusion_clover/reconciliation/<int:reconciliation_id>/xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def spreadsheet(self, reconciliation_id):
        """Return the spreadsheet of a comparison that the user may read."""
        reconciliation = request.env["clover.reconciliation"].browse(reconciliation_id).exists()
        if not reconciliation:
            raise request.not_found()
        reconciliation.check_access("read")
        name = f"{reconciliation.name}.xlsx"
        return request.make_response(
            reconciliation._spreadsheet(),
            headers=[
                (
                    "Content-Type",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                ),
                ("Content-Disposition", content_disposition(name)),
            ],
        )
