import json

from odoo.tests import HttpCase, tagged

from odoo.addons.fusion_payment_common.tests.outbox.delivery_common import Receiver

from ..common import WexCommon

#: The token of the old proxy's documented calls.
TOKEN = "your_token"

#: The body of its documented call, to the letter.
DOCUMENTED = """{
    "_id": "test-123",
    "x_name": "PAY-001",
    "x_studio_vendor_name": "Test Vendor",
    "x_studio_vendor_payment_amount_requested": 100.50,
    "x_studio_hauler_invoice_or_remittance_advice_memo": "TEST-INV-001",
    "x_studio_employee_name": "Test Employee"
  }"""


@tagged("post_install", "-at_install")
class ProxyCommon(WexCommon, HttpCase):
    """An account that callers of the old proxy use, and a receiver on this machine."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["fusion.delivery.endpoint"].sudo().search([]).write({"state": "disabled"})

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.endpoint = self.env["fusion.delivery.endpoint"].sudo().create(
            {
                "name": "Dispatch",
                "url": self.receiver.url,
                "state": "test",
                "profile": "proxy",
                "wex_sends_card_data": True,
                "company_id": self.account.company_id.id,
            }
        )
        self.account.write({"delivery_endpoint_id": self.endpoint.id, "proxy_token": TOKEN})

    def _post(self, path, body, token=TOKEN, **headers):
        self.env.flush_all()
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = {"Content-Type": "application/json", **headers}
        if token:
            headers["X-Proxy-Auth-Token"] = token
        answer = self.url_open(path, data=text, headers=headers)
        self.env.invalidate_all()
        return answer

    def _asked(self, **changes):
        names = {
            "payment": "x_name",
            "vendor": "x_studio_vendor_name",
            "amount": "x_studio_vendor_payment_amount_requested",
            "invoice": "x_studio_hauler_invoice_or_remittance_advice_memo",
        }
        asked = json.loads(DOCUMENTED)
        asked.update({names.get(name, name): value for name, value in changes.items()})
        return asked

    def _proxy(self, **changes):
        return self._post("/proxy", self._asked(**changes))

    def _work(self, request=None):
        """Override: what was answered is due now; by itself it would be within two seconds."""
        answered = [("finished_at", "!=", False), ("applied_at", "=", False)]
        self.env["fusion.operation"].sudo().search(answered).next_attempt_at = "2020-01-01"
        super()._work(request)

    def _book(self):
        """Let the workers book what is known and deliver it."""
        self._work()
        self._deliver()

    def _deliver(self, *deliveries):
        for delivery in deliveries:
            delivery.next_attempt_at = "2020-01-01"
        self.env.flush_all()
        # A row in trouble does not stop the worker, only the log tells.
        with self.assertNoLogs("odoo.addons.fusion_payment_common", "ERROR"):
            self.env["fusion.delivery"].sudo()._queue_work()
        self.env.invalidate_all()

    def _requests(self):
        return self.env["wex.card.request"].sudo().search([("external_ref", "!=", False)])

    def _deliveries(self):
        return self.env["fusion.delivery"].sudo().search(
            [("endpoint_id", "=", self.endpoint.id)], order="id"
        )
