from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ...lib import errors
from ..common import OperationCommon


@tagged("post_install", "-at_install")
class TestOperationAccess(OperationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "fusion_payment_common.group_fusion_%s"
        for name in ("collector", "refunder", "manager"):
            user = new_test_user(
                cls.env,
                login=f"fusion_{name}",
                groups=group % name,
                company_id=cls.env.company.id,
                company_ids=[cls.env.company.id],
            )
            setattr(cls, name, user)

    def test_nobody_writes_the_ledger_by_hand(self):
        self.remote.will_answer(self._succeeded())
        self._perform()
        for user in (self.collector, self.refunder, self.manager):
            operation = self._operation().with_user(user)
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    operation.write({"state": "ready"})
                with self.assertRaises(AccessError):
                    operation.unlink()
                with self.assertRaises(AccessError):
                    operation.copy()

    def test_the_request_is_for_nobody_to_read(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        with self.assertRaises(AccessError):
            _ = self._operation().with_user(self.manager).request_payload

    def test_operations_of_other_companies_are_hidden(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        operation = self._operation()
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = new_test_user(
            self.env,
            login="fusion_stranger",
            groups="fusion_payment_common.group_fusion_manager",
            company_id=other.id,
            company_ids=[other.id],
        )
        for model in ("fusion.operation", "fusion.operation.attempt", "fusion.operation.hold"):
            with self.subTest(model=model):
                mine = self.env[model].with_user(self.manager).search([])
                self.assertTrue(mine)
                self.assertFalse(self.env[model].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            operation.with_user(stranger).read(["state"])

    def test_a_collector_sees_that_a_payment_is_being_checked(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        move = self.move.with_user(self.collector)
        self.assertIn(self.transaction.reference, move.fusion_payment_notice)

    def test_a_collector_cannot_change_an_invoice(self):
        with self.assertRaises(AccessError):
            self.move.with_user(self.collector).write({"ref": "changed"})
