from odoo import fields, models


class FusionOperationHold(models.Model):
    """A document that an open operation holds, so that no second operation can start on it.

    The database enforces it, so two clerks, two tabs or two servers cannot both be first. The hold
    is deleted in the transaction that books the result.
    """

    _name = "fusion.operation.hold"
    _description = "Document Held by an Operation"
    _rec_name = "res_model"

    operation_id = fields.Many2one(
        "fusion.operation", required=True, index=True, ondelete="cascade", readonly=True
    )
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", required=True, readonly=True
    )
    company_id = fields.Many2one(related="operation_id.company_id")

    _document_unique = models.Constraint(
        "unique(res_model, res_id)",
        "Another operation on this document is not finished yet.",
    )
