from odoo import models

from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ..client.errors import Remedy
from ..client.remedies import remedy_of_code
from ..client.types import VirtualCard


class WexCardRequest(models.Model):
    """What came of the issue: once into the card, the books, the bill and the outbox."""

    _inherit = "wex.card.request"

    def _fusion_apply(self, operation, answer):
        """Override of `fusion_payment_common` to write the result into the request."""
        request = self.search([("operation_id", "=", operation.id)])
        if not request:
            return
        # Untracked: the ledger is the trail, and batches are large.
        request = request.with_company(request.company_id).with_context(tracking_disable=True)
        if answer.outcome == Outcome.SUCCEEDED and not answer.review:
            request._wex_take_card(operation, answer)
        else:
            request._wex_take_refusal(answer)

    def _wex_take_card(self, operation, answer):
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
        card._wex_keep(answer.data.get("sealed"))
        # The ciphertext has served: the ledger keeps facts only.
        operation.response_summary = {"card": answer.data["card"]}
        card._wex_after_issue()
        self.account_id._wex_note_problem(False)
        self._wex_tell_bills()
        self._wex_queue_delivery()

    def _wex_take_refusal(self, answer):
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
            self._wex_tell_bills()
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

    def _wex_tell_bills(self):
        """Write the result into the bills' discussion: last four digits, never more."""
        for move in self.move_ids:
            move.message_post(
                body=self.env._(
                    "Virtual card %(name)s over %(amount)s: %(message)s",
                    name=self.name,
                    amount=self.currency_id.format(self.amount),
                    message=self.message,
                )
            )
