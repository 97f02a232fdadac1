from odoo import api, fields, models


class FusionDeliveryEndpoint(models.Model):
    _inherit = "fusion.delivery.endpoint"

    wex_sends_card_data = fields.Boolean(
        string="Legacy Format",
        default=False,
        copy=False,
        tracking=True,
        help="Number and security code of virtual cards are in the body, as the old proxy had it.",
    )


class FusionDelivery(models.Model):
    _inherit = "fusion.delivery"

    @api.model
    def _wex_acknowledge(self, account, payment_id, delivery_uuid=None):
        """End the delivery of a card that a receiver says it has, known by the payment.

        Right whenever it comes: before the delivery is queued (the caller of ``/proxy`` has the
        card by then), before its first attempt, between two of them, after the last one, and twice.
        Without a delivery id an acknowledgement that repeats an earlier one must not end another
        delivery of the same payment that the receiver cannot have seen yet.

        :param account: the ``wex.account`` whose token the receiver has
        :param payment_id: as it was delivered
        :param str delivery_uuid: says exactly which one, where the receiver knows it
        :return: whether there is something to acknowledge
        """
        requests = self.env["wex.card.request"]._wex_of_payment(account, payment_id)
        deliveries = self.search(
            [
                ("res_model", "=", requests._name),
                ("res_id", "in", requests.ids),
                ("event_type", "=", "card.issued"),
            ],
            order="id",
        )
        if delivery_uuid:
            deliveries = deliveries.filtered(lambda one: one.delivery_uuid == delivery_uuid)
        waiting = deliveries.filtered(lambda one: one.state != "acknowledged")
        sent = waiting.filtered("attempt_count")
        early = requests.browse() if delivery_uuid else requests._wex_without_delivery(deliveries)
        is_repeated = len(waiting) < len(deliveries) or any(early.mapped("is_acknowledged_early"))
        if sent or (waiting and not is_repeated):
            (sent or waiting)[:1]._acknowledge()
        elif not is_repeated:
            early[:1]._wex_acknowledge_early()
        return bool(deliveries or early)
