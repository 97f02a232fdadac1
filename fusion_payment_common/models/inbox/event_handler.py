from odoo import models


class FusionEventHandler(models.AbstractModel):
    """The interface of a model that handles the events of a source.

    ``fusion.event._handlers`` maps each source to its model.
    """

    _name = "fusion.event.handler"
    _description = "Handler of Inbound Events"

    def _fusion_prepare_event(self, event):
        """Return a function that re-reads the event's object at its source, or None.

        An event is only a hint, so its object must be read again before it is applied. The function
        does not use the database, so that no transaction is open while it waits.

        :param event: the ``fusion.event``
        :return: a function without parameters whose result is given to
            :meth:`_fusion_handle_event`; it may raise a
            :class:`~odoo.addons.fusion_payment_common.lib.errors.GatewayError`, which makes the
            inbox try again later
        """
        return None

    def _fusion_handle_event(self, event, fetched=None):
        """Apply the event to Odoo's documents.

        It runs in the transaction that marks the event as processed: both happen or neither. It
        must be correct for events that arrive twice, late or in another order.

        :param event: the ``fusion.event``; ``event._body()`` is the received body
        :param fetched: the result of the function that :meth:`_fusion_prepare_event` returned
        :return: ``"ignored"`` when the event is irrelevant, anything else when it was applied
        :raise Exception: any error; the transaction is rolled back and the inbox tries again later
        """
        raise NotImplementedError(f"{self._name} handles no events of {event.source}")
