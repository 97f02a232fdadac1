from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request, route

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..models.receipt.payment_transaction_receipt import RECEIPT_REPORT
from ..models.receipt.payment_transaction_receipt_mail import PDF_WORKS


class CloverReceiptController(CustomerPortal):
    @route(
        "/my/invoices/<int:invoice_id>/card_receipt/<int:transaction_id>",
        type="http",
        auth="public",
        website=True,
    )
    def clover_receipt(self, invoice_id, transaction_id, access_token=None, **_kwargs):
        """Return the receipt of a card payment to anyone who may see its invoice.

        It is a PDF, or an HTML page if the server cannot render PDFs.
        """
        try:
            invoice = self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        paid = invoice._clover_receipt_transactions().filtered(lambda tx: tx.id == transaction_id)
        if not paid:
            return request.not_found()
        # Elevated: customers who may see the invoice may see the receipts of its payments.
        report = request.env.ref(RECEIPT_REPORT).sudo()
        if report.get_wkhtmltopdf_state() not in PDF_WORKS:
            page, _kind = report._render_qweb_html(report.report_name, paid.ids)
            return request.make_response(page)
        pdf, _kind = report._render_qweb_pdf(report.report_name, paid.ids)
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Length", len(pdf)),
            ("Content-Disposition", content_disposition(f"{paid._clover_receipt_name()}.pdf")),
        ]
        return request.make_response(pdf, headers=headers)
