from odoo import http
from odoo.http import content_disposition, request


class CloverComparisonController(http.Controller):
    """Download of a comparison as a spreadsheet."""

    @http.route(
        "/fusion_clover/comparison/<int:comparison_id>/xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def spreadsheet(self, comparison_id):
        """Return the spreadsheet of a comparison that the user may read."""
        comparison = request.env["clover.comparison"].browse(comparison_id).exists()
        if not comparison:
            raise request.not_found()
        comparison.check_access("read")
        name = f"{comparison.name}.xlsx"
        return request.make_response(
            comparison._spreadsheet(),
            headers=[
                (
                    "Content-Type",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                ),
                ("Content-Disposition", content_disposition(name)),
            ],
        )
