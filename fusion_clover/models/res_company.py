from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    clover_send_receipts = fields.Boolean(
        string="Send Receipts at Once",
        help="Customers with an e-mail address get the receipt of a card payment or refund, once.",
    )
    clover_tip_account_id = fields.Many2one(
        "account.account",
        string="Tips Account",
        domain="[('account_type', 'in', ('liability_current', 'liability_payable'))]",
        help="Where tips that customers give on a terminal are owed to the staff. Empty: they stay "
        "with the payment as a credit of the customer.",
    )
    clover_ask_receipt = fields.Boolean(
        string="Ask for the Receipt on the Terminal",
        help="After a payment the customer chooses on the screen: no receipt, print, e-mail or "
        "text message.",
    )
