from datetime import UTC, datetime

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.tools.amounts import to_amount, to_money


class CloverUnmatchedPayment(models.Model):
    """A payment that Clover has and that nobody made in Odoo: in the dashboard, on a device.

    It is money of ours that the books do not have. A Manager says what it was: the payment of a
    document, a customer's payment on account, or nothing that concerns these books.
    """

    _name = "clover.unmatched.payment"
    _description = "Payment Made Outside Odoo"
    _order = "paid_at desc, id desc"
    _rec_name = "payment_ref"

    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    payment_ref = fields.Char(
        string="Clover Payment", required=True, readonly=True, help="Clover's id of the payment."
    )
    state = fields.Selection(
        [
            ("open", "Unmatched"),
            ("matched", "Matched"),
            ("created", "Payment Created"),
            ("ignored", "Ignored"),
        ],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(
        string="Total", readonly=True, help="All that was taken: tip and Clover's surcharge too."
    )
    tip_amount = fields.Monetary(string="Tip", readonly=True)
    surcharge_amount = fields.Monetary(
        string="Surcharge", readonly=True, help="What Clover added to the amount."
    )
    returned_amount = fields.Monetary(string="Given Back", readonly=True)
    paid_at = fields.Datetime(string="Paid On", readonly=True, index=True)
    environment = fields.Selection(
        [("sandbox", "Sandbox"), ("production", "Production")], required=True, readonly=True
    )
    card_brand = fields.Char(readonly=True)
    card_last4 = fields.Char(string="Card Ends With", readonly=True)
    cardholder_name = fields.Char(string="Cardholder", readonly=True)
    auth_code = fields.Char(string="Authorization Code", readonly=True)
    tender = fields.Char(readonly=True, help="How it was paid, as Clover calls it.")
    order_ref = fields.Char(string="Clover Order", readonly=True)
    device_ref = fields.Char(string="Clover Device", readonly=True)
    external_reference = fields.Char(string="Reference", readonly=True)
    note = fields.Char(readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", help="Who paid, for a payment on account."
    )
    suggestion = fields.Char(compute="_compute_suggestion", help="The document that fits best.")
    transaction_id = fields.Many2one(
        "payment.transaction", readonly=True, ondelete="restrict"
    )
    payment_id = fields.Many2one(
        "account.payment", string="Payment in Odoo", readonly=True, ondelete="restrict"
    )
    ignore_reason = fields.Char(string="Ignored Because", readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_at = fields.Datetime(string="Decided On", readonly=True)

    _payment_unique = models.Constraint(
        "unique(provider_id, payment_ref)", "This payment of Clover's is in the list already."
    )

    @api.depends("amount", "state")
    def _compute_suggestion(self):
        for unmatched in self:
            best = unmatched.state == "open" and unmatched._suggestions(most=1)
            unmatched.suggestion = best and unmatched._in_words(best[0])

    # === INTAKE === #

    @api.model
    def _note(self, provider, payment):
        """Keep a payment that belongs to no transaction, or bring what is kept of it up to date.

        Nothing is kept of payments that took no money, unless they are known already.

        :param payment: a :class:`~odoo.addons.fusion_clover.client.types.Payment`
        :return: whether it meant anything to us
        """
        known = self.search(
            [("provider_id", "=", provider.id), ("payment_ref", "=", payment.id)]
        )
        if not known:
            if not payment.is_approved:
                return False
            known = self._insert(provider, payment)
        before = known.returned_amount
        known.write(known._read_values(payment))
        if known.currency_id.compare_amounts(known.returned_amount, before) > 0:
            known._tell_of_refund()
        if payment.is_voided and known.state == "open":
            known._decide("ignored", ignore_reason=self.env._("Voided at Clover: no money moved."))
        return True

    def _tell_of_refund(self):
        """Have whoever matched it with a payment entered by hand enter the refund as well.

        What has a transaction gets its refunds by itself.
        """
        self.ensure_one()
        entered = self.payment_id
        if not entered or self.transaction_id:
            return
        alerts = self.env["fusion.alert"]
        alerts._schedule_once(
            entered,
            f"refund {self.payment_ref} {self.returned_amount}",
            alerts._recipient(self.company_id, preferred=self.decided_by_id),
            summary=self.env._("Refunded at Clover"),
            note=self.env._(
                "%(amount)s of payment %(ref)s went back to the customer at Clover. This payment "
                "was entered by hand: enter the refund too.",
                amount=self.currency_id.format(self.returned_amount),
                ref=self.payment_ref,
            ),
        )

    @api.model
    def _insert(self, provider, payment):
        """Insert the row; a second worker that does the same is made to run again, not to fail."""
        self.env.cr.execute(
            """
            INSERT INTO clover_unmatched_payment
                   (provider_id, company_id, payment_ref, state, currency_id, environment,
                    create_uid, create_date, write_uid, write_date)
            VALUES (%(provider)s, %(company)s, %(payment)s, 'open', %(currency)s, %(environment)s,
                    %(uid)s, %(now)s, %(uid)s, %(now)s)
            ON CONFLICT (provider_id, payment_ref) DO UPDATE SET write_date = %(now)s
            RETURNING id
            """,
            {
                "provider": provider.id,
                "company": provider.company_id.id,
                "payment": payment.id,
                "currency": self._currency_of(provider, payment).id,
                "environment": provider._clover_environment_name(),
                "uid": self.env.uid,
                "now": fields.Datetime.now(),
            },
        )
        return self.browse(self.env.cr.fetchone()[0])

    @api.model
    def _currency_of(self, provider, payment):
        """Return the currency of a payment; Clover names none for cash: the merchant's then."""
        name = payment.currency or provider.clover_merchant_currency
        currencies = self.env["res.currency"].with_context(active_test=False)
        found = currencies.search([("name", "=", name)], limit=1) if name else currencies
        return found or provider.company_id.currency_id

    def _read_values(self, payment):
        """Return what is shown of a payment as Clover has it now."""
        self.ensure_one()
        created = payment.created_ms and datetime.fromtimestamp(payment.created_ms / 1000, tz=UTC)
        return {
            "amount": self._major(payment.total),
            "tip_amount": self._major(payment.tip_amount),
            "surcharge_amount": self._major(payment.additional_charges),
            "returned_amount": self._major(payment.returned),
            "paid_at": created and created.replace(tzinfo=None, microsecond=0),
            "card_brand": payment.card_type,
            "card_last4": payment.last4,
            "cardholder_name": payment.cardholder_name,
            "auth_code": payment.auth_code,
            "tender": (payment.tender_key or "").removeprefix("com.clover.tender.") or False,
            "order_ref": payment.order_id,
            "device_ref": payment.device_id,
            "external_reference": payment.external_reference_id or payment.external_payment_id,
            "note": payment.note,
        }

    def _major(self, minor):
        return to_amount(minor, self.currency_id)

    def _minor(self, amount):
        return to_money(amount, self.currency_id).minor

    # === DECISIONS === #

    def _decide(self, state, **values):
        """Close the row; it is not offered for anything else any more."""
        self.write(
            {
                **values,
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
