from odoo import fields, models
from odoo.exceptions import UserError

from ... import const


class PaymentProvider(models.Model):
    """The provider's terminals."""

    _inherit = "payment.provider"

    clover_default_terminal_id = fields.Many2one(
        "clover.terminal",
        string="Default Terminal",
        copy=False,
        domain="[('provider_id', '=', id), ('reach', '!=', 'local')]",
        help="Offered to clerks who have not chosen a terminal of their own.",
    )
    clover_terminal_ids = fields.One2many("clover.terminal", "provider_id", string="Terminals")

    def action_clover_sync_terminals(self):
        """Read the merchant's devices from Clover and say what was found.

        :raise UserError: Clover cannot be asked
        """
        self.ensure_one()
        self.check_access("write")
        if self.code != const.PROVIDER_CODE or not self.clover_merchant_id:
            raise UserError(self.env._("Connect to Clover first: it names the merchant."))
        total, by_cloud = self.env["clover.terminal"]._sync(self.sudo())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if by_cloud else "warning",
                "message": self.env._(
                    "Devices at Clover: %(total)s. Of these take payments from here: %(cloud)s.",
                    total=total,
                    cloud=by_cloud,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _clover_say_terminals(self):
        """Override to say which terminals there are."""
        said = super()._clover_say_terminals()
        usable = self.env["clover.terminal"]._usable(self) if self.id else None
        if self.clover_connection_state != "connected" or not usable:
            return said
        return self.env._(
            "%(said)s Terminals: %(names)s.", said=said, names=", ".join(usable.mapped("name"))
        )

    def _clover_go_live_steps(self):
        """Override to ask for a terminal that has answered."""
        steps = super()._clover_go_live_steps()
        usable = self.env["clover.terminal"]._usable(self) if self.id else self.clover_terminal_ids
        steps.insert(
            -1,
            {
                "done": self.state == "enabled" and bool(usable.filtered("last_ping_at")),
                "title": self.env._("Terminal synchronised, and it answers"),
                "hint": self.env._(
                    "Click Sync Terminals, open a terminal and ping it. Shops without terminals "
                    "can leave this out."
                ),
            },
        )
        return steps
