from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged

from ... import const
from .terminal_common import TerminalCommon


@tagged("post_install", "-at_install")
class TestTerminalRoutes(TerminalCommon, HttpCase):
    """The routes for programs: same methods, same rights as the dialog."""

    def setUp(self):
        super().setUp()
        self._log_in(self.clerk)

    def _log_in(self, user):
        user.sudo().password = user.login
        self.authenticate(user.login, user.login)

    def _ask(self, path, **params):
        self.env.flush_all()
        return self.make_jsonrpc_request(path, params)

    def test_a_program_lists_sends_follows_and_cancels(self):
        listed = self._ask(const.TERMINALS_PATH, invoice_id=self.move.id)
        self.assertEqual({one["serial"] for one in listed}, {self.flex.serial, self.mini.serial})
        sent = self._ask(
            const.SEND_TO_TERMINAL_PATH,
            invoice_id=self.move.id,
            terminal_id=self.mini.id,
            amount=100.0,
        )
        self.assertEqual(sent["state"], "sending")
        transaction = self.move.sudo().transaction_ids
        self.assertEqual((transaction.amount, transaction.clover_terminal_id), (100.0, self.mini))
        status = self._ask(const.TERMINAL_STATUS_PATH, dialog=sent["dialog"])
        self.assertEqual(status["state"], "sending")
        status = self._ask(const.TERMINAL_STATUS_PATH, dialog=sent["dialog"], cancel=True)
        self.assertEqual(status["state"], "cancelled")

    def test_a_second_call_leads_to_the_payment_that_is_under_way(self):
        params = {"invoice_id": self.move.id, "terminal_id": self.flex.id}
        self._ask(const.SEND_TO_TERMINAL_PATH, **params)
        again = self._ask(const.SEND_TO_TERMINAL_PATH, **params)
        self.assertEqual(again["state"], "sending")
        self.assertEqual(len(self.move.sudo().transaction_ids), 1)

    def test_others_are_refused(self):
        sent = self._ask(
            const.SEND_TO_TERMINAL_PATH, invoice_id=self.move.id, terminal_id=self.flex.id
        )
        self._log_in(self.colleague)
        self._refused(const.TERMINAL_STATUS_PATH, dialog=sent["dialog"])
        self._log_in(new_test_user(self.env, login="clover_portal", groups="base.group_portal"))
        self._refused(const.TERMINALS_PATH, invoice_id=self.move.id)
        self._refused(
            const.SEND_TO_TERMINAL_PATH, invoice_id=self.move.id, terminal_id=self.flex.id
        )
        self._refused(const.TERMINAL_STATUS_PATH, dialog=sent["dialog"])

    def _refused(self, path, **params):
        with (
            self.assertLogs("odoo.http", "WARNING"),
            self.assertRaisesRegex(JsonRpcException, "AccessError"),
        ):
            self._ask(path, **params)

    def test_the_callback_believes_nobody_and_wakes_the_worker_if_something_is_open(self):
        woken = []
        operations = type(self.env["fusion.operation"])
        self.patch(operations, "_queue_wake", lambda operations: woken.append(1))
        self.authenticate(None, None)
        answer = self.url_open(const.TERMINAL_CALLBACK_PATH, data={"result": "SUCCESS"})
        self.assertEqual(answer.json(), {"received": True})
        self.assertEqual(woken, [])
        self._send()
        woken.clear()
        self.url_open(const.TERMINAL_CALLBACK_PATH, data={"result": "SUCCESS"})
        self.assertEqual(woken, [1])
        self.assertFalse(self.move.sudo().transaction_ids.filtered(lambda tx: tx.state == "done"))
