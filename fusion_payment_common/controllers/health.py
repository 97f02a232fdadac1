"""The health checks for monitoring systems: as JSON, and as text for Prometheus."""

from odoo import SUPERUSER_ID, http
from odoo.http import Response, request

from ..lib.health import EXPOSITION_CONTENT_TYPE, Level, Sample, exposition, worst
from ..lib.signing import constant_time_equal

#: System parameter: the token of the monitoring system. Empty: both routes are closed.
TOKEN_PARAMETER = "fusion_payment_common.health_token"


class FusionHealthController(http.Controller):
    """Check the token, then run the health checks. Both routes write nothing."""

    @http.route(
        "/fusion/health",
        type="http",
        auth="none",
        methods=["GET"],
        save_session=False,
        readonly=True,
    )
    def fusion_health(self):
        """Return the findings as JSON: ``{"status": worst level, "checks": [...]}``.

        The token comes as ``Authorization: Bearer <token>`` or ``X-Fusion-Health-Token: <token>``.
        The status is 404 while no token is configured, 401 for a wrong token, and 200 otherwise,
        whatever the level.
        """
        if refusal := self._refusal():
            return refusal
        results = self._results()
        return request.make_json_response(
            {
                "status": str(worst(finding.level for _check, _company, finding in results)),
                "checks": [
                    {
                        "code": check.code,
                        "name": check.name,
                        "company": company.name or None,
                        "level": str(finding.level),
                        "finding": finding.sentence,
                        "value": finding.value,
                    }
                    for check, company, finding in results
                ],
            },
            headers=[("Cache-Control", "no-store")],
        )

    @http.route(
        "/fusion/health/metrics",
        type="http",
        auth="none",
        methods=["GET"],
        save_session=False,
        readonly=True,
    )
    def fusion_health_metrics(self):
        """Return the findings as Prometheus text, with the same authentication."""
        if refusal := self._refusal():
            return refusal
        results = self._results()
        labelled = [
            ({"check": check.code, "company": company.name or ""}, finding)
            for check, company, finding in results
        ]
        text = exposition(
            [
                (
                    "fusion_health_level",
                    "How things are: 0 fine, 1 to be looked at, 2 wrong.",
                    [Sample(Level(finding.level).rank, labels) for labels, finding in labelled],
                ),
                (
                    "fusion_health_value",
                    "The number behind the finding: a count, or seconds.",
                    [
                        Sample(finding.value, labels)
                        for labels, finding in labelled
                        if finding.value is not None
                    ],
                ),
            ]
        )
        return Response(text, content_type=EXPOSITION_CONTENT_TYPE)

    @staticmethod
    def _refusal():
        # Elevated: a monitoring system is not a user.
        parameters = request.env(user=SUPERUSER_ID, su=True)["ir.config_parameter"]
        expected = parameters.get_param(TOKEN_PARAMETER)
        if not expected:
            return Response(status=404)
        headers = request.httprequest.headers
        scheme, _space, bearer = headers.get("Authorization", "").partition(" ")
        given = bearer if scheme.lower() == "bearer" else headers.get("X-Fusion-Health-Token", "")
        if not constant_time_equal(given.strip(), expected):
            return Response(status=401, headers=[("WWW-Authenticate", "Bearer")])
        return None

    @staticmethod
    def _results():
        # Elevated: the token gives the right to see all companies.
        return request.env(user=SUPERUSER_ID, su=True)["fusion.health.check"]._evaluate()
