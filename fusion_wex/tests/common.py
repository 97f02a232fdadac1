import sys
from datetime import timedelta
from pathlib import Path

import requests

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.fusion_payment_common.lib.vault import generate_key

REPOSITORY = Path(__file__).resolve().parents[2]
COLLECTION = "/api/merchant-logs/v1"


def run_simulator():
    """Return a context in which the WEX simulator runs; it yields the simulator's address."""
    if str(REPOSITORY) not in sys.path:
        sys.path.append(str(REPOSITORY))
    from tests.simulators import running

    return running("wex")


class Simulator:
    """The simulator's control interface."""

    def __init__(self, origin):
        self.origin = origin
        self.post("reset", {})

    def post(self, path, body=None):
        response = requests.post(f"{self.origin}/_sim/{path}", json=body, timeout=10)
        response.raise_for_status()
        return response.json() if response.content else None

    def get(self, path):
        response = requests.get(f"{self.origin}/_sim/{path}", timeout=10)
        response.raise_for_status()
        return response.json()

    def fault(self, fault, method="POST", path=COLLECTION, **options):
        """Let the next call of this kind go wrong."""
        rule = {"match": {"method": method, "path": path}, "fault": fault, "count": 1, **options}
        self.post("faults", [rule])

    def act(self, reference, action, **more):
        """Let a vendor or an approver do something with a card."""
        return self.post(f"cards/{reference}", {"action": action, **more})["result"]

    def moved(self, kind="card_issue"):
        """Return ``(reference, amount in cents)`` of the effects of one kind, oldest first."""
        return [
            (effect["reference"], effect["amount"])
            for effect in self.get("ledger")
            if effect["kind"] == kind
        ]

    def creates(self):
        """Return how many creates arrived."""
        return len([one for one in self.get("requests?method=POST") if one["path"] == COLLECTION])


@tagged("post_install", "-at_install")
class WexCommon(AccountTestInvoicingCommon):
    """A company with an account in test state that talks to the simulator, and a vendor's bill."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # One for each class: Odoo ends child processes that are left when a class is done.
        cls.origin = cls.enterClassContext(run_simulator())
        cls.env["ir.config_parameter"].sudo().set_param("fusion_wex.sandbox_origin", cls.origin)
        cls.vendor = cls.env["res.partner"].create(
            {"name": "Acme Hauling", "email": "ap@acme.example", "supplier_rank": 1}
        )
        cls.account = cls.env["wex.account"].create(cls._account_values())
        cls.clerk = cls._new_user("wex_clerk", "fusion_wex.group_wex_user")
        cls.approver = cls._new_user("wex_approver", "fusion_wex.group_wex_approver")
        cls.bill = cls._new_bill(113.0)

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self.keys = [generate_key()]
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: self.keys)
        self.simulator = Simulator(self.origin)

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("fusion_wex.group_wex_manager")

    @classmethod
    def _account_values(cls):
        return {
            "name": "WEX",
            "state": "test",
            "organisation": "SIMGROUP",
            "username": "apiuser",
            "password": "sim-wex-password",
            "approval_limit": 1000.0,
        }

    @classmethod
    def _new_user(cls, login, groups):
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )

    @classmethod
    def _new_bill(cls, amount, vendor=None, **values):
        bill = cls.init_invoice(
            "in_invoice", partner=vendor or cls.vendor, amounts=[amount], taxes=[]
        )
        cls.bill_count = getattr(cls, "bill_count", 0) + 1
        bill.write({"ref": f"INV-{cls.bill_count}", **values})
        bill.action_post()
        return bill

    def _request(self, bills=None, user=None, model=None, **values):
        """A draft over the whole of ``bills``, asked for by ``user`` (the clerk).

        :param model: the model with a context
        """
        bills = self.bill if bills is None else bills
        if "line_ids" not in values:
            values["move_ids"] = [Command.set(bills.ids)]
        model = self.env["wex.card.request"] if model is None else model
        return (
            model.with_user(user or self.clerk)
            .create(
                {
                    "account_id": self.account.id,
                    "partner_id": bills[:1].partner_id.id or self.vendor.id,
                    **values,
                }
            )
        )

    def _issued(self, bills=None, **values):
        """A request whose card was issued."""
        request = self._request(bills, **values)
        request.action_submit()
        self._work()
        self.assertEqual(request.state, "issued", request.message)
        return request

    def _work(self, request=None):
        """Let the queue do what is due; of ``request``, whatever it waits for is due."""
        self.env.flush_all()
        if request:
            request.operation_id.sudo().next_attempt_at = "2020-01-01"
            self.env.flush_all()
        self.env["fusion.operation"].sudo()._queue_work()
        self.env.invalidate_all()

    def _let_pass(self, request, seconds):
        """Let the last call of the request have been made ``seconds`` earlier."""
        operation = request.operation_id.sudo()
        for attempt in operation.attempt_ids:
            attempt.started_at -= timedelta(seconds=seconds)
        operation.started_at -= timedelta(seconds=seconds)

    def _today(self, days=0):
        return fields.Date.add(fields.Date.context_today(self.env.user), days=days)
