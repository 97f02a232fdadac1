import hashlib
import hmac
import json
import time

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_payment_common.controllers import webhook as inbox_routes
from odoo.addons.fusion_payment_common.lib import signed_state

from ...client.launch import launch_nonce
from ...models.connection.payment_provider_connection import CONNECT_PURPOSE

ROUTE = "/payment/clover/webhook"
MERCHANT = "MOURS00000001"
JSON = {"Content-Type": "application/json"}
AUTH = {**JSON, "X-Clover-Auth": "tenant-auth-code"}


class TenantCase(HttpCase):
    def setUp(self):
        super().setUp()
        inbox_routes._refusals.__init__()
        self.provider = self.env["payment.provider"].search(
            [("code", "=", "clover"), ("company_id", "=", self.env.company.id)], limit=1
        )
        self.provider.write(
            {
                "state": "test",
                "clover_app_id": "APP1",
                "clover_app_secret": "secret",
                "clover_merchant_id": MERCHANT,
                "clover_webhook_auth_code": "tenant-auth-code",
            }
        )

    def _post(self, document, headers=None):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.url_open(ROUTE, data=body, headers=AUTH if headers is None else headers)

    def _received(self):
        return self.env["fusion.event"].search([("source", "=", "clover")], order="id")

    def _body(self, *merchants, object_id="P:ABC"):
        notice = {"objectId": object_id, "type": "CREATE", "ts": 1537970958000}
        return {"merchants": {merchant: [notice] for merchant in merchants}}


@tagged("post_install", "-at_install")
class TestTenantWebhook(TenantCase):
    def test_a_notice_about_our_merchant_is_stored(self):
        self.assertEqual(self._post(self._body(MERCHANT)).status_code, 200)
        event = self._received()
        self.assertEqual(event.event_key, f"{MERCHANT}:P:ABC:CREATE:1537970958000")
        self.assertEqual((event.event_type, event.object_ref), ("P.CREATE", "P:ABC"))
        self.assertEqual(str(event.occurred_at), "2018-09-26 14:09:18")
        self.assertEqual(event.company_id, self.provider.company_id)

    def test_both_spellings_are_one_event(self):
        self._post(self._body(MERCHANT))
        self._post(self._body(MERCHANT, object_id=f"P:{MERCHANT}/ABC"))
        self.assertEqual(self._received().arrival_count, 2)

    def test_the_merchants_of_others_are_kept_in_one_piece_and_ignored(self):
        self._post(self._body(MERCHANT, *(f"M{number}" for number in range(1000))))
        ours, others = self._received()
        self.assertEqual((ours.object_ref, others.event_type), ("P:ABC", "unknown"))
        self.env.flush_all()
        self.env["fusion.event"]._queue_work()
        self.env.invalidate_all()
        self.assertEqual(others.state, "ignored")

    @mute_logger("odoo.addons.fusion_payment_common.controllers.webhook")
    def test_a_forged_notice_leaves_nothing(self):
        for code in ("", "wrong", "tenant-auth-codE"):
            headers = {**JSON, "X-Clover-Auth": code}
            self.assertEqual(self._post(self._body(MERCHANT), headers).status_code, 401)
        self.assertEqual(self._post(self._body(MERCHANT), JSON).status_code, 401)
        self.assertFalse(self._received())

    @mute_logger("odoo.addons.fusion_clover.controllers.webhook")
    def test_without_an_auth_code_nothing_is_processed(self):
        self.provider.clover_webhook_auth_code = False
        for headers in (AUTH, JSON, {**JSON, "X-Clover-Auth": ""}):
            self.assertEqual(self._post(self._body(MERCHANT), headers).status_code, 503)
        self.assertFalse(self._received())

    @mute_logger("odoo.addons.fusion_payment_common.controllers.webhook")
    def test_ten_megabytes_are_refused_early(self):
        self.assertEqual(self._post(b"x" * 10_000_000).status_code, 413)
        self.assertFalse(self._received())

    def test_a_verification_code_is_kept_for_the_administrator(self):
        self.assertEqual(self._post({"verificationCode": "abcd-1234"}, JSON).status_code, 200)
        self.assertEqual(self.provider.clover_verification_code, "abcd-1234")
        self.assertTrue(self.provider.clover_webhook_url.endswith(ROUTE))
        self.assertFalse(self._received())

    def _checkout(self, secret="checkout-secret", **changes):
        document = {
            "id": "PAYMENT000001",
            "merchantId": MERCHANT,
            "type": "PAYMENT",
            "status": "APPROVED",
            **changes,
        }
        body = json.dumps(document).encode()
        stamp = int(time.time())
        digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
        headers = {**JSON, "Clover-Signature": f"t={stamp},v1={digest.hexdigest()}"}
        return self._post(body, headers)

    def test_hosted_checkout_is_taken_in_by_its_signature(self):
        self.provider.clover_webhook_signing_secret = "checkout-secret"
        self.assertEqual(self._checkout().status_code, 200)
        event = self._received()
        self.assertEqual(event.event_type, "P.CHECKOUTAPPROVED")
        self.assertEqual(event.object_ref, "P:PAYMENT000001")
        self.assertEqual(event.company_id, self.provider.company_id)
        self.assertEqual(self._checkout(merchantId="MOTHER").status_code, 200)
        self.assertEqual(self._received()[1].event_type, "unknown")

    @mute_logger("odoo.addons.fusion_payment_common.controllers.webhook")
    def test_a_forged_checkout_leaves_nothing(self):
        self.provider.clover_webhook_signing_secret = "checkout-secret"
        self.assertEqual(self._checkout("another").status_code, 401)
        self.provider.clover_webhook_signing_secret = False
        self.assertEqual(self._checkout("").status_code, 401)
        self.assertEqual(self._checkout("checkout-secret").status_code, 401)
        self.assertFalse(self._received())

    def test_the_signing_secret_alone_opens_the_route_to_its_own_messages_only(self):
        self.provider.write(
            {"clover_webhook_auth_code": False, "clover_webhook_signing_secret": "checkout-secret"}
        )
        self.assertEqual(self._checkout().status_code, 200)
        with mute_logger("odoo.addons.fusion_payment_common.controllers.webhook"):
            answer = self._post(self._body(MERCHANT), {**AUTH, "X-Clover-Auth": ""})
            self.assertEqual(answer.status_code, 401)

    def test_the_old_relays_signature_counts_while_it_is_switched_on(self):
        body = json.dumps(self._body(MERCHANT)).encode()
        digest = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        headers = {**JSON, "X-Clover-Auth-Code": digest}
        with mute_logger("odoo.addons.fusion_payment_common.controllers.webhook"):
            self.assertEqual(self._post(body, headers).status_code, 401)
        self.assertFalse(self._received())
        self.env["ir.config_parameter"].set_param("fusion_clover.accept_old_relay", "True")
        self.assertEqual(self._post(body, headers).status_code, 200)
        self.assertEqual(self._received().object_ref, "P:ABC")
        with mute_logger("odoo.addons.fusion_payment_common.controllers.webhook"):
            wrong = {**headers, "X-Clover-Auth-Code": digest[::-1]}
            self.assertEqual(self._post(body, wrong).status_code, 401)

    def test_the_old_relays_signature_needs_no_other_secret(self):
        self.provider.clover_webhook_auth_code = False
        self.assertTrue(self.provider.clover_webhook_is_closed)
        self.env["ir.config_parameter"].set_param("fusion_clover.accept_old_relay", "True")
        self.provider.invalidate_recordset(["clover_webhook_is_closed"])
        self.assertFalse(self.provider.clover_webhook_is_closed)
        body = json.dumps(self._body(MERCHANT)).encode()
        digest = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        answer = self._post(body, {**JSON, "X-Clover-Auth-Code": digest})
        self.assertEqual(answer.status_code, 200)
        with mute_logger("odoo.addons.fusion_payment_common.controllers.webhook"):
            self.assertEqual(self._post(body, {**AUTH, "X-Clover-Auth": "x"}).status_code, 401)

    def test_the_form_says_that_nothing_is_processed_without_a_secret(self):
        self.assertFalse(self.provider.clover_webhook_is_closed)
        self.provider.clover_webhook_auth_code = False
        self.assertTrue(self.provider.clover_webhook_is_closed)
        self.assertIn("nothing that Clover tells is proc", self.provider.clover_status_webhooks)

    def test_clovers_look_at_the_address_is_answered(self):
        self.assertEqual(self.url_open(ROUTE).status_code, 200)


@tagged("post_install", "-at_install")
class TestLaunchedConnection(TenantCase):
    """A state that our dispatcher issued when the merchant opened the app in Clover."""

    KEY = "k" * 64

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self.env["ir.config_parameter"].set_param("fusion_clover.dispatcher_secret", self.KEY)
        self.completed = []
        case = self

        def connect(provider, **values):
            case.completed.append(values)

        from ...models.connection.payment_provider_oauth import PaymentProvider

        self.patch(PaymentProvider, "_clover_connect_merchant", connect)

    def _state(self, merchant_id=MERCHANT, key=KEY):
        return signed_state.issue(
            key,
            redirect_to=self.provider._clover_own_callback(),
            now=time.time(),
            nonce=launch_nonce(key, merchant_id),
        )

    def _redeem(self, state):
        return self.env["fusion.signed.state"]._redeem(
            CONNECT_PURPOSE,
            state,
            secret=self.provider._clover_state_secret(),
            allowed_hosts=self.provider._clover_allowed_state_hosts(),
        )

    def test_it_connects_the_merchant_it_was_made_for(self):
        provider = self._redeem(self._state())
        self.assertEqual(provider, self.provider)
        provider._clover_complete_connection(code="C", merchant_id=MERCHANT)
        self.assertEqual(self.completed, [{"code": "C", "merchant_id": MERCHANT}])

    def test_it_is_good_once(self):
        state = self._state()
        self._redeem(state)
        with self.assertRaisesRegex(UserError, "used before"):
            self._redeem(state)

    def test_it_connects_no_other_merchant(self):
        provider = self._redeem(self._state("MOTHER"))
        with self.assertRaisesRegex(UserError, "another merchant"):
            provider._clover_complete_connection(code="C", merchant_id=MERCHANT)
        with self.assertRaisesRegex(UserError, "disconnect first"):
            provider._clover_complete_connection(code="C", merchant_id="MOTHER")
        self.assertEqual(self.completed, [])

    def test_another_key_is_refused(self):
        with self.assertRaises(UserError):
            self._redeem(self._state(key="x" * 64))

    # === SEVERAL COMPANIES === #

    def _provider_of_another_company(self, merchant_id=False):
        company = self.env["res.company"].create({"name": "Branch"})
        self.env.user.company_ids += company
        return self.provider.copy(
            {
                "company_id": company.id,
                "state": "test",
                "clover_app_id": "APP1",
                "clover_merchant_id": merchant_id,
            }
        )

    def test_it_connects_the_company_of_the_merchant(self):
        other = self._provider_of_another_company("MOTHER")
        self.assertEqual(self._redeem(self._state("MOTHER")), other)
        self.assertEqual(self._redeem(self._state()), self.provider)

    def test_a_new_merchant_gets_the_one_company_that_has_none(self):
        other = self._provider_of_another_company()
        self.assertEqual(self._redeem(self._state("MNEW")), other)
        self.assertEqual(self._redeem(self._state()), self.provider)

    def test_nobody_guesses_among_several_companies(self):
        self._provider_of_another_company()
        self.provider.clover_merchant_id = False
        state = self._state("MNEW")
        with self.assertRaisesRegex(UserError, "Several companies .* Branch"):
            self._redeem(state)
        # Its state was not used up by that.
        self.provider.clover_merchant_id = MERCHANT
        self.assertTrue(self._redeem(state))
