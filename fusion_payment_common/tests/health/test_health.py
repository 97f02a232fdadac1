from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from ...lib.health import Finding, Level
from .health_common import HealthCommon

MANAGER = "fusion_payment_common.group_fusion_manager"
TOKEN_PARAMETER = "fusion_payment_common.health_token"
HEALTH = "odoo.addons.fusion_payment_common.models.health.check"


@tagged("post_install", "-at_install")
class TestHealth(HealthCommon, TransactionCase):
    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        # Whoever has the group already (the administrator) is told as well: count for ours only.
        self.manager = self._new_user("manages", MANAGER)

    def _activities(self, row):
        return row.activity_ids.filtered(lambda activity: activity.user_id == self.manager)

    def _notices(self):
        return self.env["mail.notification"].search(
            [("res_partner_id", "=", self.manager.partner_id.id)]
        )

    def test_a_result_is_stored_with_the_time_since_when_it_is_so(self):
        self._register_scripted()
        row = self._find(Finding(Level.WARNING, "Two of them.", 2))
        self.assertEqual((row.level, row.sentence, row.value), ("warning", "Two of them.", 2))
        row.changed_at = since = fields.Datetime.now() - timedelta(hours=1)
        row = self._find(Finding(Level.WARNING, "Three of them.", 3))
        self.assertEqual((row.sentence, row.changed_at), ("Three of them.", since))
        row = self._find(Finding(Level.OK, "None.", 0))
        self.assertGreater(row.changed_at, since)

    def test_a_manager_is_told_once_that_it_turned_red(self):
        self._register_scripted()
        row = self._find(Finding(Level.ERROR, "Broken."))
        self.assertEqual(self._activities(row).summary, "Scripted: error")
        for _time in range(3):
            row = self._find(Finding(Level.ERROR, "Still broken."))
        self.assertEqual(len(self._activities(row)), 1)
        self.assertEqual(len(self._notices()), 1, "The activity itself is announced by mail.")

    def test_a_manager_is_told_once_that_it_cleared(self):
        self._register_scripted()
        self._find(Finding(Level.ERROR, "Broken."))
        announced = self._notices()
        for _time in range(3):
            row = self._find(Finding(Level.OK, "All is well again."))
        self.assertFalse(self._activities(row))
        notices = self._notices() - announced
        self.assertEqual(len(notices), 1)
        self.assertIn("All is well again.", notices.mail_message_id.body)

    def test_a_manager_is_told_again_when_it_turns_red_again(self):
        self._register_scripted()
        self._find(Finding(Level.ERROR, "Broken."))
        self._find(Finding(Level.OK, "Well."))
        row = self._find(Finding(Level.ERROR, "Broken again."))
        self.assertEqual(len(self._activities(row)), 1)

    def test_a_warning_disturbs_nobody(self):
        self._register_scripted()
        row = self._find(Finding(Level.WARNING, "Soon."))
        self.assertFalse(row.activity_ids)
        self.assertFalse(self._notices())

    @mute_logger(HEALTH)
    def test_a_check_that_fails_is_a_finding_and_the_others_go_on(self):
        self._register_scripted()
        row = self._find(ValueError("secret detail"))
        self.assertEqual(row.level, "error")
        self.assertIn("ValueError", row.sentence)
        self.assertNotIn("secret detail", row.sentence)

    @mute_logger(HEALTH, "odoo.sql_db")
    def test_a_check_that_breaks_the_transaction_does_not_break_the_page(self):
        self._register_scripted()
        self._find(Finding(Level.OK, "Well."))
        probes = type(self.env["fusion.health.probe"])
        self.patch(
            probes, "_probe_scripted", lambda model, company: model.env.cr.execute("SELECT 1/0")
        )
        self.env["fusion.health.check"].sudo()._refresh()
        self.env.invalidate_all()
        self.assertEqual(self._row().level, "error")

    def test_the_results_of_a_check_that_is_gone_go_too(self):
        self._register_scripted()
        self._find(Finding(Level.ERROR, "Broken."))
        self._register()
        self.env["fusion.health.check"].sudo()._refresh()
        self.assertFalse(self._row().exists())

    def test_each_company_has_its_own_result_and_its_own_managers(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._new_user("stranger", MANAGER, company=other)
        self._register_scripted(per_company=True)
        row = self._find(Finding(Level.ERROR, "Broken.")).filtered(
            lambda row: row.company_id == self.env.company
        )
        self.assertIn(self.manager, row.activity_ids.user_id)
        self.assertNotIn(stranger, row.activity_ids.user_id)
        visible = self.env["fusion.health.check"].with_user(stranger).search([])
        self.assertEqual(visible.company_id, other)

    def test_the_page_runs_the_checks_but_not_for_every_onlooker(self):
        self._register_scripted()
        checks = self.env["fusion.health.check"].with_user(self.manager)
        self.finding = Finding(Level.OK, "First.")
        checks.refresh()
        self.finding = Finding(Level.OK, "Second.")
        checks.refresh()
        self.assertEqual(self._row().sentence, "First.")
        self._row().checked_at = fields.Datetime.now() - timedelta(seconds=6)
        checks.refresh()
        self.assertEqual(self._row().sentence, "Second.")

    def test_only_a_manager_has_the_page(self):
        collector = self._new_user("collects", "fusion_payment_common.group_fusion_collector")
        self._register_scripted()
        row = self._find(Finding(Level.ERROR, "Broken."))
        checks = self.env["fusion.health.check"].with_user(collector)
        for method in (checks.refresh, row.with_user(collector).action_remedy):
            with self.assertRaises(AccessError):
                method()
        with self.assertRaises(AccessError):
            row.with_user(self.manager).write({"level": "ok"})

    def test_the_button_runs_the_remedy_with_the_rights_of_the_user(self):
        seen = []
        probes = type(self.env["fusion.health.probe"])
        remedy = lambda model, company: seen.append((model.env.user, model.env.su))  # noqa: E731
        self.startPatcher(patch.object(probes, "_remedy_scripted", remedy, create=True))
        self._register_scripted(remedy="_remedy_scripted", remedy_label="Repair")
        row = self._find(Finding(Level.ERROR, "Broken.")).with_user(self.manager)
        self.assertEqual(row.remedy_label, "Repair")
        self.assertEqual(row.action_remedy()["tag"], "soft_reload")
        self.assertEqual(seen, [(self.manager, False)])
        self.finding = Finding(Level.OK, "Repaired.")
        self.env["fusion.health.check"].with_user(self.manager).refresh()
        self.assertEqual(row.sentence, "Repaired.", "It is looked at again at once.")

    def test_a_check_without_a_remedy_has_no_button(self):
        self._register_scripted()
        row = self._find(Finding(Level.ERROR, "Broken.")).with_user(self.manager)
        self.assertFalse(row.remedy_label)
        with self.assertRaises(UserError):
            row.action_remedy()

    def test_the_schedule_refreshes(self):
        self._register_scripted()
        self.finding = Finding(Level.WARNING, "By itself.")
        self.env.ref("fusion_payment_common.ir_cron_check_health").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._row().sentence, "By itself.")


@tagged("post_install", "-at_install")
class TestHealthRoutes(HealthCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self._register_scripted()
        self.finding = Finding(Level.ERROR, 'Broken "here".', 3)
        self.env["ir.config_parameter"].set_param(TOKEN_PARAMETER, "right-token")

    def _get(self, path="/fusion/health", **headers):
        return self.url_open(path, headers=headers)

    def test_json_says_what_the_page_says(self):
        answer = self._get(Authorization="Bearer right-token")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            {
                "status": "error",
                "checks": [
                    {
                        "code": "scripted",
                        "name": "Scripted",
                        "company": None,
                        "level": "error",
                        "finding": 'Broken "here".',
                        "value": 3,
                    }
                ],
            },
        )
        self.assertNotIn("session_id", answer.headers.get("Set-Cookie", ""))

    def test_prometheus_reads_levels_and_values(self):
        answer = self._get("/fusion/health/metrics", **{"X-Fusion-Health-Token": "right-token"})
        self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        lines = answer.text.splitlines()
        self.assertIn('fusion_health_level{check="scripted",company=""} 2', lines)
        self.assertIn('fusion_health_value{check="scripted",company=""} 3', lines)

    def test_nothing_runs_and_nothing_is_told_without_the_token(self):
        self.patch(type(self.env["fusion.health.check"]), "_evaluate", lambda model: 1 / 0)
        wrong = (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Bearer "},
            {"Authorization": "Basic right-token"},
            {"X-Fusion-Health-Token": ""},
            {"Authorization": "Bearer ü"},
        )
        for headers in wrong:
            for path in ("/fusion/health", "/fusion/health/metrics"):
                answer = self._get(path, **{k: v.encode() for k, v in headers.items()})
                self.assertEqual((answer.status_code, answer.content), (401, b""))

    def test_the_routes_are_closed_until_there_is_a_token(self):
        self.env["ir.config_parameter"].set_param(TOKEN_PARAMETER, False)
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer False"}):
            self.assertEqual(self._get(**headers).status_code, 404)


@tagged("post_install", "-at_install")
class TestAllChecks(TransactionCase):
    def test_every_registered_check_finds_something_to_say(self):
        results = self.env["fusion.health.check"].sudo()._evaluate()
        codes = {check.code for check, _company, _finding in results}
        self.assertLessEqual(
            {
                "operations_queued", "operations_unknown", "operations_review",
                "operations_unbooked", "events_waiting", "events_failed", "deliveries_stuck",
                "deliveries_dead", "schedules", "vault", "neutralized",
            },
            codes,
        )  # fmt: skip
        for check, _company, finding in results:
            with self.subTest(check.code):
                self.assertNotIn("could not be checked", finding.sentence)
                self.assertTrue(finding.sentence.endswith("."), finding.sentence)

    def test_codes_are_unique_and_remedies_exist(self):
        checks = self.env["fusion.health.check"]._checks()
        self.assertEqual(len({check.code for check in checks}), len(checks))
        for check in checks:
            self.assertTrue(hasattr(self.env[check.model], check.method))
            if check.remedy:
                self.assertTrue(hasattr(self.env[check.model], check.remedy))
                self.assertTrue(check.remedy_label)
