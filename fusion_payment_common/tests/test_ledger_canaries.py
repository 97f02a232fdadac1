"""Card data and credentials in what providers and senders say: kept nowhere, told nobody."""

from odoo.tests import TransactionCase, tagged

from ..lib import errors
from .canaries import CVV, PANS, captured_log, tables_with
from .common import OperationCommon
from .vault.test_secret import SecretCommon

BEARER = "canary-bearer-8842716"
PASSWORD = "canary-password-3310"
LEAK = (
    f"card {PANS[0]} cvv: {CVV} refused; Authorization: Bearer {BEARER}, "
    f'{{"client_secret": "{PASSWORD}"}}'
)
CANARIES = (*PANS, CVV, BEARER, PASSWORD)


@tagged("post_install", "-at_install")
class TestLedgerCanaries(OperationCommon):
    def setUp(self):
        super().setUp()
        self.ledger = self.env["fusion.operation"].sudo()

    def test_what_a_provider_says_leaves_no_card_and_no_credential(self):
        classes = (
            errors.DeclinedError,
            errors.RequestRejectedError,
            errors.NotSentError,
            errors.UnknownOutcomeError,
        )
        with captured_log() as log:
            for queued in (False, True):
                for number, error in enumerate(classes):
                    self._go_wrong(error(LEAK, detail=LEAK), number, queued=queued)
            self._contradict()
        self.assertIn("fusion_payment_common", log.getvalue(), "the log was captured")
        for canary in CANARIES:
            self.assertNotIn(canary, log.getvalue())
        self.assertEqual(tables_with(self.env, CANARIES), [])

    def _go_wrong(self, error, number, *, queued):
        move = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[10.0], taxes=[], post=True
        )
        key = f"00000000-0000-4000-8{int(queued):03}-{number:012}"
        intent = self._intent(self._new_transaction(move), key=key)
        self.remote.call_script.clear()
        self.remote.will_answer(error)
        if queued:
            self._complete(self.ledger._enqueue(intent))
        else:
            self._perform(self.env["payment.transaction"].browse(move.transaction_ids.id), key=key)
        operation = self._operation(key)
        if operation.state == "unknown":
            self.remote.will_know(errors.UnknownOutcomeError(LEAK, detail=LEAK))
            self._complete(operation)

    def _contradict(self):
        """A person is told, by an activity and by mail."""
        self.remote.call_script.clear()
        self.remote.will_answer(errors.DeclinedError(LEAK, detail=LEAK))
        self._perform()
        operation = self._operation()
        operation._finish(self._succeeded("PROV9"), [])
        self.assertTrue(operation.activity_ids)


@tagged("post_install", "-at_install")
class TestInboxCanaries(SecretCommon, TransactionCase):
    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self._set_up_vault()
        self._set_up_inbox()

    def test_what_a_sender_says_leaves_no_card(self):
        def fail(event, fetched):
            raise ValueError(f"cannot handle {event._body()} {LEAK}")

        self.verdict = fail
        with captured_log() as log:
            event = self._ingest("evt_1", payload=f'{{"pan": "{PANS[2]}", "cvv": "{CVV}"}}')
            self._process()
        self.assertTrue(self.handled or event.error_message)
        self.assertIn(PANS[2], event._body(), "it is kept where it is encrypted")
        for canary in CANARIES:
            self.assertNotIn(canary, log.getvalue())
        self.assertEqual(tables_with(self.env, CANARIES), [])
