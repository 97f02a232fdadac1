from collections import deque

from odoo.fields import Command

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from ..lib.ledger import Answer
from ..lib.outcome import Outcome
from ..tools.cursors import in_own_transaction

KEY = "11111111-2222-4333-8444-555555555555"


class ScriptedProvider:
    """A provider that answers what the test says, and remembers what it was asked.

    ``calls`` and ``lookups`` hold the keys and references it was asked for, in order.
    """

    def __init__(self):
        self.calls = []
        self.lookups = []
        self.call_script = deque()
        self.lookup_script = deque()
        self.on_call = None

    def will_answer(self, *results):
        self.call_script.extend(results)

    def will_know(self, *results):
        self.lookup_script.extend(results)

    def call(self, key):
        self.calls.append(key)
        if self.on_call:
            self.on_call()
        return _play(self.call_script)

    def look_up(self, reference):
        self.lookups.append(reference)
        return _play(self.lookup_script)


def _play(script):
    result = script.popleft()
    if isinstance(result, Exception):
        raise result
    return result


class OperationCommon(AccountPaymentCommon):
    """An invoice of 113.00, a transaction over it, and a provider that does what it is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.currency = cls.env.company.currency_id
        cls.move = cls.init_invoice(
            "out_invoice", partner=cls.partner_a, amounts=[113.0], taxes=[], post=True
        )
        cls.transaction = cls._new_transaction(cls.move)

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self.remote = ScriptedProvider()
        remote = self.remote
        model = type(self.env["payment.transaction"])
        self.patch(
            model,
            "_fusion_prepare_call",
            lambda self, operation, observer: (
                lambda key=operation.idempotency_key: remote.call(key)
            ),
        )
        self.patch(
            model,
            "_fusion_prepare_lookup",
            lambda self, operation, observer: lambda ref=operation.reference: remote.look_up(ref),
        )
        self.patch(
            model,
            "_apply_updates",
            lambda self, data: self._fusion_apply_outcome(data, declined_message="Declined."),
        )
        self.patch(model, "_extract_amount_data", lambda self, data: None)

    @classmethod
    def _new_transaction(cls, move, amount=None):
        return cls.env["payment.transaction"].create(
            {
                "provider_id": cls.dummy_provider.id,
                "payment_method_id": cls.payment_method_id,
                "reference": cls.env["payment.transaction"]._compute_reference(
                    "none", invoice_ids=[Command.set(move.ids)]
                ),
                "amount": amount or move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": move.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": [Command.set(move.ids)],
            }
        )

    def _intent(self, transaction=None, *, key=KEY, amount=11300):
        transaction = transaction or self.transaction
        return transaction._fusion_intent(
            "charge",
            key=key,
            external_reference="REF000000001",
            parameters={"amount": amount, "source": "tok_1"},
            payload={"source": "clv_1TESTSource0001"},
            lease_seconds=30,
        )

    def _perform(self, transaction=None, **kwargs):
        check = kwargs.pop("check", None)
        transaction = transaction or self.transaction
        answer = transaction._fusion_perform(self._intent(transaction, **kwargs), check=check)
        self.env.invalidate_all()
        return answer

    def _begin_committed(self, intent=None):
        """Begin an operation as a process does that dies before it has called."""
        ledger = self.env["fusion.operation"].sudo()
        intent = intent or self._intent()
        return in_own_transaction(ledger.env, lambda env: env[ledger._name]._begin(intent))

    def _operation(self, key=KEY):
        self.env.invalidate_all()
        return self.env["fusion.operation"].sudo().search([("idempotency_key", "=", key)])

    def _make_due(self, operation, **values):
        """Let the time pass that the operation waits for."""
        operation.write({"next_attempt_at": "2020-01-01", **values})
        self.env.flush_all()

    def _complete(self, operation):
        self._make_due(operation)
        self.env["fusion.operation"].sudo()._complete_due(reference=operation.reference)
        self.env.invalidate_all()

    def _succeeded(self, reference="PROV1", **data):
        return Answer(outcome=Outcome.SUCCEEDED, provider_reference=reference, data=data)
