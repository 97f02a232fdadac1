"""The copy of a production database: nothing is charged, nothing leaves, no secret is left."""

import re

from odoo.modules.neutralize import get_installed_modules, get_neutralization_queries
from odoo.tests import TransactionCase, tagged

from .common import OperationCommon
from .outbox.delivery_common import DeliveryCommon

#: What fields are called that open something.
SECRET = re.compile(r"secret|token|password|_key$|auth_code|payload")


def neutralize(env, modules=("fusion_payment_common",)):
    """Do to the database what `odoo-bin neutralize` does."""
    env.flush_all()
    for query in get_neutralization_queries(modules):
        env.cr.execute(query)
    env.invalidate_all()
    env.registry.clear_all_caches()


@tagged("post_install", "-at_install")
class TestNeutralizedOperations(OperationCommon):
    def setUp(self):
        super().setUp()
        self.ledger = self.env["fusion.operation"].sudo()

    def test_what_waits_in_the_queue_is_never_called_for(self):
        operation = self.ledger._enqueue(self._intent())
        neutralize(self.env)
        self.assertFalse(operation.next_attempt_at)
        self.assertFalse(operation.request_payload, "it holds what a card can be charged with")
        self.ledger._queue_work()
        self.ledger._complete_due(reference=operation.reference)
        self.assertEqual((self.remote.calls, self.remote.lookups), ([], []))

    def test_what_is_unknown_is_neither_looked_up_nor_repeated(self):
        self.remote.will_answer(ConnectionError("cut"))
        self._perform()
        operation = self._operation()
        self.assertEqual(operation.state, "unknown")
        neutralize(self.env)
        self.ledger._complete_due(reference=operation.reference)
        self.assertEqual(len(self.remote.calls), 1)
        self.assertEqual(self.remote.lookups, [])
        self.assertFalse(operation.lease_owner)
        self.assertTrue(operation.hold_ids, "a copy knows as little as the original")


@tagged("post_install", "-at_install")
class TestNeutralizedDeliveries(DeliveryCommon):
    def test_what_is_pending_stays_even_when_its_endpoint_is_enabled_again(self):
        delivery = self._enqueue()
        token = self.endpoint.ack_token
        neutralize(self.env)
        self.assertEqual((self.endpoint.state, delivery.next_attempt_at), ("disabled", False))
        self._work()
        self.endpoint.action_rotate_signing_secret()
        self.endpoint.action_enable()
        self._work()
        self.assertEqual(self.receiver.requests, [])
        self.assertEqual(
            self.outbox._acknowledge_by_token(token, delivery.delivery_uuid), "refused"
        )


@tagged("post_install", "-at_install")
class TestNeutralizedSecrets(TransactionCase):
    def test_the_monitoring_of_the_original_has_no_access(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("fusion_payment_common.health_token", "token")
        neutralize(self.env)
        self.assertFalse(parameters.get_param("fusion_payment_common.health_token"))

    def test_no_secret_that_is_kept_from_people_is_forgotten(self):
        ours = [name for name in get_installed_modules(self.env.cr) if name.startswith("fusion_")]
        statements = "\n".join(get_neutralization_queries(ours)).split(";")
        fields = [
            (model._table, field.name)
            for model in (self.env[name] for name in self.env.registry)
            if not model._abstract and not model._transient
            for field in model._fields.values()
            if field.store
            and field.groups
            and field.type in ("char", "text")
            and SECRET.search(field.name)
            and any(module in ours for module in field._modules)
        ]
        self.assertIn(("fusion_delivery_endpoint", "signing_secret"), fields)
        for table, column in fields:
            with self.subTest(field=f"{table}.{column}"):
                self.assertTrue(
                    any(
                        f"DELETE FROM {table}" in one
                        or (f"UPDATE {table}" in one and re.search(rf"\b{column}\s*=", one))
                        for one in statements
                    )
                )
