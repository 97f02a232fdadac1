from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.fusion_payment_common.lib.errors import GatewayError


class CloverTerminal(models.Model):
    """A merchant's device.

    Calls are addressed to the ``serial``; payments refer to the ``device_ref``. The list of devices
    comes from Clover (:meth:`_sync`), their names from the shop.
    """

    _name = "clover.terminal"
    _description = "Clover Terminal"
    _order = "sequence, name, id"

    name = fields.Char(
        required=True, help="What clerks call it. Never changed by a synchronisation."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True, index=True)
    merchant_ref = fields.Char(string="Merchant ID", readonly=True, required=True)
    environment = fields.Selection(
        [("sandbox", "Sandbox"), ("production", "Production")], readonly=True, required=True
    )
    serial = fields.Char(readonly=True, required=True)
    device_ref = fields.Char(string="Device ID", readonly=True)
    product = fields.Char(readonly=True)
    model = fields.Char(readonly=True)
    reach = fields.Selection(
        [
            ("cloud", "By cloud"),
            ("local", "Not by cloud: local network only"),
            ("unknown", "Not known: try it"),
        ],
        string="Reachable",
        readonly=True,
        required=True,
        default="unknown",
        help="Clover's cloud reaches Flex, Mini and Compact. Station and Duo need the local "
        "network, which Odoo does not use.",
    )
    synced_at = fields.Datetime(string="Last Seen at Clover", readonly=True)
    last_ping_at = fields.Datetime(string="Last Answer", readonly=True)
    last_status = fields.Char(readonly=True)
    last_status_at = fields.Datetime(string="Last Asked", readonly=True)
    last_error = fields.Char(readonly=True)
    is_default = fields.Boolean(string="Default", compute="_compute_is_default")
    in_use_notice = fields.Char(string="In Use", compute="_compute_in_use_notice")

    _serial_unique = models.Constraint(
        "unique(provider_id, serial)", "This device is listed already."
    )

    # === COMPUTE METHODS === #

    @api.depends("provider_id.clover_default_terminal_id")
    def _compute_is_default(self):
        for terminal in self:
            # Elevated: providers are readable by administrators only.
            terminal.is_default = terminal.sudo().provider_id.clover_default_terminal_id == terminal

    def _compute_in_use_notice(self):
        for terminal in self:
            terminal.in_use_notice = terminal._lease()._notice()

    def _lease(self):
        """Return the active lease (elevated), if any."""
        self.ensure_one()
        # Elevated: users of a terminal must know whether another user has it.
        return (
            self.env["clover.terminal.lease"]
            .sudo()
            .search(
                [
                    ("environment", "=", self.environment),
                    ("serial", "=", self.serial),
                    ("until", ">", fields.Datetime.now()),
                ]
            )
        )

    # === SELECTION === #

    @api.model
    def _usable(self, providers):
        """Return the terminals that take payments for these providers as connected now.

        :param providers: elevated; several providers are several locations of a company
        """
        if not providers:
            return self.browse()
        return self.search(
            Domain("reach", "!=", "local")
            & Domain.OR(
                Domain("provider_id", "=", provider.id)
                & Domain("merchant_ref", "=", provider.clover_merchant_id)
                & Domain("environment", "=", provider._clover_environment_name())
                for provider in providers
            )
        )

    @api.model
    def _preferred(self, providers):
        """Return the terminal to preselect: the user's own, the default, or the only usable one."""
        usable = self._usable(providers)
        own = self.env.user.clover_terminal_id & usable
        default = (providers.clover_default_terminal_id & usable)[:1]
        return own or default or (usable if len(usable) == 1 else self.browse())

    def action_prefer(self):
        """Preselect this terminal for the current user."""
        self.ensure_one()
        self.check_access("read")
        # Elevated: users may set this preference, but not write users in general.
        self.env.user.sudo().clover_terminal_id = self

    def action_make_default(self):
        """Make this terminal the default of its provider."""
        self.ensure_one()
        self.check_access("write")
        if self.reach == "local":
            raise UserError(self.env._("Clover's cloud cannot reach this device."))
        # Elevated: Managers set the default without access to the provider.
        self.sudo().provider_id.clover_default_terminal_id = self

    # === SYNCHRONISATION === #

    @api.model
    def _sync(self, provider):
        """Read the merchant's devices from Clover; add new ones and archive missing ones.

        :param provider: elevated
        :return: the number of devices, and how many of them Clover's cloud reaches
        :raise UserError: Clover cannot be asked; nothing was changed
        """
        try:
            devices = provider._clover_client().terminals.devices()
        except GatewayError as error:
            raise UserError(
                self.env._(
                    "Clover's devices cannot be read (%s). Nothing was changed.",
                    error.code or error,
                )
            ) from error
        # Elevated: the list comes from Clover; users may only rename devices.
        terminals = self.sudo().with_context(active_test=False)
        known = {one.serial: one for one in terminals.search([("provider_id", "=", provider.id)])}
        place = {
            "merchant_ref": provider.clover_merchant_id,
            "environment": provider._clover_environment_name(),
            "synced_at": fields.Datetime.now(),
            "active": True,
        }
        for device in devices:
            values = {**place, **_facts_of(device)}
            if device.serial in known:
                known.pop(device.serial).write(values)
            else:
                product = device.product or device.model or self.env._("Terminal")
                name = device.name or f"{product} {device.serial[-4:]}"
                terminals.create({"provider_id": provider.id, "name": name, **values})
        gone = terminals.browse([one.id for one in known.values()])
        gone.active = False
        if provider.clover_default_terminal_id in gone:
            provider.clover_default_terminal_id = False
        return len(devices), sum(device.reach != "local" for device in devices)


def _facts_of(device):
    return {
        "serial": device.serial,
        "device_ref": device.id,
        "product": device.product,
        "model": device.model,
        "reach": device.reach,
    }
