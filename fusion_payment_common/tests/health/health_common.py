from unittest.mock import patch

from ...lib.health import Check, Finding, Level
from ..inbox.inbox_common import InboxCommon


class HealthCommon(InboxCommon):
    def _register(self, *checks):
        """Let these be the only checks."""
        self.patch(type(self.env["fusion.health.check"]), "_checks", lambda model: list(checks))

    def _register_scripted(self, *, per_company=False, **kwargs):
        """Register one check that finds what ``self.finding`` is."""
        self.finding = Finding(Level.OK, "All is well.", 0)
        case = self

        def probe(model, company):
            if isinstance(case.finding, Exception):
                raise case.finding
            return case.finding

        probes = type(self.env["fusion.health.probe"])
        self.startPatcher(patch.object(probes, "_probe_scripted", probe, create=True))
        self._register(
            Check(
                "scripted", "Scripted", "fusion.health.probe", "_probe_scripted",
                per_company=per_company, **kwargs,
            )
        )  # fmt: skip

    def _find(self, finding):
        self.finding = finding
        self.env["fusion.health.check"].sudo()._refresh()
        self.env.invalidate_all()
        return self._row()

    def _row(self, code="scripted", company=None):
        domain = [("code", "=", code)]
        if company:
            domain.append(("company_id", "=", company.id))
        return self.env["fusion.health.check"].sudo().search(domain)
