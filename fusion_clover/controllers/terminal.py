from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .. import const
from ..models.fusion_operation import TERMINAL_KINDS


class CloverTerminalController(http.Controller):
    """JSON routes for terminals without the dialog, with the same methods and access rights."""

    @http.route(const.TERMINALS_PATH, type="jsonrpc", auth="user", methods=["POST"])
    def clover_terminals(self, invoice_id, **_kwargs):
        """Return the terminals for an invoice: id, name, serial, use and last contact."""
        move = _readable_invoice(invoice_id)
        terminals = request.env["clover.terminal"]._usable(move._clover_locations())
        return [
            {
                "id": terminal.id,
                "name": terminal.name,
                "serial": terminal.serial,
                "in_use": terminal.in_use_notice or False,
                "contact": terminal._contact_sentence(),
            }
            for terminal in terminals
        ]

    @http.route(const.SEND_TO_TERMINAL_PATH, type="jsonrpc", auth="user", methods=["POST"])
    def clover_send_to_terminal(self, invoice_id, terminal_id, amount=None, **_kwargs):
        """Send an invoice, or ``amount`` of it (in its currency), to a terminal.

        :return: ``{"dialog": id for terminal_status, ...}``, see ``clover_terminal_status``
        :raise UserError: nothing is sent; the message says why
        """
        move = _readable_invoice(invoice_id)
        action = move.action_clover_collect_payment()
        dialog = request.env["clover.payment.wizard"].browse(action["res_id"])
        if not dialog.is_resumed:
            values = {"terminal_id": int(terminal_id), "method": "terminal"}
            dialog.write(values if amount is None else {**values, "amount": float(amount)})
        return {"dialog": dialog.id, **dialog.clover_send_to_terminal()}

    @http.route(const.TERMINAL_STATUS_PATH, type="jsonrpc", auth="user", methods=["POST"])
    def clover_terminal_status(self, dialog, cancel=False, **_kwargs):
        """Return the status of a payment; if ``cancel``, first ask the terminal to cancel it."""
        wizard = request.env["clover.payment.wizard"].browse(int(dialog)).exists()
        wizard.check_access("read")
        return wizard.clover_terminal_cancel() if cancel else wizard.clover_terminal_status()

    @http.route(
        const.TERMINAL_CALLBACK_PATH, type="http", auth="public", methods=["POST"], csrf=False
    )
    def clover_terminal_callback(self, **_kwargs):
        """Wake the worker to look up open payments, because a terminal may have news.

        The body is not read and not trusted.
        """
        # Elevated: anyone may wake the worker; it only handles operations that are due.
        operations = request.env["fusion.operation"].sudo()
        if operations.search_count([("kind", "in", TERMINAL_KINDS), ("applied_at", "=", False)], 1):
            operations._queue_wake()
        return request.make_json_response({"received": True})


def _readable_invoice(invoice_id):
    move = request.env["account.move"].browse(int(invoice_id)).exists()
    if not move:
        raise UserError(request.env._("There is no such invoice."))
    move.check_access("read")
    return move
