from odoo import fields, models
from odoo.tools import SQL


class FusionOperation(models.Model):
    """Operations that a person has to look at: put before a Manager, their documents held."""

    _inherit = "fusion.operation"

    def _require_review(self, reason):
        """Stop everything automatic and put the operation before a Manager.

        Its documents are held again: while it is in doubt what moved, they must not be charged.
        """
        if self.review_reason != reason:
            # A new reason: alert again.
            self.alerted_at = False
        self.write({"review_reason": reason, "next_attempt_at": False})
        if self.applied_at:
            self._hold_again()
        self._alert(reason)

    def _hold_again(self):
        """Hold the documents that no other operation holds by now."""
        for res_model, res_id in self.documents or []:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO fusion_operation_hold
                                (operation_id, res_model, res_id,
                                 create_uid, create_date, write_uid, write_date)
                         VALUES (%(operation)s, %(model)s, %(id)s,
                                 %(uid)s, %(now)s, %(uid)s, %(now)s)
                    ON CONFLICT (res_model, res_id) DO NOTHING
                    """,
                    operation=self.id,
                    model=res_model,
                    id=res_id,
                    uid=self.env.uid,
                    now=self.env.cr.now(),
                )
            )
        self.invalidate_recordset(["hold_ids"])

    def _alert(self, note):
        """Schedule one activity for a Manager of the company; a second call does nothing."""
        self.ensure_one()
        if self.alerted_at:
            return
        self.alerted_at = fields.Datetime.now()
        alerts = self.env["fusion.alert"]
        alerts._schedule_once(
            self,
            note,
            alerts._recipient(self.company_id),
            summary=self.env._("Payment %s needs attention", self.reference),
            note=note,
        )
