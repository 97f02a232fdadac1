import json

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..card.books_common import BooksCommon

PROCESSOR = "odoo.addons.fusion_payment_common.models.inbox.event_processor"
WEBHOOK = "odoo.addons.fusion_payment_common.controllers.webhook"


@tagged("post_install", "-at_install")
class TestPush(BooksCommon, HttpCase):
    def _push(self, card=None, token=None, **values):
        body = {
            "AuthorizationId": 41,
            "TypeCode": "0100",
            "UniqueId": card.wex_id if card else "NOBODY",
            "UserDefinedFields": ["Acme", card.reference if card else "NOTHING"],
            "BillingAmount": "9999.00",
            **values,
        }
        token = token or self.account.push_token
        return self.url_open(
            f"/wex/push/{token}/CreateDetailedAuthorization",
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )

    def _events(self):
        self.env.invalidate_all()
        return self.env["fusion.event"].sudo().search([("source", "=", "wex_push")])

    def _process(self):
        self.env.flush_all()
        self.env["fusion.event"].sudo()._queue_work()
        self.env.invalidate_all()

    def test_a_push_has_the_card_read_again_and_is_not_believed(self):
        card = self._card()
        self.simulator.act(card.reference, "authorize", amount="50.00")
        answer = self._push(card)
        self.assertEqual((answer.status_code, answer.json()["ResponseCode"]), (200, 0))
        self._process()
        self.env["wex.virtual.card"].sudo()._queue_work()
        self.env.invalidate_all()
        self.assertEqual((card.state, card.amount_authorized), ("authorized", 50.0))

    def test_a_repeated_push_is_one_event(self):
        card = self._card()
        self._push(card)
        self._process()
        self._push(card)
        self._process()
        self.assertEqual(len(self._events().filtered(lambda one: one.state == "processed")), 1)

    @mute_logger(PROCESSOR)
    def test_a_push_without_an_id_is_not_for_a_card_without_one(self):
        card = self._card()
        card.sudo().write({"wex_id": False, "next_attempt_at": "2099-01-01"})
        self._push(UniqueId="")
        self._process()
        self.assertEqual(card.next_attempt_at.year, 2099)

    @mute_logger(PROCESSOR)
    def test_a_push_for_a_card_that_is_not_known_yet_waits(self):
        self._push()
        self._process()
        event = self._events()
        self.assertEqual(event.state, "received")
        self.assertTrue(event.next_attempt_at)

    @mute_logger(WEBHOOK)
    def test_an_address_that_was_given_to_nobody_stores_nothing(self):
        answer = self._push(token="guessed")
        self.assertEqual((answer.status_code, answer.json()["ResponseCode"]), (401, 1))
        self.assertFalse(self._events())

    @mute_logger(WEBHOOK)
    def test_a_disabled_account_takes_no_pushes(self):
        card = self._card()
        self.account.state = "disabled"
        self.assertEqual(self._push(card).status_code, 401)
