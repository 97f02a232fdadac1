from .terminal_common import TerminalCommon

VISA = "4242424242424242"


class TerminalRefundCommon(TerminalCommon):
    """Payments taken on a terminal, and somebody who gives them back."""

    def _paid_at_terminal(self, card=VISA, **told):
        """Have the invoice paid on the terminal and return the transaction."""
        self._tell(self.flex, "approve", card=card, **told)
        wizard, _status = self._send()
        self.assertEqual(self._work(wizard)["state"], "approved")
        self._tell(self.flex, "approve", card=card)
        return wizard.sudo().transaction_id

    def _new_note(self, amount=None):
        """Return a posted credit note of the invoice."""
        note = self.move._clover_new_note()
        if amount:
            note.invoice_line_ids.price_unit = amount
        note.action_post()
        return note

    def _refund_dialog(self, document, user=None):
        user = user or self.manager
        action = document.with_user(user).action_clover_refund()
        self.assertEqual(action["res_model"], "clover.refund.wizard")
        return self.env["clover.refund.wizard"].with_user(user).browse(action["res_id"])

    def _give_back(self, dialog):
        """Refund as the dialog does, let the worker work, and return the child."""
        dialog.action_refund()
        child = self._child(dialog.sudo().transaction_id)[:1]
        self._work_on(child)
        return child

    def _kinds(self):
        return [(effect["kind"], effect["amount"]) for effect in self.simulator.ledger()]

    def _child(self, transaction):
        """Return the refunds of a transaction, the latest first."""
        self.env.flush_all()
        self.env.invalidate_all()
        return transaction.child_transaction_ids.sorted(lambda tx: -tx.id)

    def _operation_on(self, transaction):
        return self.env["fusion.operation"].sudo().search(
            [("reference", "=", transaction.reference)]
        )

    def _work_on(self, transaction, *, watch=None):
        operation = self._operation_on(transaction)
        operation.write({"next_attempt_at": "2020-01-01", "lease_until": False})
        self._run_worker(operation, watch=watch)

    def _make_old(self, transaction, days=4):
        """Have Clover's payment made so long ago that refunds are not made any more."""
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("fusion_clover.refund_age_limit_days", 3)
        asked = {"payment": transaction.provider_reference, "days": days}
        self.simulator.post("dashboard/date", asked)

    def _requests_of(self, path):
        return [call for call in self.simulator.requests(path) if call["method"] == "POST"]
