from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ...lib import errors, vault
from ...lib.wake_plan import WakePlan
from ...models.inbox import event_processor as processor
from ...models.queue import queue_wake as fusion_queue_wake
from .inbox_common import CANARY, SOURCE, InboxCommon

PROCESSOR = "odoo.addons.fusion_payment_common.models.inbox.event_processor"


@tagged("post_install", "-at_install")
class TestEvent(InboxCommon, TransactionCase):
    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self._set_up_inbox()

    # === INTAKE === #

    def test_an_event_is_stored_to_the_letter_and_processed_later(self):
        event = self._ingest(
            event_type="payment.updated",
            object_ref="P:ABC",
            occurred_at="2026-01-02 03:04:05",
            payload='{"b": 1,  "a": "é"}'.encode(),
        )
        self.assertEqual(event.state, "received")
        self.assertEqual(event.payload, '{"b": 1,  "a": "é"}')
        self.assertEqual(self.handled, [])
        self._process()
        self.assertEqual(event.state, "processed")
        self.assertEqual(self.handled, ["evt_1"])
        self.assertEqual((event.event_type, event.object_ref), ("payment.updated", "P:ABC"))
        self.assertEqual(event.attempt_count, 1)

    def test_a_body_that_is_no_text_stays_readable(self):
        event = self._ingest(payload=b"\xff\x00ok")
        self.assertEqual(event.payload, "\\xff\\x00ok")

    def test_an_event_without_a_key_is_known_by_its_body(self):
        first = self._ingest(key="", payload=b"same")
        self.assertEqual(self._ingest(key=None, payload=b"same"), first)
        self.assertNotEqual(self._ingest(key="", payload=b"other"), first)

    def test_an_event_of_an_unknown_source_is_not_stored(self):
        with self.assertRaises(ValueError):
            self.inbox._ingest("nobody", "evt_1")
        self.assertFalse(self.inbox.search([]))

    def test_the_worker_is_woken_by_the_transaction_that_stores_the_event(self):
        cron = self.env.ref("fusion_payment_common.ir_cron_process_events")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.enterContext(patch.object(fusion_queue_wake, "_wakes", WakePlan()))
        self._ingest()
        after = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.assertEqual(after - before, 1)

    def test_what_one_body_contains_is_stored_together_or_not_at_all(self):
        with self.assertRaises(TypeError):
            self.inbox._ingest_many(
                SOURCE, [{"event_key": "a"}, {"event_key": "b", "payload": 3.5}]
            )
        self.assertFalse(self.inbox.search([]))
        self.assertEqual(
            len(self.inbox._ingest_many(SOURCE, [{"event_key": "a"}, {"event_key": "b"}])), 2
        )

    # === COPIES === #

    def test_a_copy_of_a_processed_event_changes_nothing(self):
        event = self._ingest()
        self._process()
        self.assertEqual(self._ingest(payload=b"again"), event)
        self._process()
        self.assertEqual(self.handled, ["evt_1"])
        self.assertEqual(event.payload, '{"id": "evt_1"}')
        self.assertEqual(self.inbox.search_count([]), 1)

    def test_a_copy_of_a_waiting_event_is_the_same_event(self):
        event = self._ingest()
        self.assertEqual(self._ingest(), event)
        self.assertEqual(event.arrival_count, 2)
        self._process()
        self.assertEqual(self.handled, ["evt_1"])

    def test_a_failed_event_that_arrives_again_is_processed(self):
        event = self._ingest()
        event.write({"state": "failed", "attempt_count": 9, "next_attempt_at": False})
        self._ingest(payload=b'{"new": 1}')
        self.assertEqual((event.state, event.attempt_count), ("received", 0))
        self._process()
        self.assertEqual(event.state, "processed")
        self.assertEqual(event.payload, '{"new": 1}')

    def test_an_ignored_event_that_arrives_again_is_looked_at_again(self):
        self.verdict = "ignored"
        event = self._ingest()
        self._process()
        self.assertEqual(event.state, "ignored")
        self.verdict = None
        self._ingest()
        self._process()
        self.assertEqual(event.state, "processed")

    def test_the_same_key_of_another_source_is_another_event(self):
        self.patch(
            type(self.env["fusion.event"]),
            "_handlers",
            lambda model: {SOURCE: "fusion.event.handler", "other": "fusion.event.handler"},
        )
        self._ingest()
        self.inbox._ingest("other", "evt_1")
        self._process()
        self.assertEqual(self.handled, ["evt_1", "evt_1"])

    @mute_logger("odoo.sql_db")
    def test_of_two_copies_stored_at_the_same_moment_only_one_takes_effect(self):
        first = self._ingest()
        second = first.copy()  # as two concurrent transactions leave it
        second.next_attempt_at = fields.Datetime.now()
        partners = self.env["res.partner"]

        def effect(event, fetched):
            partners.with_env(event.env).create({"name": "Effect of an event"})

        self.verdict = effect
        self._process()
        self.assertEqual({first.state, second.state}, {"processed", "ignored"})
        self.assertEqual(partners.search_count([("name", "=", "Effect of an event")]), 1)

    # === TROUBLE === #

    def test_an_event_that_cannot_be_processed_is_tried_again_and_leaves_nothing_behind(self):
        partners = self.env["res.partner"]

        def fail(event, fetched):
            partners.with_env(event.env).create({"name": "Half an effect"})
            raise UserError("locked")

        self.verdict = fail
        event = self._ingest()
        with self.assertLogs(PROCESSOR, "WARNING"):
            self._process()
        self.assertEqual((event.state, event.attempt_count), ("received", 1))
        self.assertIn("locked", event.error_message)
        self.assertFalse(partners.search([("name", "=", "Half an effect")]))
        self.assertGreater(event.next_attempt_at, fields.Datetime.now())
        self.verdict = None
        self._process()
        self.assertEqual(event.state, "received", "It waits for its time.")
        self._make_due(event)
        self._process()
        self.assertEqual((event.state, event.error_message), ("processed", False))

    def test_an_event_is_given_up_after_its_last_attempt_and_kept(self):
        self.verdict = lambda event, fetched: 1 / 0
        event = self._ingest()
        for _attempt in range(processor.MAX_ATTEMPTS):
            self._make_due(event)
            with self.assertLogs(PROCESSOR, "WARNING"):
                self._process()
        self.assertEqual((event.state, event.next_attempt_at), ("failed", False))
        self.assertEqual(event.attempt_count, processor.MAX_ATTEMPTS)
        self.assertIn("ZeroDivisionError", event.error_message)

    def test_one_event_in_trouble_does_not_stop_the_others(self):
        self._ingest("evt_bad")
        good = self._ingest("evt_good")

        def verdict(event, fetched):
            if event.event_key == "evt_bad":
                raise ValueError("bad")

        self.verdict = verdict
        with self.assertLogs(PROCESSOR, "WARNING"):
            self._process()
        self.assertEqual(good.state, "processed")

    def test_an_event_that_stops_the_server_each_time_is_given_up(self):
        event = self._ingest()
        event.attempt_count = processor.MAX_ATTEMPTS
        self._process()
        self.assertEqual(event.state, "failed")
        self.assertEqual(self.handled, [])

    def test_an_event_in_the_hands_of_another_worker_is_left_alone(self):
        event = self._ingest()
        self._claim(event)
        self._process()
        self.assertEqual(self.handled, [])
        self.assertEqual(self._ingest().arrival_count, 1)

    def test_an_event_whose_worker_died_is_processed_when_the_lease_is_over(self):
        event = self._ingest()
        self._claim(event)
        self._make_due(event)
        self._process()
        self.assertEqual((event.state, event.attempt_count), ("processed", 2))

    def test_a_worker_that_was_slower_than_its_lease_changes_nothing(self):
        event = self._ingest()
        late = self._claim(event)
        self._make_due(event)
        self._process()
        event._apply(late, None)
        event._back_off(late, "late", None)
        self.assertEqual(self.handled, ["evt_1"])
        self.assertEqual((event.state, event.error_message), ("processed", False))

    def test_secrets_in_an_error_are_not_kept(self):
        event = self._ingest()

        def fail(_event, _fetched):
            raise ValueError(f"card {CANARY}")

        self.verdict = fail
        with self.assertLogs(PROCESSOR, "WARNING") as logs:
            self._process()
        self.assertNotIn(CANARY, event.error_message + "".join(logs.output))

    # === RE-READING === #

    def test_what_the_event_is_about_is_read_again_before_it_is_handled(self):
        seen = []
        self.verdict = lambda event, fetched: seen.append(fetched)
        self.patch(
            type(self.env["fusion.event.handler"]),
            "_fusion_prepare_event",
            lambda model, event: lambda: {"id": "P1", "status": "paid"},
        )
        self._ingest()
        self._process()
        self.assertEqual(seen, [{"id": "P1", "status": "paid"}])

    def test_a_source_that_cannot_be_asked_is_asked_again_when_it_wants(self):
        def busy():
            raise errors.RateLimitedError("slow down", retry_after=45)

        self.patch(
            type(self.env["fusion.event.handler"]),
            "_fusion_prepare_event",
            lambda model, event: busy,
        )
        event = self._ingest()
        with self.assertLogs(PROCESSOR, "WARNING"):
            self._process()
        wait = (event.next_attempt_at - fields.Datetime.now()).total_seconds()
        self.assertGreater(wait, 40)
        self.assertEqual(self.handled, [])

    # === CARD NUMBERS === #

    def test_a_body_with_a_card_number_is_encrypted(self):
        key = vault.generate_key()
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: [key])
        bodies = []
        self.verdict = lambda event, fetched: bodies.append(event._body())
        event = self._ingest(payload=f'{{"number": "{CANARY}"}}')
        self.env.cr.execute("SELECT payload FROM fusion_event WHERE id = %s", [event.id])
        self.assertNotIn(CANARY, self.env.cr.fetchone()[0])
        self._process()
        self.assertEqual(bodies, [f'{{"number": "{CANARY}"}}'])

    def test_a_body_with_a_card_number_is_refused_when_it_cannot_be_encrypted(self):
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: [])
        with self.assertRaises(vault.VaultKeyMissingError):
            self._ingest(payload=f'{{"number": "{CANARY}"}}')
        self.assertFalse(self.inbox.search([]))

    # === REPLAY === #

    def _replay_dialog(self, events, user):
        action = events.with_user(user).action_replay()
        return self.env["fusion.event.replay"].with_user(user).with_context(
            **action["context"]
        ).create({})

    def test_a_dry_run_says_what_would_happen_and_changes_nothing(self):
        manager = self._new_user("events", "fusion_payment_common.group_fusion_manager")
        done = self._ingest()
        self._process()
        held = self._ingest("evt_2")
        self._claim(held)
        replay = self._replay_dialog(done | held, manager)
        self.assertEqual((replay.possible_count, replay.refused_count), (1, 1))
        self.assertEqual(replay.line_ids.mapped("is_possible"), [True, False])
        self._process()
        self.assertEqual(self.handled, ["evt_1"])

    def test_a_confirmed_replay_processes_the_events_again(self):
        manager = self._new_user("events", "fusion_payment_common.group_fusion_manager")
        events = self._ingest("evt_1") | self._ingest("evt_2")
        self._process()
        events[1].write({"state": "failed"})
        self._replay_dialog(events, manager).action_confirm()
        self.assertEqual(set(events.mapped("state")), {"received"})
        self._process()
        self.assertEqual(self.handled, ["evt_1", "evt_2", "evt_1", "evt_2"])
        self.assertEqual(set(events.mapped("state")), {"processed"})

    def test_a_replay_of_a_source_nobody_handles_any_more_is_refused(self):
        manager = self._new_user("events", "fusion_payment_common.group_fusion_manager")
        event = self._ingest()
        self.patch(type(self.env["fusion.event"]), "_handlers", lambda model: {})
        with self.assertRaises(UserError):
            self._replay_dialog(event, manager).action_confirm()

    # === RIGHTS AND RETENTION === #

    def test_nobody_writes_the_inbox_by_hand_and_others_do_not_see_it(self):
        event = self._ingest(company=self.env.company)
        manager = self._new_user("events", "fusion_payment_common.group_fusion_manager")
        for change in ({"state": "processed"}, {"payload": "x"}):
            with self.assertRaises(AccessError):
                event.with_user(manager).write(change)
        with self.assertRaises(AccessError):
            event.with_user(manager).unlink()
        collector = self._new_user("collects", "fusion_payment_common.group_fusion_collector")
        with self.assertRaises(AccessError):
            event.with_user(collector).read(["state"])

    def test_events_of_another_company_are_hidden_those_of_none_are_not(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._new_user(
            "stranger", "fusion_payment_common.group_fusion_manager", company=other
        )
        mine = self._ingest("evt_1", company=self.env.company)
        shared = self._ingest("evt_2")
        visible = self.env["fusion.event"].with_user(stranger).search([])
        self.assertEqual(visible, shared)
        with self.assertRaises(AccessError):
            mine.with_user(stranger).read(["payload"])
        with self.assertRaises(AccessError):
            self._replay_dialog(mine, stranger)

    def test_old_events_are_deleted_but_not_those_that_still_need_somebody(self):
        old = fields.Datetime.now() - timedelta(days=91)
        events = self.inbox.browse()
        for number, state in enumerate(("processed", "ignored", "failed", "received")):
            event = self._ingest(f"evt_{number}")
            event.write({"state": state, "received_at": old})
            events |= event
        recent = self._ingest("evt_recent")
        self._process()
        events[3].write({"state": "received"})
        self.inbox._gc_events()
        self.assertEqual(events.exists(), events[2:])
        self.assertTrue(recent.exists())

    def test_retention_can_be_changed_and_switched_off(self):
        event = self._ingest()
        self._process()
        event.received_at = fields.Datetime.now() - timedelta(days=8)
        parameters = self.env["ir.config_parameter"]
        for value in ("0", "30", "many"):
            parameters.set_param("fusion_payment_common.event_retention_days", value)
            self.inbox._gc_events()
            self.assertTrue(event.exists())
        parameters.set_param("fusion_payment_common.event_retention_days", "7")
        self.inbox._gc_events()
        self.assertFalse(event.exists())
