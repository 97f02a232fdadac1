from datetime import timedelta

from odoo.tests import new_test_user

from ...tools import processes

SOURCE = "example"
CANARY = "4242424242424242"


class InboxCommon:
    """An inbox with one source, whose handler does what the test says and notes what it saw.

    To be mixed into a test case of Odoo.
    """

    def _set_up_inbox(self):
        self.inbox = self.env["fusion.event"].sudo()
        self.handled = []
        self.verdict = None
        case = self

        def handle(model, event, fetched=None):
            result = case.verdict(event, fetched) if callable(case.verdict) else case.verdict
            case.handled.append(event.event_key)
            return result

        self.patch(
            type(self.env["fusion.event"]),
            "_handlers",
            lambda model: {SOURCE: "fusion.event.handler"},
        )
        self.patch(type(self.env["fusion.event.handler"]), "_fusion_handle_event", handle)

    def _ingest(self, key="evt_1", **values):
        values.setdefault("payload", b'{"id": "evt_1"}')
        self.env.flush_all()
        event_id = self.inbox._ingest(SOURCE, key, **values)
        self.env.invalidate_all()
        return self.inbox.browse(event_id)

    def _process(self):
        self.env.flush_all()
        self.env.ref("fusion_payment_common.ir_cron_process_events").method_direct_trigger()
        self.env.invalidate_all()

    def _claim(self, event):
        """Lease the event as a worker would; return the claim."""
        until = self.env.cr.now() + timedelta(minutes=2)
        (claim,) = event._queue_take(processes.lease_owner(), until)
        self.env.flush_all()
        return claim

    def _make_due(self, event):
        """Let the time pass that the event waits for."""
        event.next_attempt_at = "2020-01-01"
        self.env.flush_all()

    def _new_user(self, login, groups, company=None):
        company = company or self.env.company
        return new_test_user(
            self.env,
            login=login,
            groups=groups,
            company_id=company.id,
            company_ids=[company.id],
        )
