from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.health import Finding, Level

#: Hours without an answer after which a terminal needs attention.
SILENT_HOURS = 24


class CloverTerminal(models.Model):
    _inherit = "clover.terminal"

    @api.model
    def _probe_terminals(self, company):
        """Return the finding on the terminals; its value: the oldest answer's age in seconds."""
        terminals = self.search([("company_id", "=", company.id), ("reach", "!=", "local")])
        if not terminals:
            return Finding(Level.OK, self.env._("No terminals are used in this company."))
        troubled = terminals.filtered("last_error")
        if troubled:
            return Finding(
                Level.WARNING,
                self.env._(
                    "%(names)s: %(error)s",
                    names=", ".join(troubled.mapped("name")),
                    error=troubled[0].last_error,
                ),
                terminals._oldest_answer(),
            )
        never = terminals.filtered(lambda one: not one.last_ping_at)
        if never:
            return Finding(
                Level.OK,
                self.env._("%s never answered yet: ping them.", ", ".join(never.mapped("name"))),
            )
        oldest = terminals._oldest_answer()
        level = Level.WARNING if oldest > SILENT_HOURS * 3600 else Level.OK
        return Finding(
            level,
            self.env._(
                "Terminals: %(count)s. The oldest answer is %(minutes)s minutes old.",
                count=len(terminals),
                minutes=int(oldest // 60),
            ),
            oldest,
        )

    def _oldest_answer(self):
        """Return the age in seconds of the oldest last answer, None if none ever answered."""
        answers = [one.last_ping_at for one in self if one.last_ping_at]
        if not answers:
            return None
        return max(0.0, (fields.Datetime.now() - min(answers)).total_seconds())

    @api.model
    def _remedy_terminals(self, company):
        """Open the list of terminals."""
        return self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_clover.clover_terminal_action"
        )
