from odoo import api, fields, models
from odoo.exceptions import UserError


class FusionOperation(models.Model):
    """The ledger: one row per intended change at a provider, committed before the call.

    Everything that moves money goes through :meth:`_perform`, or through :meth:`_enqueue` when
    no user waits for the answer. What happens to the row is written in transactions of its own, so
    that it survives the caller's rollback.
    """

    _name = "fusion.operation"
    _description = "Provider Operation"
    _inherit = ["mail.thread", "mail.activity.mixin", "fusion.queue.mixin"]
    _order = "id desc"
    _rec_name = "reference"

    kind = fields.Selection(
        [
            ("authorize", "Authorization"),
            ("charge", "Charge"),
            ("capture", "Capture"),
            ("void", "Void"),
            ("refund", "Refund"),
            ("credit", "Credit"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    idempotency_key = fields.Char(required=True, readonly=True, copy=False)
    fingerprint = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [
            ("ready", "Ready"),
            ("in_flight", "In Flight"),
            ("succeeded", "Succeeded"),
            ("pending", "Pending"),
            ("declined", "Declined"),
            ("rejected", "Rejected"),
            ("not_sent", "Not Sent"),
            ("unknown", "Unknown"),
        ],
        required=True,
        readonly=True,
        default="ready",
        index=True,
    )
    provider_code = fields.Char(required=True, readonly=True)
    handler = fields.Char(required=True, readonly=True, help="Model that carries it out.")
    reference = fields.Char(required=True, readonly=True, index=True)
    external_reference = fields.Char(
        readonly=True, index="btree_not_null", help="Our reference as the provider stores it."
    )
    provider_reference = fields.Char(readonly=True, index="btree_not_null")
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document",
        model_field="res_model",
        readonly=True,
        help="What it is about; of several documents the first.",
    )
    documents = fields.Json(
        readonly=True, copy=False, help="Model and id of each document that it holds while open."
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True)
    user_id = fields.Many2one("res.users", string="Started By", readonly=True)
    # Needed to repeat the call under the same key after a crash. When the operation closes, tokens
    # are removed; the rest is kept to compare with a later, different answer of the provider.
    request_payload = fields.Json(readonly=True, groups="base.group_system", copy=False)
    request_summary = fields.Json(readonly=True)
    response_summary = fields.Json(readonly=True)
    error_code = fields.Char(readonly=True)
    error_message = fields.Char(readonly=True)
    review_reason = fields.Char(
        readonly=True, help="Money moved differently from what was asked: a person must decide."
    )
    attempt_count = fields.Integer(readonly=True, aggregator="sum")
    empty_lookup_count = fields.Integer(readonly=True, aggregator=None)
    is_queued = fields.Boolean(
        string="Queued", readonly=True, help="Nobody waited for the answer: a worker calls."
    )
    is_long_call = fields.Boolean(
        readonly=True, help="The call waits for a person: only the scheduler's process makes it."
    )
    send_until = fields.Datetime(
        readonly=True, help="Queued: when a call that never reached the provider is given up."
    )
    repeat_until = fields.Datetime(
        readonly=True, help="When it is not repeated any more, even if the provider has nothing."
    )
    started_at = fields.Datetime(readonly=True)
    finished_at = fields.Datetime(readonly=True)
    applied_at = fields.Datetime(readonly=True, help="When its result was in Odoo's books.")
    alerted_at = fields.Datetime(readonly=True)
    attempt_ids = fields.One2many("fusion.operation.attempt", "operation_id", readonly=True)
    hold_ids = fields.One2many("fusion.operation.hold", "operation_id", readonly=True)

    _idempotency_key_unique = models.Constraint(
        "unique(idempotency_key)", "This idempotency key belongs to another operation."
    )
    # The completer's only query: due rows, oldest first.
    _due_idx = models.Index("(next_attempt_at) WHERE next_attempt_at IS NOT NULL")

    @api.depends("reference", "kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for operation in self:
            operation.display_name = f"{operation.reference} ({labels.get(operation.kind)})"

    def action_open_documents(self):
        """Open the documents of the operation.

        :raise UserError: it has no document, or the document was deleted
        """
        self.ensure_one()
        records = self.env[self.res_model] if self.res_model in self.env else None
        if records is not None:
            ids = [number for model, number in self.documents or [] if model == self.res_model]
            records = records.browse(dict.fromkeys([self.res_id, *ids])).exists()
        if not records:
            raise UserError(self.env._("This operation is not about a document of this database."))
        records.check_access("read")
        return records._get_records_action()

    def _is_leased(self):
        """Return whether a process holds the lease right now."""
        self.ensure_one()
        return bool(self.lease_until and self.lease_until > self._queue_now())

    def _lock(self):
        """Lock the row, waiting for others.

        A conflicting change since this transaction's snapshot makes Odoo run it again.
        """
        self.env.cr.execute("SELECT id FROM fusion_operation WHERE id = %s FOR UPDATE", [self.id])
        if not self.env.cr.rowcount:
            raise UserError(self.env._("This operation no longer exists."))
        self.invalidate_recordset()
