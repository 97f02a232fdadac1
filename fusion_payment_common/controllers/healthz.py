"""Whether the server works, for load balancers and container engines."""

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
        # The primary server is asked: a replica may lag behind.
        readonly=False,
    )
    def fusion_healthz(self):
        """Return 200 and ``{"status": "ok"}``, or 503 and the reason in one word.

        ``schedules``: no scheduled action of the database has run for a minute. While PostgreSQL
        does not answer, Odoo itself answers with another status than 200, before it gets here.
        """
        problem = request.env["fusion.heartbeat"]._problem()
        return request.make_json_response(
            {"status": "error", "reason": problem} if problem else {"status": "ok"},
            status=503 if problem else 200,
            headers=[("Cache-Control", "no-store")],
        )
