from odoo import fields, models


class FusionPaymentDocument(models.AbstractModel):
    """A document that can be paid; it shows a notice while a payment of it is in progress."""

    _name = "fusion.payment.document"
    _description = "Document That Is Paid"

    # Elevated: readers of the document need to know that a payment of it is in progress.
    fusion_payment_notice = fields.Char(compute="_compute_fusion_payment_notice", compute_sudo=True)

    def _compute_fusion_payment_notice(self):
        holds = self.env["fusion.operation.hold"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        operation_by_document = {hold.res_id: hold.operation_id for hold in holds}
        for document in self:
            operation = operation_by_document.get(document.id)
            document.fusion_payment_notice = operation._notice() if operation else False
