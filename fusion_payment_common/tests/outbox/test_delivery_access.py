from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .delivery_common import DeliveryCommon

MODELS = ("fusion.delivery", "fusion.delivery.attempt", "fusion.delivery.endpoint")


@tagged("post_install", "-at_install")
class TestDeliveryAccess(DeliveryCommon):
    def _user(self, group, company=None, login=None):
        company = company or self.env.company
        return new_test_user(
            self.env,
            login=login or f"fusion_{group}_delivery",
            groups=f"fusion_payment_common.group_fusion_{group}",
            company_id=company.id,
            company_ids=[company.id],
        )

    def test_clerks_see_neither_deliveries_nor_secrets(self):
        self._enqueue()
        self._work()
        for group in ("collector", "refunder"):
            user = self._user(group)
            for model in MODELS:
                with self.subTest(group=group, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([]).read()

    def test_nobody_writes_the_outbox_by_hand(self):
        delivery = self._enqueue()
        self._work()
        manager = self._user("manager")
        for record in (delivery, delivery.attempt_ids):
            own = record.with_user(manager)
            with self.subTest(model=record._name):
                self.assertTrue(own.read())
                with self.assertRaises(AccessError):
                    own.write({"create_date": False})
                with self.assertRaises(AccessError):
                    own.unlink()
                with self.assertRaises(AccessError):
                    own.copy()

    def test_a_manager_sends_again_and_configures(self):
        delivery = self._enqueue()
        self._work()
        manager = self._user("manager")
        delivery.with_user(manager).action_replay()
        self.assertEqual(delivery.state, "pending")
        endpoint = self.endpoint.with_user(manager)
        endpoint.name = "Renamed"
        endpoint.action_rotate_signing_secret()
        endpoint.action_send_test()
        self.assertTrue(endpoint.read())

    def test_any_user_may_do_business_that_tells_an_endpoint(self):
        collector = self._user("collector")
        delivery = self.outbox.with_user(collector)._enqueue(
            self.endpoint.with_user(collector), "card.issued", {"a": 1}
        )
        self._work()
        self.env.invalidate_all()
        self.assertEqual(delivery.sudo().state, "delivered")

    def test_deliveries_of_other_companies_are_hidden(self):
        delivery = self._enqueue()
        self._work()
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._user("manager", other, "fusion_delivery_stranger")
        own = self._user("manager")
        for model in MODELS:
            with self.subTest(model=model):
                self.assertTrue(self.env[model].with_user(own).search([]))
                self.assertFalse(self.env[model].with_user(stranger).search([]))
        for method in ("action_replay", "read"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(delivery.with_user(stranger), method)()
        with self.assertRaises(AccessError):
            self.endpoint.with_user(stranger).action_send_test()
        wizard = (
            self.env["fusion.delivery.replay"].with_user(stranger).create({"choice": "arrived"})
        )
        self.assertEqual(wizard.possible_count, 0)
        self.assertEqual(delivery.state, "delivered")

    def test_each_company_is_told_about_its_own(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        theirs = self._new_endpoint(name="Theirs", company_id=other.id)
        self.assertEqual(self._enqueue(endpoint=theirs).company_id, other)
        self.assertEqual(self._enqueue().company_id, self.env.company)
        manager = self._user("manager", other, "fusion_delivery_theirs")
        theirs._disable("It is gone.")
        self.assertEqual(theirs.activity_ids.user_id, manager)
