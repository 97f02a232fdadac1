import json

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib import signing
from odoo.addons.fusion_payment_common.lib.money import MoneyError

from ... import const
from ...client import proxy_wire
from ...client.amounts import read_amount

SOURCE = "wex_intake"


class WexIntake(models.Model):
    """A sender of cards: another Odoo that issues them and delivers them to this one."""

    _name = "wex.intake"
    _description = "Sender of Virtual Cards"
    _inherit = ["fusion.event.handler", "fusion.delivery.handler"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    signing_secret = fields.Char(
        required=True,
        copy=False,
        groups=const.MANAGER_GROUP,
        default=lambda self: signing.generate_secret(),
        help="The sender's endpoint signs with it. Nothing is accepted without.",
    )
    ack_endpoint_id = fields.Many2one(
        "fusion.delivery.endpoint",
        string="Acknowledge At",
        check_company=True,
        domain="[('is_numbered', '=', False)]",
        help="The sender's /wex/ack, where it waits for a separate acknowledgement.",
    )
    ack_token = fields.Char(
        string="Token", copy=False, groups=const.MANAGER_GROUP, help="As the sender knows it."
    )
    keep_number_days = fields.Integer(default=30, string="Days Kept")
    received_ids = fields.One2many("wex.received.card", "intake_id")

    @api.model
    def _wex_signed_by(self, headers, body, now):
        """Return the sender that signed a delivery; an empty record for none.

        :param int now: unix seconds
        """
        # Elevated: the caller is no user; the secrets are compared, not shown.
        for intake in self.sudo().search([("active", "=", True)]):
            try:
                signing.verify(intake.signing_secret, headers, body, now=now)
            except signing.SignatureError:
                continue
            return intake
        return self.browse()

    def _fusion_handle_event(self, event, fetched=None):
        """Override of the inbox to store a card once, and have it acknowledged."""
        content = json.loads(event._body())
        intake = self.browse(content["intake_id"])
        delivery_id = event.event_key.partition(":")[2]
        card = self.env["wex.received.card"]._wex_store(
            intake, delivery_id, content["body"], content["sealed"]
        )
        # Elevated: the card is stored; the event keeps all but the ciphertext.
        event.sudo().payload = json.dumps({**content, "sealed": None})
        if intake.ack_endpoint_id and card.state == "issued":
            self.env["fusion.delivery"]._enqueue(
                intake.ack_endpoint_id,
                "card.received",
                {"payment_id": card.payment_id, proxy_wire.DELIVERY_FIELD: delivery_id},
                dedup_key=f"wex_ack:{delivery_id}",
                record=intake,
            )
        return "processed"

    def _fusion_delivery_body(self, delivery):
        """Override of `fusion_payment_common` to add the sender's token, which is not stored."""
        # Elevated: the token is readable by managers only; here it goes to its owner.
        token = self.sudo().ack_token or ""
        return {**super()._fusion_delivery_body(delivery), proxy_wire.TOKEN_FIELD: token}


class WexReceivedCard(models.Model):
    """A card that another Odoo issued, or its error; each delivery is stored once."""

    _name = "wex.received.card"
    _description = "Received Virtual Card"
    _order = "id desc"
    _rec_name = "payment_id"

    intake_id = fields.Many2one(
        "wex.intake", string="Sender", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="intake_id.company_id", store=True, index=True)
    delivery_uuid = fields.Char(string="Delivery Id", required=True, readonly=True)
    external_ref = fields.Char(string="Request", readonly=True)
    payment_id = fields.Char(readonly=True, index="btree_not_null")
    state = fields.Selection(
        [("issued", "Issued"), ("error", "Error")], required=True, readonly=True, index=True
    )
    error = fields.Char(readonly=True)
    amount = fields.Float(digits=(16, 2), readonly=True)
    vendor_name = fields.Char(string="Vendor", readonly=True)
    employee_name = fields.Char(string="Employee", readonly=True)
    invoice_number = fields.Char(readonly=True)
    expiry = fields.Char(readonly=True)
    last4 = fields.Char(string="Ends In", readonly=True)
    received_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    secret_id = fields.Many2one("fusion.secret", readonly=True, copy=False)

    _delivery_unique = models.Constraint(
        "unique(intake_id, delivery_uuid)", "This delivery was received before."
    )

    @api.model
    def _wex_store(self, intake, delivery_id, body, sealed):
        """Return the record of a delivery, made the first time.

        :param dict body: as delivered, without number and code
        :param str sealed: ciphertext of number, expiry and code, or None
        """
        known = self.search(
            [("intake_id", "=", intake.id), ("delivery_uuid", "=", delivery_id)]
        )
        if known:
            return known
        plain = self.env["fusion.vault"]._decrypt(sealed) if sealed else ""
        card = self.create(
            {
                "intake_id": intake.id,
                "delivery_uuid": delivery_id,
                "last4": plain.partition("\n")[0][-4:],
                **_values(body),
            }
        )
        if plain:
            card.secret_id = self.env["fusion.secret"]._store(
                "wex_card",
                plain,
                label=card.display_name,
                record=card,
                company=intake.company_id,
                expires_at=fields.Datetime.add(
                    fields.Datetime.now(), days=intake.keep_number_days
                ),
            )
        return card

    def action_wex_reveal(self):
        """Open the dialog that shows the number to a permitted person, and records that."""
        self.ensure_one()
        return self.secret_id.action_reveal()


def _values(body):
    month, year = body.get(proxy_wire.MONTH_FIELD), body.get(proxy_wire.YEAR_FIELD)
    try:
        amount = float(read_amount(str(body.get("amount") or "0")))
    except MoneyError:
        amount = 0.0
    is_error = "error" in body or body.get(proxy_wire.STATUS_FIELD) != proxy_wire.OK
    return {
        "external_ref": _text(body.get("_id")),
        "payment_id": _text(body.get("payment_id")),
        "state": "error" if is_error else "issued",
        "error": _text(body.get("error")),
        "amount": amount,
        "vendor_name": _text(body.get("hauler_name")),
        "employee_name": _text(body.get("employee")),
        "invoice_number": _text(body.get("invoice_number")),
        "expiry": f"{month}/{year}" if month and year else False,
    }


def _text(value):
    return False if value in (None, "") else str(value)[:500]
