from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ...client.terminal_outcomes import Situation
from ..fusion_operation import TERMINAL_CHARGE

KEEP, GIVE_BACK = "keep", "give_back"
REFUNDER = "fusion_payment_common.group_fusion_refunder"


class FusionOperation(models.Model):
    _inherit = "fusion.operation"

    def _clover_accept_part(self):
        """Close a partial approval with the part that was approved; must be committed by itself.

        :raise UserError: there is no partial approval to accept (any more)
        """
        self._lock()
        is_partial = self.review_reason and self.error_code == Situation.PARTIAL
        if not is_partial or self.kind != TERMINAL_CHARGE:
            raise UserError(self.env._("There is nothing to decide on this payment any more."))
        self.write({"review_reason": False, "resolved_at": fields.Datetime.now()})
        self.resolved_by_id = self.env.uid
        self._finish(
            Answer(
                outcome=Outcome.SUCCEEDED,
                provider_reference=self.provider_reference,
                data={**(self.response_summary or {}), "accepted_difference": True},
            ),
            [],
        )


class PaymentTransaction(models.Model):
    """The clerk's decision on a payment that Clover flagged, kept with the payment."""

    _inherit = "payment.transaction"

    clover_issue_decision = fields.Selection(
        [(KEEP, "Kept"), (GIVE_BACK, "To be given back")],
        string="Decision",
        readonly=True,
        copy=False,
    )
    clover_issue_decided_by_id = fields.Many2one(
        "res.users", string="Decided By", readonly=True, copy=False
    )
    clover_issue_decided_at = fields.Datetime(string="Decided At", readonly=True, copy=False)

    def _clover_decide(self, decision):
        """Keep a payment with issues, or have it given back.

        What was approved in part is booked first: it was taken. To give it back is a refund, which
        a Refunder makes; others leave an activity for one.

        :param str decision: ``keep`` or ``give_back``
        :raise UserError: there is nothing to decide
        """
        self.ensure_one()
        operation = self.fusion_operation_ids[:1]
        if decision not in (KEEP, GIVE_BACK) or self.clover_issue_decision:
            raise UserError(self.env._("This was decided already."))
        if operation.review_reason:
            user = self.env.user
            in_own_transaction(
                self.env,
                lambda env: operation.with_env(env(user=user.id, su=True))._clover_accept_part(),
            )
            operation._settle(operation.id)
            self.env.invalidate_all()
        elif not self.clover_issues:
            raise UserError(self.env._("There is nothing to decide on this payment any more."))
        in_own_transaction(self.env, lambda env: self.with_env(env)._clover_keep_decision(decision))
        self.env.invalidate_all()

    def _clover_keep_decision(self, decision):
        self.write(
            {
                "clover_issue_decision": decision,
                "clover_issue_decided_by_id": self.env.uid,
                "clover_issue_decided_at": fields.Datetime.now(),
            }
        )
        if decision != GIVE_BACK:
            return
        alerts = self.env["fusion.alert"]
        for document in self.invoice_ids or self.sale_order_ids:
            alerts._schedule_once(
                document,
                f"give_back {self.reference}",
                alerts._recipient(self.company_id, group=REFUNDER),
                summary=self.env._("Give %s back", self.reference),
                note=self.env._(
                    "%(user)s decided to give payment %(reference)s back (%(issues)s).",
                    user=self.env.user.name,
                    reference=self.reference,
                    issues=self.clover_issues or "-",
                ),
            )
