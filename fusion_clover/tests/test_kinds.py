from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ..models.kinds import KINDS, Kind, is_refused, kind_of, register
from .common import CloverCommon

#: Kinds of the ledger itself that Clover carries out; "credit" is another provider's.
SHARED_KINDS = {"charge", "authorize", "capture", "void", "refund"}


@tagged("post_install", "-at_install")
class TestKinds(TransactionCase):
    def test_each_kind_of_clover_has_a_class_and_no_other_has_one(self):
        own = self.env["ir.model.fields.selection"].browse(
            self.env["ir.model.data"]
            .search(
                [
                    ("module", "=", "fusion_clover"),
                    ("model", "=", "ir.model.fields.selection"),
                    ("name", "=like", "selection\\_\\_fusion\\_operation\\_\\_kind\\_\\_%"),
                ]
            )
            .mapped("res_id")
        )
        self.assertTrue(own)
        self.assertEqual(set(KINDS), SHARED_KINDS | set(own.mapped("value")))

    def test_each_kind_carries_out_and_looks_up(self):
        for name, kind in KINDS.items():
            for method in ("call", "lookup", "refusal"):
                with self.subTest(kind=name, method=method):
                    self.assertIsNot(getattr(type(kind), method), getattr(Kind, method))

    def test_a_kind_has_one_class(self):
        with self.assertRaises(ValueError):
            register("charge")(Kind)
        self.assertIsNot(type(KINDS["charge"]), Kind)

    def test_other_providers_and_unknown_kinds_have_none(self):
        self.assertIs(kind_of("clover", "charge"), KINDS["charge"])
        self.assertIsNone(kind_of("demo", "charge"))
        self.assertIsNone(kind_of("clover", "credit"))
        self.assertIsNone(kind_of("clover", None))

    def test_the_ledger_is_told_that_nobody_carries_out_an_unknown_kind(self):
        transactions = self.env["payment.transaction"]
        for provider, kind in (("clover", "credit"), ("demo", "charge"), ("demo", "refund")):
            operation = self.env["fusion.operation"].new(
                {"provider_code": provider, "kind": kind}
            )
            with self.subTest(provider=provider, kind=kind):
                for prepare in (
                    lambda one: transactions._fusion_prepare_call(one, None),
                    lambda one: transactions._fusion_prepare_lookup(one, None),
                    lambda one: transactions._fusion_prepare_read(one, "X", None),
                ):
                    with self.assertRaisesRegex(NotImplementedError, "No handler"):
                        prepare(operation)

    def test_only_what_certainly_did_not_move_is_refused(self):
        refused = {
            outcome for outcome in Outcome if is_refused({"outcome": str(outcome), "review": None})
        }
        self.assertEqual(refused, {Outcome.DECLINED, Outcome.REJECTED, Outcome.NOT_SENT})
        self.assertFalse(is_refused({"outcome": "declined", "review": "look at it"}))


@tagged("post_install", "-at_install")
class TestKindsOfAnswers(CloverCommon):
    def setUp(self):
        super().setUp()
        self.transaction = self._create_transaction(
            "direct", provider_id=self.provider.id, currency_id=self.currency.id
        )

    def _data(self, **changes):
        return {
            "reference": self.transaction.reference,
            "kind": "charge",
            "outcome": "succeeded",
            "provider_reference": "CHARGE1",
            "review": None,
            "error_code": None,
            **changes,
        }

    def test_the_reason_is_built_only_when_the_card_was_refused(self):
        with patch.object(type(KINDS["charge"]), "refusal", return_value="No.") as refusal:
            self.transaction._apply_updates(self._data(outcome="unknown"))
            self.assertEqual(self.transaction.state, "pending")
            self.transaction._apply_updates(self._data())
            self.assertEqual(self.transaction.state, "done")
            refusal.assert_not_called()

    def test_a_refused_card_is_told_of(self):
        self.transaction._apply_updates(self._data(outcome="declined"))
        self.assertEqual(self.transaction.state, "error")
        self.assertIn("Nothing was charged.", self.transaction.state_message)

    def test_the_answer_to_an_unknown_kind_changes_nothing(self):
        for kind in ("credit", None):
            self.transaction._apply_updates(self._data(kind=kind))
        self.assertEqual(self.transaction.state, "draft")
        self.assertFalse(self.transaction.provider_reference)

    def test_shoppers_and_clerks_have_their_own_words(self):
        data = self._data(outcome="not_sent")
        clerk = KINDS["charge"].refusal(self.transaction, data)
        self.assertIn("Clover", clerk)
        self.assertIsNone(KINDS["charge"].pending_message(self.transaction, data))
        self.transaction.landing_route = "/my/invoices/1"
        shopper = KINDS["charge"].refusal(self.transaction, data)
        self.assertNotIn("Clover", shopper)
        self.assertIn("do not pay again", self.transaction._fusion_pending_message(data))
