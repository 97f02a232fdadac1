from odoo.tests import TransactionCase, new_test_user, tagged

MANAGERS = "fusion_payment_common.group_fusion_manager"


@tagged("post_install", "-at_install")
class TestAlert(TransactionCase):
    """Who is told, for every model of the suite: there is one answer to that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Told"})
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.manager = cls._user("alert_manager")
        cls.second = cls._user("alert_second")
        cls.document = cls.env["res.partner"].create({"name": "What it is about"})
        cls.alerts = cls.env["fusion.alert"]

    @classmethod
    def _user(cls, login, groups=MANAGERS, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )

    def _recipients(self, **values):
        return self.alerts._recipients(MANAGERS, self.company, **values)

    def _schedule_once(self, reason="broken", users=None, **values):
        self.alerts._schedule_once(
            self.document, reason, users or self.manager, summary="Look", note="It broke.", **values
        )

    # === WHO === #

    def test_all_colleagues_of_the_group_in_the_company(self):
        self.assertEqual(self._recipients(), self.manager + self.second)
        self.assertEqual(self._recipients(besides=self.manager), self.second)
        self.assertEqual(self.alerts._recipient(self.company), self.manager)

    def test_not_those_of_another_company(self):
        stranger = self._user("alert_stranger", company=self.elsewhere)
        self.assertNotIn(stranger, self._recipients())
        self.assertEqual(self.alerts._recipients(MANAGERS, self.elsewhere), stranger)
        everywhere = self.alerts._recipients(MANAGERS, self.env["res.company"])
        self.assertLessEqual(stranger + self.manager, everywhere)

    def test_not_who_has_left_nor_a_customer_nor_the_robot(self):
        self.second.active = False
        self.assertEqual(self._recipients(), self.manager)
        customer = self._user("alert_customer", "base.group_portal")
        robot = self.env.ref("base.user_root")
        robot.company_ids += self.company
        for user in (self.second, customer, robot, self.env["res.users"]):
            with self.subTest(user=user.login):
                self.assertEqual(
                    self.alerts._recipient(self.company, preferred=user), self.manager
                )

    def test_the_preferred_one_where_they_may_be_told(self):
        clerk = self._user("alert_clerk", "base.group_user")
        self.assertEqual(self.alerts._recipient(self.company, preferred=clerk), clerk)
        stranger = self._user("alert_stranger", "base.group_user", self.elsewhere)
        self.assertEqual(self.alerts._recipient(self.company, preferred=stranger), self.manager)

    def test_administrators_where_nobody_is_in_the_group(self):
        (self.manager + self.second).active = False
        somebody = self.alerts._recipient(self.company)
        self.assertTrue(somebody.has_group("base.group_system"), "somebody has to know")
        self.assertTrue(somebody.active)
        administrator = self._user("alert_administrator", "base.group_system")
        self.assertEqual(self._recipients(), administrator, "those of the company come first")

    def test_a_clerk_without_any_rights_on_users_may_have_others_told(self):
        clerk = self._user("alert_clerk", "base.group_user")
        told = self.alerts.with_user(clerk)._recipients(MANAGERS, self.company.with_user(clerk))
        self.assertEqual(told, self.manager + self.second)

    # === HOW === #

    def test_one_activity_while_one_is_open_for_the_same_reason(self):
        self._schedule_once(users=self.manager + self.second)
        self._schedule_once(users=self.manager + self.second)
        activities = self.document.activity_ids
        self.assertEqual(activities.user_id, self.manager + self.second)
        self.assertEqual(len(activities), 2)
        activities.action_feedback()
        self._schedule_once()
        self.assertEqual(len(self.document.activity_ids), 1, "it is so again")

    def test_another_reason_or_document_is_another_activity(self):
        self._schedule_once()
        self._schedule_once("broken again", date_deadline="2030-01-01")
        self.assertEqual(len(self.document.activity_ids), 2)
        self.document = self.document.copy()
        self._schedule_once()
        self.assertEqual(len(self.document.activity_ids), 1)
