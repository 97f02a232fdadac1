from odoo import models


class FusionDeliveryHandler(models.AbstractModel):
    """The interface of a model whose records are the documents of deliveries.

    Inherit it, enqueue with ``record=``, and override what is needed. Both methods are optional.
    """

    _name = "fusion.delivery.handler"
    _description = "Handler of Deliveries"

    def _fusion_delivery_body(self, delivery):
        """Return the body to send, including data that must not be stored with the delivery.

        Called right before each attempt and never stored: the place to decrypt a card. Other
        deliveries are prepared in the same transaction, so no request is made here: what has to be
        asked of another system is asked by a function that is returned, in the thread that sends.

        :param delivery: the ``fusion.delivery``; its ``body`` is the enqueued body
        :return: a JSON-safe dict, or a function without parameters that returns one without using
            the database
        """
        self.ensure_one()
        return delivery.body

    def _fusion_delivery_settled(self, delivery):
        """Handle the result of the delivery: ``delivered``, ``acknowledged`` or ``dead``.

        It is called in the transaction that sets this state, and possibly more than once: a dead
        letter can be acknowledged later, and a delivery that arrived can be sent again.
        """
