import requests

from odoo.fields import Command
from odoo.tests import new_test_user

from ..refund.refund_common import RefundCommon


class OutsideCommon(RefundCommon):
    """A paid invoice, somebody at Clover's dashboard, and notices about what they do there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            login="clover_manager",
            groups="fusion_payment_common.group_fusion_manager,account.group_account_invoice",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )
        cls.unmatched = cls.env["clover.unmatched.payment"].sudo()

    def _dashboard(self, what, **asked):
        """Do something in the dashboard; return Clover's payment."""
        answer = requests.post(f"{self.origin}/_sim/dashboard/{what}", json=asked, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def _hear(self, object_ref, action="UPDATE", *, moment=1700000000000, merchant=None):
        """Take in one notice and process it; return its event."""
        merchant = merchant or self.provider.clover_merchant_id
        payload = (
            f'{{"merchantId": "{merchant}", "objectId": "{object_ref}", '
            f'"type": "{action}", "ts": {moment}}}'
        )
        self.env.flush_all()
        inbox = self.env["fusion.event"].sudo()
        event_id = inbox._ingest(
            "clover",
            f"{merchant}:{object_ref}:{action}:{moment}",
            event_type=f"{object_ref.partition(':')[0]}.{action}",
            object_ref=object_ref,
            payload=payload,
            company=self.provider.company_id,
        )
        return self._process(inbox.browse(event_id))

    def _process(self, event):
        """Let the worker at an event, as if its time had come."""
        self.env.invalidate_all()
        if event.state == "received":
            event.next_attempt_at = "2020-01-01"
        self.env.flush_all()
        self.env["fusion.event"]._queue_work(threads=1)
        self.env.invalidate_all()
        return event

    def _outside(self, **asked):
        """A payment made in the dashboard, of which Odoo has heard."""
        paid = self._dashboard("payment", **{"amount": 5000, **asked})
        self._hear(f"P:{paid['id']}", "CREATE")
        found = self.unmatched.search([("payment_ref", "=", paid["id"])])
        return found.with_user(self.manager).sudo(False)
