from odoo import models


class FusionOperationHandler(models.AbstractModel):
    """What a model must offer so that the ledger can carry out operations on its behalf.

    The two ``_fusion_prepare_*`` methods read whatever they need from the database and return a
    function that talks to the provider and touches no database any more, so that it can run while
    no transaction is open, or in a thread.
    """

    _name = "fusion.operation.handler"
    _description = "Handler of Provider Operations"

    def _fusion_prepare_call(self, operation, observer):
        """Return a function that carries out the operation at the provider, under its key.

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
        """Return a function that asks the provider what became of the operation.

        :return: a function without parameters that returns an ``Answer``, or None when the provider
            knows nothing of the operation, or raises a ``GatewayError`` when it cannot be asked
        :raise NotImplementedError: when no installed provider handles the operation
        """
        raise NotImplementedError(
            f"No handler for {operation.kind} operations of provider {operation.provider_code}"
        )

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Return a function that reads one object of the provider, named by a Manager.

        :param str provider_reference: the provider's id of the object
        :return: a function without parameters that returns what the object means for the operation
            as an ``Answer``, or raises a ``GatewayError`` when it cannot be read
        :raise NotImplementedError: when no installed provider handles the operation
        """
        raise NotImplementedError(
            f"No handler for {operation.kind} operations of provider {operation.provider_code}"
        )

    def _fusion_is_followed_by(self, operation, later):
        """Return whether ``later`` is about what ``operation`` made, and shares its provider id.

        A capture has the id of its authorization. Where it does not hold, one object of the
        provider accounts for one operation.
        """
        return False

    def _fusion_apply(self, operation, answer):
        """Write the answer into Odoo's documents; must be idempotent."""
        raise NotImplementedError(
            f"No handler for {operation.kind} operations of provider {operation.provider_code}"
        )
