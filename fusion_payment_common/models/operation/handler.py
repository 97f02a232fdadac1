from odoo import models


class FusionOperationHandler(models.AbstractModel):
    """The interface of a model for which the ledger carries out operations.

    The ``_fusion_prepare_*`` methods read what they need from the database and return a function
    that only talks to the provider. As that function does not use the database, it can run in a
    thread or while no transaction is open.
    """

    _name = "fusion.operation.handler"
    _description = "Handler of Provider Operations"

    def _fusion_prepare_call(self, operation, observer):
        """Return a function that sends the operation to the provider under its idempotency key.

        :param operation: the ``fusion.operation`` (its ``request_payload`` is the request)
        :param observer: called with each HTTP exchange, for the trail
        :return: a function without parameters that returns a
            :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer` or raises a
            :class:`~odoo.addons.fusion_payment_common.lib.errors.GatewayError`
        :raise NotImplementedError: when no installed provider handles the operation
        """
        raise NotImplementedError(
            f"No handler for {operation.kind} operations of provider {operation.provider_code}"
        )

    def _fusion_prepare_lookup(self, operation, observer):
        """Return a function that looks up the operation at the provider.

        :return: a function without parameters that returns an ``Answer``, or None when the provider
            does not know the operation, or raises a ``GatewayError`` when the look-up fails
        :raise NotImplementedError: when no installed provider handles the operation
        """
        raise NotImplementedError(
            f"No handler for {operation.kind} operations of provider {operation.provider_code}"
        )

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Return a function that reads a provider object that a Manager named as evidence.

        :param str provider_reference: the provider's id of the object
        :return: a function without parameters that returns the outcome that the object shows as an
            ``Answer``, or raises a ``GatewayError`` when the object cannot be read
        :raise NotImplementedError: when no installed provider handles the operation
        """
        raise NotImplementedError(
            f"No handler for {operation.kind} operations of provider {operation.provider_code}"
        )

    def _fusion_is_followed_by(self, operation, later):
        """Return whether ``later`` acts on the object of ``operation`` and shares its provider id.

        For example, a capture has the id of its authorization. Otherwise each provider object
        belongs to one operation.
        """
        return False

    def _fusion_apply(self, operation, answer):
        """Write the answer into Odoo's documents; must be idempotent."""
        raise NotImplementedError(
            f"No handler for {operation.kind} operations of provider {operation.provider_code}"
        )
