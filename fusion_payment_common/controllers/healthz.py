"""Tell load balancers and container engines whether the server works."""

from odoo import http
from odoo.http import request


class FusionHealthzController(http.Controller):
    """A public route that tells nothing but whether the server works."""

    @http.route(
        "/fusion/healthz",
        type="http",
        auth="none",
        methods=["GET"],
        save_session=False,
        # Use the primary database server, as a replica may lag behind.
        readonly=False,
    )
    def fusion_healthz(self):
        """Return 200 and ``{"status": "ok"}``, or 503 and the reason in one word.

        The reason ``schedules`` means that no scheduled action of the database has run for a
        minute. While PostgreSQL does not answer, Odoo answers with another status than 200 before
        it calls this method.
        """
        problem = request.env["fusion.heartbeat"]._problem()
        return request.make_json_response(
            {"status": "error", "reason": problem} if problem else {"status": "ok"},
            status=503 if problem else 200,
            headers=[("Cache-Control", "no-store")],
        )
