import json
import uuid

import psycopg2.errors

from odoo import api, models
from odoo.exceptions import ConcurrencyError

from ...lib.redaction import contains_pan


class FusionDelivery(models.Model):
    """Enqueue deliveries in the business transaction, so that both happen or neither."""

    _inherit = "fusion.delivery"

    @api.model
    def _enqueue(
        self, endpoint, event_type, body, *, dedup_key=None, record=None, trigger="schedule",
        is_answer_enough=False,
    ):  # fmt: skip
        """Queue a delivery to ``endpoint``; it is sent after this transaction commits.

        If the transaction is rolled back, nothing is ever sent.

        :param str event_type: dotted, such as ``card.issued``
        :param dict body: JSON-safe. Never card data: ``record`` adds it right before sending, see
            ``fusion.delivery.handler``
        :param str dedup_key: the same key at the same endpoint is the same delivery
        :param record: what it is about; is told how it ended if it is a ``fusion.delivery.handler``
        :param bool is_answer_enough: an answer of 2xx ends it; no acknowledgement is awaited
        :return: the delivery (elevated), an earlier one of the same key included
        :raise ValueError: the body has card data, or a number that JSON has not (NaN, Infinity)
        :raise TypeError: the body has something that JSON has not
        :raise ConcurrencyError: the key is being used by another transaction; run this one again
        """
        endpoint.ensure_one()
        self._check_body(body)
        # Elevated: users cannot write the outbox.
        outbox = self.sudo().with_context(tracking_disable=True)
        if dedup_key:
            known = outbox.search(
                [("endpoint_id", "=", endpoint.id), ("dedup_key", "=", dedup_key)]
            )
            if known:
                return known
        values = self._new_values(endpoint, event_type, body, dedup_key, record, trigger)
        values["is_answer_enough"] = is_answer_enough
        try:
            with self.env.cr.savepoint():
                delivery = outbox.create(values)
        except psycopg2.errors.UniqueViolation as error:
            raise ConcurrencyError(f"Delivery {dedup_key} was enqueued meanwhile") from error
        self._queue_wake_in_turn()
        return delivery.with_env(self.env(su=True))

    @api.model
    def _enqueue_many(self, event_type, messages):
        """Queue many deliveries, in the given order, in one statement; see :meth:`_enqueue`.

        :param list messages: ``(endpoint, body, dedup_key)`` tuples, without a document
        :return: the new deliveries (elevated), without those that were enqueued before
        :raise ConcurrencyError: another transaction is using a key; run this one again
        """
        outbox = self.sudo().with_context(tracking_disable=True)
        endpoint_ids = list({endpoint.id for endpoint, _body, _key in messages})
        known = outbox.search_fetch(
            [
                ("endpoint_id", "in", endpoint_ids),
                ("dedup_key", "in", list({key for _endpoint, _body, key in messages})),
            ],
            ["endpoint_id", "dedup_key"],
        )
        taken = {(delivery.endpoint_id.id, delivery.dedup_key) for delivery in known}
        rows = []
        for endpoint, body, key in messages:
            self._check_body(body)
            if (endpoint.id, key) not in taken:
                taken.add((endpoint.id, key))
                rows.append(self._new_values(endpoint, event_type, body, key))
        if not rows:
            return outbox.browse()
        try:
            with self.env.cr.savepoint():
                deliveries = outbox.create(rows)
        except psycopg2.errors.UniqueViolation as error:
            raise ConcurrencyError("Some deliveries were enqueued meanwhile") from error
        self._queue_wake()
        return deliveries.with_env(self.env(su=True))

    @api.model
    def _check_body(self, body):
        json.dumps(body, allow_nan=False)
        if contains_pan(body):
            raise ValueError("Card data must not be stored with a delivery")

    @api.model
    def _new_values(self, endpoint, event_type, body, dedup_key, record=None, trigger="schedule"):
        return {
            "delivery_uuid": str(uuid.uuid4()),
            "endpoint_id": endpoint.id,
            "event_type": event_type,
            "body": body,
            "dedup_key": dedup_key,
            "res_model": record._name if record else False,
            "res_id": record.id if record else False,
            "next_attempt_at": self.env.cr.now().replace(microsecond=0),
            "next_trigger": trigger,
            "next_user_id": self.env.uid,
        }
