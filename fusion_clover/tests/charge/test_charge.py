import psycopg2.errorcodes
import psycopg2.errors

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import retrying
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ..common import DECLINED, CloverCommon


class Conflict(psycopg2.errors.SerializationFailure):
    """What PostgreSQL raises when two transactions want incompatible things."""

    pgcode = psycopg2.errorcodes.SERIALIZATION_FAILURE


@tagged("post_install", "-at_install")
class TestCharge(CloverCommon):
    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self.transaction = self._new_transaction(self.move)

    def _new_transaction(self, move, **values):
        transactions = self.env["payment.transaction"]
        links = [Command.set(move.ids)]
        return transactions.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": transactions._compute_reference("clover", invoice_ids=links),
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": move.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": links,
                **values,
            }
        )

    def _charge(self, source, transaction=None):
        transaction = transaction or self.transaction
        answer = transaction._clover_charge(source, entry_mode="moto")
        self.env.invalidate_all()
        return answer

    def _operation(self, transaction=None):
        reference = (transaction or self.transaction).reference
        return self.env["fusion.operation"].sudo().search([("reference", "=", reference)])

    def _complete(self):
        operation = self._operation()
        operation.next_attempt_at = "2020-01-01"
        operation.flush_recordset()
        operation._complete_due(reference=self.transaction.reference)
        self.env.invalidate_all()

    def test_an_approved_charge_is_booked_with_the_cards_details(self):
        answer = self._charge(self._source())
        charge = self._charges()[0]
        self.assertEqual(answer.outcome, Outcome.SUCCEEDED)
        self.assertEqual(charge["amount"], 11300)
        self.assertEqual(charge["currency"], "CAD")
        self.assertEqual(charge["idempotency_key"], self._operation().idempotency_key)
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self.transaction.provider_reference, charge["id"])
        self.assertEqual(self.transaction.clover_card_brand, "VISA")
        self.assertEqual(self.transaction.clover_card_last4, "4242")
        self.assertEqual(self.transaction.payment_method_id.code, "visa")
        self.assertTrue(self.transaction.clover_auth_code)
        self.assertEqual(self.transaction.clover_external_reference, charge["reference"])
        self.assertEqual(self.move.amount_residual, 0)
        self.assertIn(charge["id"], self.transaction.payment_id.memo)

    def test_a_declined_charge_books_nothing_and_says_so(self):
        answer = self._charge(self._source(DECLINED))
        self.assertEqual(answer.outcome, Outcome.DECLINED)
        self.assertEqual(self._charges(), [])
        self.assertEqual(self.transaction.state, "error")
        self.assertIn("Nothing was charged", self.transaction.state_message)
        self.assertFalse(self.transaction.payment_id)
        self.assertEqual(self.move.amount_residual, 113.0)
        self.assertFalse(self.move.fusion_payment_notice)

    def test_a_lost_answer_is_found_by_our_reference(self):
        self.simulator.fault("reset_after")
        answer = self._charge(self._source())
        self.assertEqual(answer.outcome, Outcome.UNKNOWN)
        self.assertEqual(self.transaction.state, "pending")
        self.assertIn("Do not charge again", self.transaction.state_message)
        self.assertIn("Do not charge again", self.move.fusion_payment_notice)
        self._complete()
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self.move.amount_residual, 0)
        self.assertEqual(len(self._charges()), 1)
        self.assertEqual(len(self.simulator.requests("/v1/charges")), 1)

    def test_a_request_that_got_lost_is_repeated_under_its_key(self):
        self.simulator.fault("reset_before")
        self._charge(self._source())
        self._complete()
        self.assertEqual(self.transaction.state, "pending")
        self._complete()
        self.assertEqual(self.transaction.state, "done")
        sent = self.simulator.requests("/v1/charges")
        self.assertEqual(len(sent), 2)
        self.assertEqual(len({request["headers"]["Idempotency-Key"] for request in sent}), 1)
        self.assertEqual(len(self._charges()), 1)

    def test_statuses_that_prove_nothing_leave_the_outcome_unknown(self):
        for fault, when in (
            ("http_500", "after"),
            ("http_500", "before"),
            ("http_503", "after"),
            ("http_429", "after"),
            ("truncate", None),
        ):
            with self.subTest(fault=fault, when=when):
                move = self._new_invoice(20.0)
                transaction = self._new_transaction(move)
                self.simulator.fault(fault, **({"when": when} if when else {}))
                answer = self._charge(self._source(), transaction)
                self.assertEqual(answer.outcome, Outcome.UNKNOWN)
                self.assertEqual(transaction.state, "pending")
                self.assertTrue(self._operation(transaction).hold_ids)

    def test_a_refused_token_charges_nothing(self):
        self.provider.clover_api_key = "wrong"
        answer = self._charge("clv_1AfBAtVkuMjV1Mwj6fQDUApJA")
        self.assertEqual(answer.outcome, Outcome.REJECTED)
        self.assertEqual(self.transaction.state, "error")
        self.assertEqual(self._charges(), [])

    def test_card_numbers_are_refused_before_anything_is_kept(self):
        for source in ("4242424242424242", "4242 4242 4242 4242", "clv_4242424242424242", 42, ""):
            with self.subTest(source=source), self.assertRaises(UserError) as caught:
                self._charge(source)
            self.assertNotIn("4242", str(caught.exception))
        self.assertFalse(self._operation())
        self.assertEqual(self.simulator.requests("/v1/charges"), [])

    def test_the_trail_holds_neither_the_token_nor_our_credentials(self):
        source = self._source()
        self._charge(source)
        operation = self._operation()
        trail = str(operation.read()) + str(operation.attempt_ids.read())
        self.assertIn("/v1/charges", trail)
        self.assertNotIn(source, trail)
        self.assertNotIn("sim-ecommerce-private-key", trail)

    def test_a_request_that_odoo_runs_again_charges_once(self):
        """Odoo re-runs a request whose transaction conflicts with another one, up to five times."""
        source = self._source()
        runs = []

        self.env.flush_all()
        with self.registry.cursor() as cr:
            # Cursors of a test are nested: rolling this one back would undo the ledger as well,
            # which in production has a connection of its own.
            self.patch(cr, "rollback", lambda: None)
            env = self.env(cr=cr, su=True)
            transaction = self.transaction.with_env(env)

            def request_handler():
                runs.append(len(runs))
                answer = transaction._clover_charge(source, entry_mode="moto")
                if len(runs) == 1:
                    raise Conflict("could not serialize access")
                return answer

            answer = retrying(request_handler, env)
        self.assertEqual(len(runs), 2)
        self.assertEqual(answer.outcome, Outcome.SUCCEEDED)
        self.assertEqual(len(self._charges()), 1)
        self.assertEqual(len(self.simulator.requests("/v1/charges")), 1)
        self.env.invalidate_all()
        self.assertEqual(self.move.amount_residual, 0)
        self.assertEqual(len(self.move.matched_payment_ids), 1)

    def test_clover_taking_another_amount_waits_for_a_person(self):
        self.simulator.post("config", {"surcharge": False})
        source = self._source()
        self.simulator.fault("reset_after")
        self._charge(source)
        operation = self._operation()
        # What we asked for is changed behind the ledger's back: Clover's charge no longer fits.
        payload = dict(operation.request_payload)
        payload["request"]["amount"]["minor"] = 99900
        operation.request_payload = payload
        self._complete()
        self.assertEqual(operation.state, "unknown")
        self.assertIn("11300", operation.review_reason)
        self.assertEqual(self.transaction.state, "pending")
        self.assertTrue(operation.activity_ids)
        self.assertTrue(operation.hold_ids)
