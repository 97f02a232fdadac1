from odoo import models


class FusionDeliveryHandler(models.AbstractModel):
    """What a model may offer whose records are the subject of deliveries. Both are optional.

    Inherit it, enqueue with ``record=``, and override what is needed.
    """

    _name = "fusion.delivery.handler"
    _description = "Handler of Deliveries"

    def _fusion_delivery_body(self, delivery):
        """Return the body to send, for what must not be stored with the delivery.

        Called right before each attempt and never stored: the place to decrypt a card. Other
        deliveries are prepared in the same transaction, so no request is made here: what has to be
        asked of another system is asked by a function that is returned, in the thread that sends.

        :param delivery: the ``fusion.delivery``; its ``body`` is what was enqueued
        :return: a JSON-safe dict, or a function without parameters that touches no database and
            returns one
        """
        self.ensure_one()
        return delivery.body

    def _fusion_delivery_settled(self, delivery):
        """Take notice that the delivery is ``delivered``, ``acknowledged`` or ``dead``.

        Called in the transaction that says so. Repeatable: a delivery that was given up can be
        acknowledged later, and one that arrived can be sent again.
        """
