from odoo import fields, models


class CloverTerminalMessage(models.TransientModel):
    """Dialog to show a text on the screen of a terminal."""

    _name = "clover.terminal.message"
    _description = "Message on a Terminal"

    terminal_id = fields.Many2one(
        "clover.terminal", required=True, readonly=True, ondelete="cascade"
    )
    text = fields.Char(required=True)

    def action_show(self):
        """Show the text until the next payment or welcome screen."""
        self.ensure_one()
        self.terminal_id._show_message(self.text)
        return {"type": "ir.actions.act_window_close"}
