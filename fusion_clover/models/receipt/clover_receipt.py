from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.tools import mute_logger


class CloverReceipt(models.Model):
    """A sent receipt: one sent automatically per payment, others on request."""

    _name = "clover.receipt"
    _description = "Card Receipt Sent"
    _order = "id desc"

    transaction_id = fields.Many2one(
        "payment.transaction", required=True, index=True, ondelete="cascade"
    )
    email = fields.Char(string="Sent To", required=True)
    is_resent = fields.Boolean(string="On Request")
    once_key = fields.Char(
        help="Of the event that the receipt is about; whoever sends it a second time is refused."
    )
    mail_id = fields.Many2one("mail.mail", ondelete="set null")

    _once_key_unique = models.Constraint(
        "unique(once_key)", "The receipt of this payment was sent already."
    )

    @api.model
    def _claim(self, transaction, email):
        """Return a new row for the automatic receipt; an empty recordset if it exists already.

        Of two concurrent calls, the database's unique constraint makes the second one wait.
        """
        values = {
            "transaction_id": transaction.id,
            "email": email,
            "once_key": transaction.reference,
        }
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                return self.create(values)
        except UniqueViolation:
            return self.browse()
