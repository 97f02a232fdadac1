import json
import time

from odoo.tests import HttpCase

from odoo.addons.fusion_payment_common.controllers import webhook as inbox_routes
from odoo.addons.fusion_payment_common.lib import signed_state

from ... import const_dispatcher
from ...models.dispatcher import clover_tenant_refusal

CALLBACK = "https://{}.example.com/payment/clover/oauth/callback"
AUTH = {"X-Clover-Auth": "the-auth-code", "Content-Type": "application/json"}


class DispatcherCase(HttpCase):
    def setUp(self):
        super().setUp()
        inbox_routes._refusals.__init__()
        self._a_minute_later()
        self.inbox = self.env["fusion.event"]
        self.outbox = self.env["fusion.delivery"]
        self.outbox.search([]).unlink()
        self._set("fusion_clover.dispatcher_enabled", "True")
        self._set("fusion_clover.dispatcher_app_id", "APP1")
        self._set("fusion_clover.dispatcher_auth_code", "the-auth-code")
        tenants = self.env["clover.tenant"]
        self.acme = tenants._new_from("Acme", "https://acme.example.com", ["MACME0000001"])
        self.bolt = tenants._new_from("Bolt", "https://bolt.example.com/", ["MBOLT0000001"])

    def _a_minute_later(self):
        """Refusals may be noted again."""
        clover_tenant_refusal._refusals.__init__()

    def _set(self, name, value):
        self.env["ir.config_parameter"].set_param(name, value)

    def _get(self, path):
        return self.url_open(path, allow_redirects=False)

    def _state(self, key, tenant="acme", **values):
        values = {"redirect_to": CALLBACK.format(tenant), "now": time.time(), **values}
        return signed_state.issue(key, **values)

    def _callback(self, state, **params):
        query = "&".join(f"{name}={value}" for name, value in params.items())
        return self._get(f"/clover/callback?{query}&state={state}")

    def _post(self, document, headers=None):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = AUTH if headers is None else headers
        return self.url_open("/clover/webhook", data=body, headers=headers)

    def _body(self, *merchants, stamp=1537970958000):
        notice = {"objectId": "P:ABC", "type": "CREATE", "ts": stamp}
        return {"appId": "APP1", "merchants": {merchant: [notice] for merchant in merchants}}

    def _received(self):
        return self.inbox.search([("source", "=", const_dispatcher.EVENT_SOURCE)])

    def _process(self):
        self.env.flush_all()
        self.inbox._queue_work()
        self.env.invalidate_all()

    def _sent_to(self, tenant):
        return self.outbox.search([("endpoint_id", "=", tenant.endpoint_id.id)], order="id")
