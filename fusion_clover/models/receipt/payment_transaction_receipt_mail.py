import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from .payment_transaction_receipt import RECEIPT_REPORT

_logger = logging.getLogger(__name__)

RECEIPT_TEMPLATE = "fusion_clover.mail_template_receipt"
RECEIPT_CRON = "fusion_clover.ir_cron_clover_receipts"
#: States of wkhtmltopdf in which it can render; see ``ir.actions.report`` of Odoo.
PDF_WORKS = ("ok", "upgrade", "workers")


class PaymentTransaction(models.Model):
    """Receipts by e-mail: once automatically, and any number of times on request."""

    _inherit = "payment.transaction"

    clover_receipt_due = fields.Boolean(readonly=True, copy=False, index="btree_not_null")

    # === AUTOMATIC === #

    def _clover_have_receipts_sent(self):
        """Schedule the receipts of these payments, if their company sends them automatically."""
        wanted = self.filtered(
            lambda tx: tx.company_id.clover_send_receipts
            and tx._clover_has_receipt()
            and not tx.clover_receipt_ids
        )
        if wanted:
            wanted.clover_receipt_due = True
            # Elevated: shoppers and clerks may trigger the scheduled action without access to it.
            self.env.ref(RECEIPT_CRON).sudo()._trigger()

    @api.model
    def _cron_clover_send_receipts(self):
        """Send the receipts that are due, once each; a receipt that fails stays due."""
        cron = self.env["ir.cron"]
        due = self.search([("clover_receipt_due", "=", True)])
        cron._commit_progress(remaining=len(due))
        for transaction in due:
            try:
                with self.env.cr.savepoint():
                    transaction._clover_send_receipt_once()
            except Exception:
                # Continue with the others. This receipt stays due; the next run retries it.
                _logger.exception("The receipt of %s could not be sent", transaction.reference)
            cron._commit_progress(1)

    def _clover_send_receipt_once(self):
        """Queue the receipt of this payment unless it was sent before."""
        self.ensure_one()
        self.clover_receipt_due = False
        if not self.partner_id.email:
            return
        if receipt := self.env["clover.receipt"]._claim(self, self.partner_id.email):
            receipt.mail_id = self._clover_queue_receipt(receipt.email)

    # === ON REQUEST === #

    def action_clover_send_receipt(self):
        """Send the receipts of these payments, even if they were sent before.

        :raise UserError: there is no receipt, or the customer has no e-mail address
        """
        # Elevated: clerks may send receipts without access to providers and mails.
        transactions = self._clover_receipts_or_refuse().sudo()
        for transaction in transactions:
            email = transaction.partner_id.email
            if not email:
                raise UserError(
                    self.env._("%s has no e-mail address.", transaction.partner_id.display_name)
                )
            self.env["clover.receipt"].sudo().create(
                {
                    "transaction_id": transaction.id,
                    "email": email,
                    "is_resent": True,
                    "mail_id": transaction._clover_queue_receipt(email),
                }
            )
            transaction.clover_receipt_due = False
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The receipt is on its way to %s.",
                    ", ".join(transactions.mapped("partner_id.email")),
                ),
            },
        }

    # === HELPERS === #

    def _clover_queue_receipt(self, email):
        """Queue the mail with the receipt, to be sent after the commit, and return its id."""
        self.ensure_one()
        template = self.env.ref(RECEIPT_TEMPLATE)
        values = {"email_to": email, "recipient_ids": []}
        if attachment := self._clover_receipt_pdf():
            values["attachment_ids"] = [(4, attachment.id)]
        return template.send_mail(self.id, email_values=values)

    def _clover_receipt_pdf(self):
        """Return the stored PDF of the receipt, rendered on first use; empty if PDFs do not work.

        The mail itself contains the same information as the PDF.
        """
        self.ensure_one()
        report = self.env.ref(RECEIPT_REPORT)
        if report.get_wkhtmltopdf_state() not in PDF_WORKS:
            return self.env["ir.attachment"]
        report._render_qweb_pdf(report.report_name, self.ids)
        return report.retrieve_attachment(self)
