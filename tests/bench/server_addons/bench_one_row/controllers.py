from odoo import http
from odoo.http import request


class OneRow(http.Controller):
    """The least that a route can do which keeps what it is sent. Loaded server-wide."""

    @http.route(
        "/bench/one_row",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def one_row(self):
        body = request.httprequest.get_data(as_text=True)
        request.env.cr.execute("INSERT INTO bench_one_row (body) VALUES (%s)", [body])
        return request.make_response("ok")
