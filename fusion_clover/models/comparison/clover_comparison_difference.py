from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

#: A payment booked on a later day counts as late after this many minutes.
LATE_MINUTES = 15
#: States in addition to those of entries and transactions: done in Odoo but not booked; and, for a
#: payment that only the books have, Clover's answer about it.
NOT_BOOKED = "not booked"
NOT_KNOWN = "not known"
NEVER_NAMED = "never named"


class CloverComparisonDifference(models.Model):
    """A mismatch between Clover and the books, with its evidence."""

    _name = "clover.comparison.difference"
    _description = "Clover Comparison: Difference"
    _order = "state, kind, id"
    _rec_name = "clover_ref"

    comparison_id = fields.Many2one(
        "clover.comparison", required=True, readonly=True, index=True, ondelete="cascade"
    )
    provider_id = fields.Many2one(
        related="comparison_id.provider_id", store=True, string="Provider"
    )
    company_id = fields.Many2one(related="comparison_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="comparison_id.currency_id")
    date = fields.Date(readonly=True, index=True, help="Of the merchant's, on which it happened.")
    kind = fields.Selection(
        [
            ("clover_only", "In Clover only"),
            ("odoo_only", "In Odoo only"),
            ("amount", "Amount"),
            ("currency", "Currency"),
            ("state", "State"),
            ("refund_missing", "Refund missing"),
            ("surcharge", "Surcharge"),
            ("tip", "Tip"),
            ("duplicate", "Duplicate"),
            ("late", "Late"),
        ],
        string="Class",
        required=True,
        readonly=True,
        index=True,
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("repaired", "Repaired"),
            ("accepted", "Accepted"),
            ("superseded", "Superseded"),
        ],
        required=True,
        readonly=True,
        default="open",
        index=True,
        help="Superseded: a later comparison has looked at it again.",
    )
    clover_ref = fields.Char(string="Clover ID", readonly=True, index=True)
    payment_ref = fields.Char(string="Clover Payment", readonly=True)
    entry_id = fields.Many2one(
        "clover.comparison.entry",
        string="Clover's Entry",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    made_at = fields.Datetime(string="Made On", readonly=True)
    transaction_id = fields.Many2one(
        "payment.transaction", readonly=True, ondelete="set null", index="btree_not_null"
    )
    payment_id = fields.Many2one(
        "account.payment", readonly=True, ondelete="set null", index="btree_not_null"
    )
    clover_state = fields.Char(string="At Clover", readonly=True)
    odoo_state = fields.Char(string="In Odoo", readonly=True)
    clover_amount = fields.Monetary(string="Clover", readonly=True)
    odoo_amount = fields.Monetary(string="Odoo", readonly=True)
    effect = fields.Monetary(
        readonly=True, help="Part of the whole difference that this one explains."
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", help="Who paid, for money that is in Clover only."
    )
    evidence = fields.Char(compute="_compute_evidence")
    reason = fields.Char(readonly=True, help="Why it was accepted.")
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_at = fields.Datetime(string="Decided On", readonly=True)
    can_repair = fields.Boolean(compute="_compute_can_repair")

    def _compute_can_repair(self):
        for found in self:
            found.can_repair = found.state == "open"

    def _compute_evidence(self):
        for found in self:
            found.evidence = found._evidence_in_words()

    def _evidence_in_words(self):
        """Return both sides' facts in a sentence that an accountant can check."""
        self.ensure_one()
        # Elevated: Managers see the comparison, but not every transaction.
        own = self.sudo()
        money = self.currency_id.format
        words = {
            "ref": self.clover_ref or "-",
            "ours": money(self.odoo_amount),
            "theirs": money(self.clover_amount),
            "transaction": own.transaction_id.reference or own.payment_id.name or "-",
            "clover_state": self._state_in_words(
                "clover.comparison.entry", "clover_state", self.clover_state
            )
            or self.env._("unknown"),
            "odoo_state": self._state_in_words("payment.transaction", "state", self.odoo_state)
            or "-",
            "moment": self._moment_in_words(),
        }
        return self._sentences(words)[self.kind]

    def _state_in_words(self, model, name, value):
        """Return the label of a state; a value that is no state is returned as it is."""
        words = {
            NOT_BOOKED: self.env._("not booked"),
            NOT_KNOWN: self.env._("not known"),
            NEVER_NAMED: self.env._("it was never named"),
        }
        words.update(self.env[model]._fields[name]._description_selection(self.env))
        return words.get(value, value)

    def _moment_in_words(self):
        """Return the time of the payment, in the merchant's time zone."""
        if not self.made_at:
            return "-"
        zone = self.comparison_id.timezone or "UTC"
        return f"{format_datetime(self.env, self.made_at, tz=zone)} {zone}"

    def _sentences(self, words):
        return {
            "clover_only": self.env._(
                "Clover took %(theirs)s (%(ref)s, %(moment)s); Odoo knows of no such payment.",
                **words,
            ),
            "odoo_only": self.env._(
                "Odoo has %(ours)s (%(transaction)s); Clover was asked for %(ref)s and has no "
                "such money: %(clover_state)s.",
                **words,
            ),
            "amount": self.env._(
                "Clover moved %(theirs)s (%(ref)s), Odoo booked %(ours)s (%(transaction)s).",
                **words,
            ),
            "currency": self.env._(
                "Clover's %(ref)s and Odoo's %(transaction)s are in different currencies "
                "(%(clover_state)s, %(odoo_state)s).",
                **words,
            ),
            "state": self.env._(
                "%(ref)s is at Clover: %(clover_state)s; %(transaction)s is in Odoo: "
                "%(odoo_state)s.",
                **words,
            ),
            "refund_missing": self.env._(
                "Clover gave back %(theirs)s (%(ref)s), the books %(ours)s (%(transaction)s).",
                **words,
            ),
            "surcharge": self.env._(
                "Clover moved %(theirs)s with its surcharge (%(ref)s), Odoo booked %(ours)s "
                "(%(transaction)s).",
                **words,
            ),
            "tip": self.env._(
                "Clover took %(theirs)s with the tip (%(ref)s), Odoo booked %(ours)s "
                "(%(transaction)s).",
                **words,
            ),
            "duplicate": self.env._(
                "One payment, twice: %(ref)s, %(theirs)s at Clover, %(ours)s in Odoo "
                "(%(transaction)s).",
                **words,
            ),
            "late": self.env._(
                "Clover took %(theirs)s on %(moment)s (%(ref)s); Odoo booked it on a later day "
                "(%(transaction)s).",
                **words,
            ),
        }

    # === WRITING === #

    def write(self, vals):
        """Override of `base`: users may only set the customer, before the difference is decided."""
        if not self.env.su and (
            set(vals) - {"partner_id"} or any(found.state != "open" for found in self)
        ):
            raise AccessError(self.env._("A comparison that was made is not changed by hand."))
        return super().write(vals)

    # === ACTION METHODS === #

    def action_accept(self):
        """Ask for the reason to accept the difference."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accept"),
            "res_model": "clover.comparison.accept",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_difference_ids": [fields.Command.set(self.ids)]},
        }

    def _accept(self, reason):
        """Accept the difference; later comparisons of the same facts carry this over.

        :raise UserError: there is no reason, or the difference was decided before
        """
        self.comparison_id._require_manager()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why, for whoever wonders later."))
        self._require_open()
        self._decide("accepted", reason=reason.strip())

    def _require_open(self):
        closed = self.filtered(lambda found: found.state != "open")
        if closed[:1].state == "superseded":
            raise UserError(
                self.env._("A later comparison has looked at %s again.", closed[0].clover_ref or "")
            )
        if closed:
            raise UserError(
                self.env._(
                    "%(user)s decided about %(ref)s already.",
                    user=closed[0].decided_by_id.name or "Odoo",
                    ref=closed[0].clover_ref or closed[0].transaction_id.reference,
                )
            )

    def _decide(self, state, **values):
        # Elevated: differences are written by decisions, not by hand.
        self.sudo().write(
            {
                **values,
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
