from datetime import timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

import requests

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.fusion_payment_common.tools import long_calls
from odoo.addons.fusion_payment_common.tools.queue_runner import outcome_of

from ...models.terminal import payment_transaction_terminal_cancel
from ..charge.collect_common import CollectCommon
from ..common import APP_ID, APP_SECRET, MERCHANT_ID

PAYMENTS = "/connect/v1/payments"


class TerminalCommon(CollectCommon):
    """A merchant connected by OAuth with a Flex, a Mini and a Station, and two clerks.

    What happens in the background happens at once here, and the worker works when it is told to.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._new_user("clover_manager", "group_fusion_manager")
        cls.colleague = cls._new_user("clover_colleague", "group_fusion_collector")

    @classmethod
    def _new_user(cls, login, group):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"fusion_payment_common.{group}",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.patch(long_calls, "detach", lambda name, function, *args: function(*args))
        self.patch(payment_transaction_terminal_cancel, "CANCEL_PAUSE", 0)
        self._connect()
        self.provider.action_clover_sync_terminals()
        terminals = self.env["clover.terminal"].search([("provider_id", "=", self.provider.id)])
        self.flex, self.mini, self.station = (
            terminals.filtered(lambda one, name=name: one.product == name)
            for name in ("Flex 4", "Mini 3", "Station")
        )
        self.provider.clover_default_terminal_id = self.flex

    def _connect(self):
        """Store the tokens that the simulator gives to whoever comes back from it."""
        self.provider.clover_token_ids.unlink()
        params = {
            "client_id": APP_ID,
            "redirect_uri": "http://127.0.0.1:9/payment/clover/oauth/callback",
            "state": "s",
        }
        answer = requests.get(
            f"{self.origin}/oauth/v2/authorize", params=params, allow_redirects=False, timeout=10
        )
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        pair = requests.post(
            f"{self.origin}/oauth/v2/token",
            json={"client_id": APP_ID, "client_secret": APP_SECRET, "code": code},
            timeout=10,
        ).json()
        self.env["clover.oauth.token"].sudo().create(
            {
                "provider_id": self.provider.id,
                "environment": "sandbox",
                "app_id": APP_ID,
                "merchant_id": MERCHANT_ID,
                "merchant_name": "Simulated Merchant",
                "access_token": pair["access_token"],
                "refresh_token": pair["refresh_token"],
                "access_expires_at": fields.Datetime.now() + timedelta(minutes=30),
                "access_lifetime": 1800.0,
            }
        )
        self.provider.invalidate_recordset()

    def _tell(self, terminal, action, **fields_):
        self.simulator.post(f"devices/{terminal.serial}", {"action": action, **fields_})

    def _device(self, terminal):
        url = f"{self.origin}/_sim/devices/{terminal.serial}"
        return requests.get(url, timeout=10).json()

    def _send(self, wizard=None, user=None):
        wizard = wizard or self._open(self.move, user)
        status = wizard.clover_send_to_terminal()
        self.env.flush_all()
        return wizard, status

    def _operation_of(self, wizard):
        self.env.invalidate_all()
        reference = wizard.sudo().transaction_id.reference
        return self.env["fusion.operation"].sudo().search([("reference", "=", reference)])

    def _work(self, wizard):
        """Let the scheduler's worker do what is due, and what will be due by and by."""
        operation = self._operation_of(wizard)
        if operation.next_attempt_at:
            operation.write({"next_attempt_at": "2020-01-01", "lease_until": False})
        self._run_worker(operation)
        return self._status(wizard)

    def _run_worker(self, operation, *, watch=None):
        """Let the worker carry out an operation.

        :param watch: called before each call to Clover, as if somebody looked meanwhile
        """
        self.env.flush_all()
        worker = (
            self.env["fusion.operation"]
            .sudo()
            .with_context(fusion_queue_long_calls=True, fusion_queue_reference=operation.reference)
        )
        worker._queue_runner(1, lambda *_counts: True, 5, start_long=partial(_at_once, watch)).run()
        self.env.invalidate_all()

    def _status(self, wizard):
        self.env.flush_all()
        return wizard.clover_terminal_status()

    def _calls(self):
        return [call for call in self.simulator.requests(PAYMENTS) if call["method"] == "POST"]


def _at_once(watch, model, claim, call):
    """Make a long call in this very thread: a test has one database connection only."""
    while call is not None:
        if watch:
            watch()
        call = model._queue_finish(claim, outcome_of(call))
