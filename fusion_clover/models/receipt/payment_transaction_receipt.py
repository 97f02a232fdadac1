from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from odoo.addons.fusion_payment_common.lib.cards import BRANDS

from ... import const

RECEIPT_REPORT = "fusion_clover.action_report_receipt"


class PaymentTransaction(models.Model):
    """The content of a receipt; the templates only render it."""

    _inherit = "payment.transaction"

    clover_receipt_ids = fields.One2many(
        "clover.receipt", "transaction_id", string="Receipts Sent", readonly=True
    )

    def _clover_has_receipt(self):
        """Return whether this payment has a receipt: money moved."""
        self.ensure_one()
        moved = self.state == "done" and self.operation != "validation"
        return self.provider_code == const.PROVIDER_CODE and moved

    def _clover_receipt_pages(self):
        """Return the transactions to print, one page each: a refund includes its payment."""
        self.ensure_one()
        return [self, *(self.source_transaction_id if self.operation == "refund" else ())]

    def _clover_receipt(self):
        """Return the content of the receipt in the language of the context.

        :return: ``{"title", "is_sandbox", "merchant": [line], "amounts": [(label, text)], "rows":
            [(label, text)], "closing": sentence}``
        """
        self.ensure_one()
        refund = self.operation == "refund"
        return {
            "title": self.env._("Refund receipt") if refund else self.env._("Payment receipt"),
            "is_sandbox": self.clover_environment == "sandbox",
            "merchant": self._clover_receipt_merchant(),
            "amounts": self._clover_receipt_amounts(),
            "rows": [row for row in self._clover_receipt_rows() if row[1]],
            "closing": self._clover_receipt_closing(),
        }

    def _clover_receipt_merchant(self):
        company = self.company_id
        lines = [company.name, *(company.partner_id.contact_address_inline or "").split(", ")]
        lines += [company.phone, company.vat]
        return list(dict.fromkeys(line.strip() for line in lines if line and line.strip()))

    def _clover_receipt_amounts(self):
        money = self.currency_id.format
        amounts = [(self.env._("Amount"), money(abs(self.amount)))]
        if taxes := self._clover_receipt_taxes():
            amounts.append((self.env._("Taxes in this amount"), money(taxes)))
        if self.fusion_surcharge_amount:
            label = self.env._("Credit card surcharge")
            amounts.append((label, money(abs(self.fusion_surcharge_amount))))
        if self.clover_tip_amount:
            amounts.append((self.env._("Tip"), money(abs(self.clover_tip_amount))))
        label = self.env._("Charged to the card")
        if self.operation == "refund":
            label = self.env._("Given back to the card")
        return [*amounts, (label, money(abs(self.fusion_card_amount)))]

    def _clover_receipt_taxes(self):
        """Return the taxes of the paid documents; 0 if they were paid only in part."""
        documents = self.invoice_ids
        total = sum(documents.mapped("amount_total"))
        if not documents or self.currency_id.compare_amounts(total, abs(self.amount)):
            return 0.0
        return sum(documents.mapped("amount_tax"))

    def _clover_receipt_rows(self):
        chip = self.clover_chip or {}
        source = self.source_transaction_id if self.operation == "refund" else self
        documents = (self.invoice_ids or source.invoice_ids).mapped("name")
        zone = self.company_id.partner_id.tz or self.env.user.tz or "UTC"
        return [
            (self.env._("Date"), format_datetime(self.env, self.last_state_change, tz=zone)),
            (self.env._("Document"), ", ".join(name for name in documents if name)),
            (self.env._("Card"), source._clover_card_label()),
            (self.env._("Entry"), source._clover_entry_label()),
            (self.env._("Authorization"), source.clover_auth_code),
            (self.env._("Reference"), self.reference),
            (self.env._("Reference at Clover"), self.clover_external_reference),
            (self.env._("Clover payment"), self.provider_reference),
            (self.env._("Clover order"), source.clover_order_ref),
            (self.env._("Original payment"), source.reference if source != self else ""),
            (self.env._("Application"), chip.get("application_label")),
            (self.env._("Application ID (AID)"), chip.get("application_id")),
            (self.env._("Cardholder verification"), chip.get("cvm_result")),
        ]

    def _clover_receipt_closing(self):
        if self.operation != "refund":
            return self.env._("Approved. Thank you.")
        if self.clover_returned_as == "void":
            return self.env._(
                "The payment was taken back before it was settled: it will not show on the card's "
                "statement."
            )
        return self.env._("The bank takes a few days to show it on the card's statement.")

    def _clover_card_label(self):
        """Return the card's brand and last four digits as a label."""
        self.ensure_one()
        code = const.BRAND_TO_METHOD_CODE.get(self.clover_card_brand)
        brand = BRANDS.get(code) or self.clover_card_brand or ""
        return f"{brand} •••• {self.clover_card_last4 or '????'}".strip()

    def _clover_entry_label(self):
        """Return how the card was read as a label; unknown entry types as Clover names them."""
        self.ensure_one()
        return {
            "KEYED": self.env._("Typed by staff"),
            "ECOM": self.env._("Typed by the customer, online"),
            "VAULTED": self.env._("Saved card"),
            "EMV_CONTACT": self.env._("Chip"),
            "EMV_CONTACTLESS": self.env._("Contactless"),
            "MSD_CONTACTLESS": self.env._("Contactless"),
            "SWIPED": self.env._("Swiped"),
            "PINPAD_MANUAL_ENTRY": self.env._("Typed on the terminal"),
        }.get(self.clover_entry_type, self.clover_entry_type or "")

    def _clover_receipt_name(self):
        """Return the name of the receipt for lists and files."""
        self.ensure_one()
        name = self._clover_receipt()["title"]
        return f"{name} {self.reference}, {self.currency_id.format(abs(self.fusion_card_amount))}"

    # === PRINT === #

    def action_clover_print_receipt(self):
        """Return the PDF of the receipts of these payments.

        :raise UserError: none of them has a receipt
        """
        printed = self._clover_receipts_or_refuse()
        return self.env.ref(RECEIPT_REPORT).report_action(printed)

    def _clover_receipts_or_refuse(self):
        """Return those of these payments that have a receipt.

        :raise UserError: none of them has one
        """
        self.check_access("read")
        # Elevated: clerks may print and send receipts without access to providers.
        found = self.filtered(lambda tx: tx.sudo()._clover_has_receipt())
        if not found:
            raise UserError(self.env._("No card was charged here: there is no receipt."))
        return found
