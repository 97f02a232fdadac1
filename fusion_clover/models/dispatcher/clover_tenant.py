import secrets
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import ormcache

from odoo.addons.fusion_payment_common.lib import addresses
from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError

from ... import const, const_dispatcher

#: Delivery settings that keep the order of events: after a minute's outage the tenant catches up
#: within a minute; after three days it has lost nothing.
ENDPOINT_VALUES = {
    "is_ordered": True,
    "is_signed": False,
    "is_numbered": False,
    "retry_delays": "1, 2, 5, 10, 30, 60",
    "retry_horizon_hours": 72,
    "disable_after_hours": 0,
}


#: Fields that describe a rejected browser redirect; no route depends on them.
REFUSAL_FIELDS = {"refusal", "refused_address", "refused_at"}


class CloverTenant(models.Model):
    """An Odoo database that uses the Clover app which this database owns.

    States are signed with a key that only this tenant and this database know. Nobody else can
    redirect a browser, and the code it carries, to another tenant.
    """

    _name = "clover.tenant"
    _description = "Clover Tenant"
    _order = "name, id"

    name = fields.Char(string="Customer", required=True)
    active = fields.Boolean(
        default=True, help="Archived: nothing is relayed to it; what waits goes on waiting."
    )
    base_url = fields.Char(
        string="Address of Its Odoo",
        required=True,
        help="As its users enter it: https://erp.example.com. The only host it is sent to.",
    )
    host = fields.Char(compute="_compute_host", store=True, index=True)
    merchant_line_ids = fields.One2many(
        "clover.tenant.merchant", "tenant_id", string="Merchants", copy=False
    )
    signing_key = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        groups="base.group_system",
        default=lambda self: secrets.token_hex(32),
        help="To be entered as Dispatcher's Secret in the tenant's settings.",
    )
    callback_url = fields.Char(
        string="Dispatcher's Callback",
        compute="_compute_callback_url",
        help="To be entered as Dispatcher's Callback in the tenant's settings.",
    )
    endpoint_id = fields.Many2one(
        "fusion.delivery.endpoint", readonly=True, copy=False, ondelete="restrict"
    )
    pending_count = fields.Integer(related="endpoint_id.pending_count", string="Waiting Notices")
    dead_count = fields.Integer(related="endpoint_id.dead_count", string="Notices Given Up")

    _host_unique = models.Constraint("unique(host)", "Another tenant has this address.")

    # === COMPUTE METHODS === #

    @api.depends("base_url")
    def _compute_host(self):
        for tenant in self:
            tenant.host = urlsplit(tenant.base_url or "").netloc.lower()

    def _compute_callback_url(self):
        address = self.env["clover.dispatcher"]._own_address(const_dispatcher.CALLBACK_PATH)
        for tenant in self:
            tenant.callback_url = address

    # === CONSTRAINT METHODS === #

    @api.constrains("base_url")
    def _check_base_url(self):
        for tenant in self:
            parts = urlsplit(tenant.base_url)
            try:
                addresses.check_url(tenant.base_url, allow_loopback=True)
            except ConfigurationError as error:
                raise ValidationError(self._address_advice()) from error
            if parts.path or parts.query or parts.fragment:
                raise ValidationError(self._address_advice())

    def _address_advice(self):
        return self.env._("Enter the address as https://erp.example.com, with nothing behind it.")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `orm` to create the delivery endpoints of the new tenants."""
        tenants = super().create([self._tidy(values) for values in vals_list])
        # Elevated: users who may add a customer need not manage deliveries.
        endpoints = self.env["fusion.delivery.endpoint"].sudo()
        for tenant in tenants:
            tenant.endpoint_id = endpoints.create({**ENDPOINT_VALUES, **tenant._endpoint_values()})
        self.env.registry.clear_cache()
        return tenants

    def write(self, vals):
        """Override of `orm` to deliver events to the tenant's new address, or to pause them."""
        result = super().write(self._tidy(vals))
        if {"name", "base_url", "active"} & set(vals):
            for tenant in self:
                # Elevated: as in `create`.
                tenant.endpoint_id.sudo().write(tenant._endpoint_values())
        if set(vals) - REFUSAL_FIELDS:
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        """Override of `orm` to delete the tenant and stop its deliveries at once.

        Past deliveries stay listed.
        """
        # Elevated: as in `create`.
        endpoints = self.endpoint_id.sudo()
        result = super().unlink()
        endpoints.active = False
        self.env.registry.clear_cache()
        return result

    @api.model
    def _tidy(self, values):
        """Normalize the address as browsers do, so that plain string comparison works."""
        base_url = values.get("base_url")
        if not base_url:
            return values
        scheme, separator, rest = base_url.strip().rstrip("/").partition("://")
        host, slash, path = rest.partition("/")
        tidied = f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"
        return {**values, "base_url": tidied}

    def _endpoint_values(self):
        is_loopback = urlsplit(self.base_url).scheme == "http"
        return {
            "active": self.active,
            "name": self.env._("Clover notices for %s", self.name),
            "url": self.base_url + const_dispatcher.TENANT_WEBHOOK_PATH,
            # Plain http is allowed only to this machine, and only in test state.
            "state": "test" if is_loopback else "enabled",
        }

    # === ACTION METHODS === #

    def action_new_signing_key(self):
        """Replace the key; the tenant cannot connect until it has the new one."""
        self.check_access("write")
        for tenant in self:
            tenant.signing_key = secrets.token_hex(32)

    def action_open_deliveries(self):
        """Open the tenant's past and waiting deliveries."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notices for %s", self.name),
            "res_model": "fusion.delivery",
            "views": [(False, "list"), (False, "form")],
            "domain": [("endpoint_id", "=", self.endpoint_id.id)],
        }

    # === BUSINESS METHODS === #

    @property
    def _oauth_callback(self):
        return self.base_url + const.OAUTH_CALLBACK_PATH

    @api.model
    @ormcache()
    def _directory(self):
        """Return ``(ids of active tenants by host, ids by merchant)``; any request may need it.

        Keys are not included: they are read only for the tenant concerned.
        """
        # Elevated: browsers and Clover have no user.
        tenants = self.sudo().search([("active", "=", True)])
        merchants = {
            line.merchant_id: line.tenant_id.id for line in tenants.merchant_line_ids
        }
        return {tenant.host: tenant.id for tenant in tenants}, merchants

    @api.model
    @ormcache("tenant_id")
    def _relay_facts(self, tenant_id):
        """Return ``(signing key, OAuth callback, name)`` of a tenant, from the cache.

        A forged state costs one HMAC and no query.
        """
        # Elevated: the key verifies a browser's state and is never shown.
        tenant = self.sudo().browse(tenant_id)
        return tenant.signing_key, tenant._oauth_callback, tenant.name

    @api.model
    def _new_from(self, name, base_url, merchant_ids):
        """Create a tenant with its merchants, as the form does."""
        lines = [Command.create({"merchant_id": one}) for one in merchant_ids]
        return self.create({"name": name, "base_url": base_url, "merchant_line_ids": lines})


class CloverTenantMerchant(models.Model):
    """A Clover merchant of a tenant. Each belongs to one tenant only."""

    _name = "clover.tenant.merchant"
    _description = "Merchant of a Clover Tenant"
    _rec_name = "merchant_id"

    tenant_id = fields.Many2one("clover.tenant", required=True, index=True, ondelete="cascade")
    merchant_id = fields.Char(
        string="Merchant ID",
        required=True,
        help="13 characters, in the address of the merchant's Clover dashboard.",
    )
    note = fields.Char()

    _merchant_unique = models.Constraint(
        "unique(merchant_id)", "This merchant belongs to another tenant."
    )

    @api.constrains("merchant_id")
    def _check_merchant_id(self):
        for line in self:
            if not line.merchant_id.isalnum() or not line.merchant_id.isascii():
                raise ValidationError(
                    self.env._("A merchant ID has letters and digits only: %s.", line.merchant_id)
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `orm` to route events to the new merchants at once."""
        lines = super().create(vals_list)
        self.env.registry.clear_cache()
        return lines

    def write(self, vals):
        """Override of `orm` to apply the new routes at once."""
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        """Override of `orm` to stop routing at once."""
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
