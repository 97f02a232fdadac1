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

    # === STATUS === #

    def _clover_usable_terminals(self):
        """Return the terminals that take payments from here; none on a form not saved yet."""
        if not self.id:
            return self.env["clover.terminal"]
        return self.env["clover.terminal"]._usable(self)

    def _clover_terminal_status(self):
        if self.clover_connection_state != "connected":
            return self.env._("Terminals need a connection by Connect; tokens by hand do not do.")
        said = self._clover_remote_app_status()
        usable = self._clover_usable_terminals()
        if not usable:
            return said
        return self.env._(
            "%(said)s Terminals: %(names)s.", said=said, names=", ".join(usable.mapped("name"))
        )

    def _clover_remote_app_status(self):
        if self.clover_remote_app_id:
            return self.env._("Ready for terminals.")
        if self.state == "enabled":
            return self.env._("Enter the Remote App ID (RAID): terminals ask for it.")
        return self.env._("Works in the sandbox; production asks for the Remote App ID.")

    def _clover_terminal_step(self):
        usable = self._clover_usable_terminals() if self.id else self.clover_terminal_ids
        return {
            "done": self.state == "enabled" and bool(usable.filtered("last_ping_at")),
            "title": self.env._("Terminal synchronised, and it answers"),
            "hint": self.env._(
                "Click Sync Terminals, open a terminal and ping it. Shops without terminals "
                "can leave this out."
            ),
        }
