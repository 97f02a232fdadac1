from dataclasses import dataclass

from odoo import models
from odoo.exceptions import AccessError, UserError

from odoo.addons.fusion_payment_common.tools.amounts import to_amount

from ...client.refund_routing import Way


@dataclass(frozen=True)
class Announcement:
    """What a clerk is told before a refund, based on Clover's data.

    :param way: the way the money goes back, None if all ways are closed
    :param sentence: what will happen to the money, or why a refund is impossible
    :param closed_ways: one line for each other way, with the reason why it is closed
    """

    way: Way | None
    sentence: str
    closed_ways: str


class PaymentTransaction(models.Model):
    """The announcement of a refund of this payment, before anything is sent."""

    _inherit = "payment.transaction"

    def _clover_announce_refund(self, facts, amount):
        """Return the announcement of a refund; the way is decided again on sending.

        :param facts: see :meth:`_clover_refund_facts`
        :param float amount: in the currency, without surcharge and tip
        :rtype: Announcement
        """
        routing = self._clover_route(facts, amount)
        return Announcement(
            way=routing.way,
            sentence=(
                self._clover_way_sentence(routing.way, facts, amount)
                if routing.way
                else self._clover_reason_sentence(routing.reason, facts)
            ),
            closed_ways="\n".join(
                f"{self._clover_way_label(way)}: {self._clover_reason_sentence(reason, facts)}"
                for way, reason in routing.closed.items()
            ),
        )

    def _clover_check_credit(self, reason):
        """Refuse a credit unless a Manager gives a reason; a credit is not tied to a payment.

        :raise AccessError: the user is no Manager
        :raise UserError: no reason is given
        """
        if not self.env.user.has_group("fusion_payment_common.group_fusion_manager"):
            raise AccessError(
                self.env._("Only a Manager of Fusion Payments gives credits. Ask one.")
            )
        if not reason:
            raise UserError(self.env._("Enter the reason of the credit."))

    def _clover_most_to_refund(self, facts, credit_note):
        """Return the largest refund that Odoo, Clover and the credit note allow now.

        :param facts: see :meth:`_clover_refund_facts`; None if Clover was not asked
        :param credit_note: may be empty
        :return: in the currency, without surcharge and tip; 0 if nothing is left
        """
        most = [self._clover_left()]
        if not (facts and facts.gone):
            left_at_clover = to_amount(facts.left if facts else 0, self.currency_id)
            most.append(self._clover_document_part(left_at_clover))
        if credit_note:
            most.append(credit_note._clover_refund_due())
        return max(min(most), 0)
