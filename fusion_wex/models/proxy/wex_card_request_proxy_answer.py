import logging

from odoo import models

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES, Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools.cursors import own_environment

from ...client import proxy_wire
from ...client.amounts import read_amount
from ...client.issuing import unsealed
from ...client.types import VirtualCard

_logger = logging.getLogger(__name__)


class WexCardRequest(models.Model):
    """Answers for callers of `/proxy`, made from the ledger's answer."""

    _inherit = "wex.card.request"

    def _wex_proxy_repeated(self, account, asked):
        """Return status and body for a request that was begun before.

        :param self: the request; empty where our transaction is too old to see it
        """
        told = self and self._wex_proxy_stored(account, asked)
        if told:
            return told
        with own_environment(self.env) as env:
            operation = env[self._name]._wex_proxy_known(account, asked).operation_id
            reference, is_open = operation.reference, operation.state not in CLOSED_STATES
        if is_open and reference:
            # The caller waits: look it up at WEX now if that is due, and book the result.
            self.env["fusion.operation"]._complete_due(reference=reference)
        with own_environment(self.env) as env:
            account._wex_fill_cache(env)
            request = env[self._name]._wex_proxy_known(account, asked)
            return request._wex_proxy_stored(account.with_env(request.env), asked, is_final=True)

    def _wex_proxy_stored(self, account, asked, *, is_final=False):
        """Return status and body from what is stored of a request, in one statement.

        :param is_final: also where WEX has not decided; else None is returned then
        """
        self.env.cr.execute(
            """
            SELECT r.proxy_fields, r.amount, o.state, o.review_reason, o.provider_reference,
                   o.response_summary, o.error_code, o.error_message, a.http_status
              FROM wex_card_request r
              JOIN fusion_operation o ON o.id = r.operation_id
         LEFT JOIN fusion_operation_attempt a
                ON a.operation_id = o.id AND a.number = o.attempt_count
             WHERE r.id = %s
            """,
            [self.id],
        )
        sent, amount, state, review, reference, summary, code, message, status = (
            self.env.cr.fetchone()
        )
        amount = read_amount(amount)
        if not asked.is_same(sent or {}, amount):
            text = self.env._("This _id was used for another request; nothing was sent.")
            return proxy_wire.CONFLICT, proxy_wire.error_body(asked.sent, proxy_wire.CONFLICT, text)
        if state not in CLOSED_STATES and not is_final:
            return None
        answer = Answer(
            outcome=Outcome(state) if state in CLOSED_STATES else Outcome.UNKNOWN,
            provider_reference=reference,
            data=summary or {},
            error_code=code,
            error_message=message,
            review=review,
        )
        return self._wex_proxy_answer_of(account, sent, amount, answer, status)

    def _wex_proxy_answer_of(self, account, sent, amount, answer, http_status):
        """Return status and body for an answer of WEX's, whether or not it is booked already.

        :param self: the request; may be empty where it was only just made
        :param sent: what the caller sent, :param amount: a Decimal
        :param answer: an :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer`
        :param http_status: of WEX's last answer, if there was one
        """
        if answer.review or answer.outcome not in CLOSED_STATES:
            return proxy_wire.NO_ANSWER, proxy_wire.no_answer_body(
                sent,
                self.env._(
                    "It is not known yet whether the card was made. Send the same _id again: no "
                    "second card is made."
                ),
            )
        if answer.outcome == Outcome.NOT_SENT:
            return proxy_wire.NO_ANSWER, proxy_wire.no_answer_body(
                sent, answer.error_message or answer.error_code or ""
            )
        if answer.outcome != Outcome.SUCCEEDED:
            body = proxy_wire.refusal_body(sent, answer, http_status)
            return body[proxy_wire.STATUS_FIELD], body
        return self._wex_proxy_card(account, sent, amount, answer)

    def _wex_proxy_card(self, account, sent, amount, answer):
        facts = VirtualCard.from_dict(answer.data["card"])
        body = proxy_wire.issued_body(sent, amount, (facts.expiry_month, facts.expiry_year))
        if not account.delivery_endpoint_id.wex_sends_card_data:
            return proxy_wire.OK, body
        try:
            secret = self._wex_proxy_secret(account, answer.data.get("sealed"), facts)
        except GatewayError as error:
            _logger.warning("Card %s cannot be shown: %s", answer.provider_reference, error)
            return proxy_wire.NO_ANSWER, proxy_wire.no_answer_body(
                sent, self.env._("The card was made; its number cannot be read now.")
            )
        return proxy_wire.OK, proxy_wire.with_card(body, secret)

    def _wex_proxy_secret(self, account, sealed, facts):
        """Return number and code: from the ledger, the vault, or WEX.

        :raise GatewayError: WEX does not show them, or not now
        """
        if sealed:
            return unsealed(self.env["fusion.vault"]._decrypt(sealed))
        if not self.card_id._wex_has_number():
            return account._wex_client().reveal(facts.id)
        kept = self.card_id._wex_secret()
        if kept.reveal_security_code():
            return kept
        # The code is deleted once the receiver has it; a caller that repeats still needs it.
        try:
            return account._wex_client().reveal(facts.id)
        except GatewayError:
            return kept
