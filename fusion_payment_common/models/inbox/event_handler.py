from odoo import models


class FusionEventHandler(models.AbstractModel):
    """What a model must offer so that the inbox can have events of a source handled by it.

    Which model handles a source is said by ``fusion.event._handlers``.
    """

    _name = "fusion.event.handler"
    _description = "Handler of Inbound Events"

    def _fusion_prepare_event(self, event):
        """Return a function that re-reads the event's object at its source, or None.

        An event is a hint, not the truth: whatever it is about is read again before it is applied.
        The function touches no database, so that no transaction is open while it waits.

        :param event: the ``fusion.event``
        :return: a function without parameters whose result is given to
            :meth:`_fusion_handle_event`; it may raise a
            :class:`~odoo.addons.fusion_payment_common.lib.errors.GatewayError`, which makes the
            inbox try again later
        """
        return None

    def _fusion_handle_event(self, event, fetched=None):
        """Bring the event into Odoo's documents.

        Runs in the same transaction in which the event becomes processed: both happen or neither.
        Must be right for events that arrive twice, late or in another order.

        :param event: the ``fusion.event``; ``event._body()`` is what was received
        :param fetched: what the function of :meth:`_fusion_prepare_event` returned
        :return: ``"ignored"`` when the event means nothing to us, anything else when it was applied
        :raise Exception: whatever went wrong; nothing is kept and the inbox tries again later
        """
        raise NotImplementedError(f"{self._name} handles no events of {event.source}")
