from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.transport import Request, Timeout
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ... import const_dispatcher
from ...client import webhooks

#: Most bodies that one transaction fans out.
BATCH = 100
#: Seconds to reach a tenant.
CONNECT_TIMEOUT = 5


class CloverTenant(models.Model):
    """Forward events from the inbox to the tenants: unchanged, once to each, in order of arrival.

    A body is stored once for all its tenants: a delivery names its event, and the outbox reads the
    body when it sends it. The outbox keeps each tenant's order, so deliveries must be created in
    the order of the events, however many workers there are.
    """

    _name = "clover.tenant"
    _inherit = ["clover.tenant", "fusion.event.handler"]

    def _fusion_handle_event(self, event, fetched=None):
        """Override of the inbox to pass the body, and all earlier ones, to the outbox."""
        body = event._body()
        # Read in each pass: a tenant archived meanwhile gets no more deliveries.
        while tenants := self._of_body(body):
            if self._is_fanned_out(event, tenants):
                return None
            in_own_transaction(self.env, lambda env: env["clover.tenant"]._fan_out_next(event.id))
        return "ignored"

    @api.model
    def _of_body(self, body):
        """Return the active tenants whose merchants the body concerns."""
        merchants = self._directory()[1]
        try:
            found = webhooks.merchant_ids(body)
        except ValueError:
            # Stored by an earlier version; it belongs to no tenant.
            found = ()
        return self.browse(dict.fromkeys(merchants[one] for one in found if one in merchants))

    @api.model
    def _is_fanned_out(self, event, tenants):
        # Bypass the ORM's cache, with a snapshot that sees our other committed transactions.
        def count(env):
            return env["fusion.delivery"].search_count(
                [
                    ("endpoint_id", "in", tenants.endpoint_id.ids),
                    ("dedup_key", "=", _dedup_key(event.id)),
                ]
            )

        return in_own_transaction(self.env, count) == len(tenants)

    @api.model
    def _fan_out_next(self, event_id):
        """Enqueue the oldest waiting bodies, including ``event_id`` if the batch has room for it.

        One process at a time on all hosts: a second one finds nothing left to do.
        """
        # Nothing else takes this lock. Take it before the first read, so that the snapshot
        # includes the work of the previous owner.
        self.env.cr.execute("LOCK TABLE clover_tenant IN SHARE UPDATE EXCLUSIVE MODE")
        events = self.env["fusion.event"].browse(self._waiting_event_ids(event_id))
        messages = []
        for event in events:
            body = {"event": event.id}
            for tenant in self._of_body(event._body()):
                messages.append((tenant.endpoint_id, body, _dedup_key(event.id)))
        if messages:
            self.env["fusion.delivery"]._enqueue_many(const_dispatcher.FORWARDED, messages)

    @api.model
    def _waiting_event_ids(self, event_id):
        """Return the ids of received bodies without a delivery, oldest first, and ``event_id``."""
        self.env.cr.execute(
            """
            SELECT e.id FROM fusion_event e
             WHERE e.source = %(source)s AND e.next_attempt_at IS NOT NULL
               AND NOT EXISTS (
                   SELECT FROM fusion_delivery d
                    WHERE d.endpoint_id = ANY(%(endpoints)s)
                      AND d.dedup_key = 'clover.event.' || e.id)
             ORDER BY e.id LIMIT %(batch)s
            """,
            {
                "source": const_dispatcher.EVENT_SOURCE,
                "endpoints": self.search([("active", "=", True)]).endpoint_id.ids,
                "batch": BATCH,
            },
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        # It may already have deliveries, made before another tenant was added.
        return ids if event_id in ids or len(ids) == BATCH else sorted([*ids, event_id])

    # === VERIFICATION === #

    @api.model
    def _forward_challenge(self, content):
        """Pass a verification code on to every tenant, whose administrator may be waiting for it.

        :param bytes content: the body as Clover sent it
        """
        # Elevated: Clover has no user.
        for tenant in self.sudo().search([("active", "=", True)]):
            self.env["fusion.delivery"]._enqueue(
                tenant.endpoint_id, const_dispatcher.FORWARDED, {"content": content.decode()}
            )

    # === SENDING === #

    @api.model
    def _forwarding_request(self, delivery):
        """Return the request of a delivery, with the body and proofs as Clover sent them.

        :raise ValueError: the body is no longer stored
        """
        headers = {"Content-Type": "application/json", "User-Agent": "Fusion-Payments/19.0"}
        if "content" in delivery.body:
            content = delivery.body["content"]
        else:
            event = self.env["fusion.event"].browse(delivery.body["event"]).exists()
            if not event:
                raise ValueError("the body that was to be forwarded is not kept any more")
            content = event._body()
            headers |= event.clover_headers or {}
            # The app's static proof, verified on arrival, is stored only in the settings.
            headers[const_dispatcher.AUTH_HEADER] = self.env["clover.dispatcher"]._auth_code()
        endpoint = delivery.endpoint_id
        return Request(
            "POST",
            endpoint.url,
            headers=headers,
            body=content.encode(),
            timeout=Timeout(CONNECT_TIMEOUT, endpoint.post_timeout),
        )


class FusionDelivery(models.Model):
    _inherit = "fusion.delivery"

    def _request(self, attempt):
        """Override of the outbox to send forwarded bodies unchanged."""
        if self.event_type != const_dispatcher.FORWARDED:
            return super()._request(attempt)
        request = self.env["clover.tenant"]._forwarding_request(self)
        return lambda: request


class FusionEvent(models.Model):
    _inherit = "fusion.event"

    clover_headers = fields.Json(
        readonly=True,
        groups="fusion_payment_common.group_fusion_manager",
        help="Proofs that came with a body to be forwarded.",
    )

    @api.model
    def _handlers(self):
        """Override of the inbox to handle bodies for tenants and events for this database."""
        return super()._handlers() | {
            const_dispatcher.EVENT_SOURCE: "clover.tenant",
            "clover": "clover.webhook",
        }

    @api.model
    def _event_values(self, source, event_key, *, clover_headers=None, **values):
        """Override of the inbox to store the proofs as well."""
        stored = super()._event_values(source, event_key, **values)
        return {**stored, "clover_headers": clover_headers} if clover_headers else stored


def _dedup_key(event_id):
    return f"clover.event.{event_id}"
