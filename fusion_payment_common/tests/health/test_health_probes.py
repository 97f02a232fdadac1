from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ...lib import errors
from ...lib.vault import generate_key
from ..common import OperationCommon
from ..outbox.delivery_common import DeliveryCommon
from .health_common import HealthCommon


@tagged("post_install", "-at_install")
class TestHealthOfTheInbox(HealthCommon, TransactionCase):
    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self._set_up_inbox()
        self.probe = self.env["fusion.health.probe"].sudo()

    def _level(self, method):
        self.env.flush_all()
        finding = getattr(self.probe, method)(self.env.company)
        return str(finding.level), finding.value

    def test_events_that_are_not_processed_are_seen(self):
        self.assertEqual(self._level("_probe_events_waiting"), ("ok", 0))
        event = self._ingest(company=self.env.company)
        self.assertEqual(self._level("_probe_events_waiting"), ("ok", 0), "It has just come.")
        for minutes, level in ((2, "warning"), (16, "error")):
            event.received_at = fields.Datetime.now() - timedelta(minutes=minutes)
            self.assertEqual(self._level("_probe_events_waiting"), (level, 1))
        self.probe._remedy_events_waiting(self.env.company)
        self._process()
        self.assertEqual(event.state, "processed")
        self.assertEqual(self._level("_probe_events_waiting"), ("ok", 0))

    def test_failed_events_are_seen_by_their_company_only(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        self._ingest(company=other).state = "failed"
        self.assertEqual(self._level("_probe_events_failed"), ("ok", 0))
        self._ingest("evt_2", company=self.env.company).state = "failed"
        self.assertEqual(self._level("_probe_events_failed"), ("error", 1))
        action = self.probe._remedy_events_failed(self.env.company)
        self.assertEqual(action["res_model"], "fusion.event")

    def test_a_missing_key_is_a_warning_and_an_error_once_something_is_stored(self):
        keys = [generate_key()]
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: keys)
        self.assertEqual(self._level("_probe_vault"), ("ok", 0))
        keys.clear()
        self.assertEqual(self._level("_probe_vault"), ("warning", 0))
        keys.append(generate_key())
        self.env["fusion.secret"].sudo()._store("card_number", "x", label="Test")
        self.assertEqual(self._level("_probe_vault"), ("ok", 1))
        keys.clear()
        self.assertEqual(self._level("_probe_vault"), ("error", 1))
        keys.append(generate_key())
        self.assertEqual(self._level("_probe_vault"), ("error", 1), "Another key opens nothing.")
        keys[:] = ["malformed"]
        self.assertEqual(self._level("_probe_vault"), ("error", 1))

    def test_a_neutralized_copy_says_so(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("database.is_neutralized", False)
        self.assertEqual(self._level("_probe_neutralized"), ("ok", 0))
        parameters.set_param("database.is_neutralized", "true")
        self.assertEqual(self._level("_probe_neutralized"), ("warning", 1))

    def test_a_schedule_that_does_not_run_is_seen(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", False)
        crons = self.probe._schedules()
        self.assertIn(self.env.ref("fusion_payment_common.ir_cron_process_events"), crons)
        now = fields.Datetime.now()
        crons.write({"active": True, "nextcall": now, "lastcall": now, "failure_count": 0})
        self.assertEqual(self._level("_probe_schedules")[0], "ok")
        crons[0].failure_count = 1
        self.assertEqual(self._level("_probe_schedules")[0], "warning")
        crons[0].nextcall = now - timedelta(minutes=11)
        self.assertEqual(self._level("_probe_schedules")[0], "error")
        crons[0].write({"nextcall": now, "failure_count": 0, "active": False})
        self.assertEqual(self._level("_probe_schedules")[0], "error")
        self.probe._remedy_schedules(self.env["res.company"])
        self.assertTrue(crons[0].active)
        self.assertEqual(self._level("_probe_schedules")[0], "ok")


@tagged("post_install", "-at_install")
class TestHealthOfTheLedger(OperationCommon):
    def _level(self, method, company=None):
        self.env.flush_all()
        finding = getattr(self.env["fusion.health.probe"].sudo(), method)(
            company or self.env.company
        )
        return str(finding.level), finding.value

    def test_payments_that_nobody_sends_are_seen(self):
        operation = self.env["fusion.operation"]._enqueue(self._intent())
        self.assertEqual(self._level("_probe_queued"), ("ok", 0), "It has just been queued.")
        for minutes, level in ((2, "warning"), (6, "error")):
            self.env.cr.execute(
                "UPDATE fusion_operation SET create_date = now() AT TIME ZONE 'UTC' "
                "- %s * interval '1 minute' WHERE id = %s",
                [minutes, operation.id],
            )
            self.env.invalidate_all()
            self.assertEqual(self._level("_probe_queued"), (level, 1))

    def test_payments_of_unknown_outcome_are_seen(self):
        self.assertEqual(self._level("_probe_unknown"), ("ok", 0))
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        self.assertEqual(self._level("_probe_unknown"), ("warning", 1))
        self._operation().started_at = fields.Datetime.now() - timedelta(minutes=11)
        self.assertEqual(self._level("_probe_unknown"), ("error", 1))
        other = self.env["res.company"].create({"name": "Other Company"})
        self.assertEqual(self._level("_probe_unknown", other), ("ok", 0))

    def test_a_call_whose_process_died_counts_as_unknown(self):
        self._begin_committed()
        operation = self._operation()
        self.assertEqual(self._level("_probe_unknown"), ("ok", 0))
        operation.lease_until = "2020-01-01"
        self.assertEqual(self._level("_probe_unknown"), ("warning", 1))

    def test_payments_that_need_a_decision_are_seen(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        self.assertEqual(self._level("_probe_review"), ("ok", 0))
        self._operation().review_reason = "Another amount."
        self.assertEqual(self._level("_probe_review"), ("error", 1))
        self.assertEqual(self._level("_probe_unknown"), ("ok", 0), "It is told once.")

    def test_what_was_received_but_not_booked_is_seen_and_booked_by_the_button(self):
        self.remote.will_answer(self._succeeded())
        model = type(self.env["payment.transaction"])
        original = model._process
        self.patch(model, "_process", lambda *args: 1 / 0)
        with mute_logger("odoo.addons.fusion_payment_common"):
            self._perform()
        self.assertEqual(self._level("_probe_unbooked"), ("ok", 0), "It may take a minute.")
        for minutes, level in ((2, "warning"), (16, "error")):
            self._operation().finished_at = fields.Datetime.now() - timedelta(minutes=minutes)
            self.assertEqual(self._level("_probe_unbooked"), (level, 1))
        self.patch(model, "_process", original)
        self.env["fusion.health.probe"]._remedy_unbooked(self.env.company)
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self._level("_probe_unbooked"), ("ok", 0))

    def test_a_transaction_that_core_gave_up_on_is_seen(self):
        self.transaction._set_done()
        self.transaction.last_state_change = fields.Datetime.now() - timedelta(days=5)
        self.assertEqual(self._level("_probe_unbooked"), ("error", 1))


@tagged("post_install", "-at_install")
class TestHealthOfTheOutbox(DeliveryCommon):
    def _level(self, method, company=None):
        self.env.flush_all()
        finding = getattr(self.env["fusion.health.probe"].sudo(), method)(
            company or self.env.company
        )
        return str(finding.level), finding.value

    def _age(self, delivery, **age):
        created = fields.Datetime.now() - timedelta(**age)
        self.env.cr.execute(
            "UPDATE fusion_delivery SET create_date = %s WHERE id = %s", [created, delivery.id]
        )
        self.env.invalidate_all()

    def test_deliveries_that_do_not_get_through_are_seen(self):
        delivery = self._enqueue()
        self.assertEqual(self._level("_probe_deliveries_stuck"), ("ok", 1))
        self._age(delivery, minutes=20)
        self.assertEqual(self._level("_probe_deliveries_stuck"), ("warning", 1))
        self._age(delivery, minutes=61)
        self.assertEqual(self._level("_probe_deliveries_stuck"), ("error", 1))
        action = self.env["fusion.health.probe"]._remedy_deliveries_stuck(self.env.company)
        self.assertEqual(self.outbox.search(action["domain"]), delivery)
        self._work(delivery)
        self.assertEqual(self._level("_probe_deliveries_stuck"), ("ok", 0))

    def test_dead_letters_are_seen_by_their_company_only(self):
        delivery = self._enqueue()
        self.assertEqual(self._level("_probe_deliveries_dead"), ("ok", 0))
        delivery.write({"state": "dead", "next_attempt_at": False})
        self.assertEqual(self._level("_probe_deliveries_dead"), ("error", 1))
        action = self.env["fusion.health.probe"]._remedy_deliveries_dead(self.env.company)
        self.assertEqual(self.outbox.search(action["domain"]), delivery)
        other = self.env["res.company"].create({"name": "Other Company"})
        self.assertEqual(self._level("_probe_deliveries_dead", other), ("ok", 0))
