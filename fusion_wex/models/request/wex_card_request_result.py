from odoo import fields, models

from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ...client.errors import Remedy
from ...client.remedies import remedy_of_code
from ...client.types import VirtualCard


class WexCardRequest(models.Model):
    """Records the result of an issue, once: card, books, bills and outbox."""

    _inherit = "wex.card.request"

    second_of_id = fields.Many2one(
        "wex.card.request",
        string="Second Card Of",
        readonly=True,
        copy=False,
        help="WEX turned out to have made this card, too, after the request was tried again.",
    )

    def _fusion_apply(self, operation, answer):
        """Override of `fusion_payment_common` to write the result into the request."""
        is_card = answer.outcome == Outcome.SUCCEEDED and not answer.review
        request = self.search([("operation_id", "=", operation.id)])
        if not request and is_card:
            request = self._wex_request_for_second_card(operation)
        if not request:
            return
        # No tracking messages: the ledger records every step, and batches are large.
        request = request.with_company(request.company_id).with_context(tracking_disable=True)
        if is_card:
            request._wex_record_card(operation, answer)
        else:
            request._wex_record_refusal(answer)

    def _wex_request_for_second_card(self, operation):
        """Return a new request for the card of an attempt that was given up, or an empty one.

        It has no bills: the attempt that followed pays them.
        """
        first = self.browse(operation.res_id if operation.res_model == self._name else ()).exists()
        if not first:
            return first
        return self.create(
            {
                "second_of_id": first.id,
                "account_id": first.account_id.id,
                "partner_id": first.partner_id.id,
                "vendor_name": first.vendor_name,
                "employee_name": first.employee_name,
                "requested_by_id": first.requested_by_id.id,
                "currency_id": first.currency_id.id,
                "amount": operation.amount,
                "memo": first.memo,
                "valid_until": first.valid_until,
                "reference": operation.external_reference,
                "operation_id": operation.id,
                "state": "unknown",
            }
        )

    def _wex_record_card(self, operation, answer):
        """Make the card once; the second time changes nothing."""
        if self.card_id:
            return
        facts = VirtualCard.from_dict(answer.data["card"])
        card = self.env["wex.virtual.card"]._wex_create(self, facts)
        self.write(
            {
                "state": "issued",
                "card_id": card.id,
                "message": self.env._("Card ending in %s.", card.last4 or "????"),
            }
        )
        card._wex_store_sealed(answer.data.get("sealed"))
        # The vault has the number now: the ledger keeps the other facts only.
        operation.response_summary = {"card": answer.data["card"]}
        card._wex_after_issue()
        self.account_id._wex_note_problem(False)
        if self.second_of_id:
            self._wex_warn_of_second_card()
        else:
            self._wex_post_on_bills()
            self._wex_queue_delivery()

    def _wex_warn_of_second_card(self):
        """Ask a person to cancel a card that nobody wants. It is not delivered."""
        warning = self.env._(
            "WEX made this card, too, for %s, which was tried again. Cancel it, unless the vendor "
            "is to charge both.",
            self.second_of_id.name,
        )
        self.message = warning
        self.card_id._wex_alert_once(
            "second", self.env._("Second card for %s", self.second_of_id.name), warning
        )

    def _wex_record_refusal(self, answer):
        state, message = self._wex_refusal(answer)
        if self.state in ("issued", "acknowledged") or (self.state, self.message) == (
            state,
            message,
        ):
            return
        self.write({"state": state, "message": message})
        if remedy_of_code(answer.error_code, answer.outcome) is Remedy.CONFIGURATION:
            self.account_id._wex_note_problem(answer.error_message or answer.error_code)
        if state in ("declined", "failed"):
            self._wex_post_on_bills()
            self._wex_queue_delivery()

    def _wex_refusal(self, answer):
        """Return the state and the sentence, with the next step, for an answer without a card."""
        if answer.review:
            return "unknown", self.env._(
                "Needs a decision by a manager: %s. Do not pay the bill in another way.",
                answer.review,
            )
        remedy = remedy_of_code(answer.error_code, answer.outcome)
        reason = answer.data.get("detail") or answer.error_message or answer.error_code or "-"
        return {
            Remedy.REFUSED: (
                "declined",
                self.env._(
                    "No card: %s. Correct the bill or the vendor, then try again.", reason
                ),
            ),
            Remedy.FUNDING: (
                "declined",
                self.env._("No card: %s. Ask the treasury, then try again.", reason),
            ),
            Remedy.CONFIGURATION: (
                "failed",
                self.env._(
                    "No card: %s. Ask an administrator to correct the WEX account, then try "
                    "again.",
                    reason,
                ),
            ),
            Remedy.UNAVAILABLE: (
                "failed",
                self.env._("No card: WEX could not be reached. Try again."),
            ),
            Remedy.AWAITING_APPROVAL: (
                "issuing",
                self.env._(
                    "Waits for an approval at WEX. The card will appear here by itself."
                ),
            ),
        }.get(
            remedy,
            (
                "unknown",
                self.env._(
                    "We are checking with WEX whether the card was made. Do not pay the bill in "
                    "another way: this page will show the result by itself."
                ),
            ),
        )

    def _wex_post_on_bills(self):
        """Post the result on the bills: the last four digits, never more."""
        for move in self.move_ids:
            move.message_post(
                body=self.env._(
                    "Virtual card %(name)s over %(amount)s: %(message)s",
                    name=self.name,
                    amount=self.currency_id.format(self.amount),
                    message=self.message,
                )
            )
