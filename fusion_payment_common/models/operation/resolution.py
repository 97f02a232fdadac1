from datetime import timedelta
from typing import NamedTuple

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ...lib import errors
from ...lib.ledger import CLOSED_STATES, READY, Answer
from ...lib.outcome import Outcome
from ...tools import processes
from ...tools.cursors import in_own_transaction

#: Error code of an operation that a Manager closed because no money moved.
RESOLVED_BY_HAND = "resolved_by_hand"


class Taken(NamedTuple):
    """State of an operation when a Manager leased it for resolution."""

    was_sent: bool
    has_request: bool


class FusionOperation(models.Model):
    """Resolution by a Manager, recorded with its evidence."""

    _inherit = "fusion.operation"

    resolved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    resolved_at = fields.Datetime(readonly=True, copy=False)
    resolution_note = fields.Text(readonly=True, copy=False)
    can_resolve = fields.Boolean(compute="_compute_can_resolve")

    def _compute_can_resolve(self):
        for operation in self:
            undecided = operation.review_reason or operation.state not in CLOSED_STATES
            operation.can_resolve = bool(undecided and not operation._is_leased())

    def action_resolve(self):
        """Open the dialog in which a Manager states the outcome of the operation."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Resolve"),
            "res_model": "fusion.operation.resolution",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_operation_id": self.id},
        }

    def _resolve(self, *, provider_reference=None, accept_difference=False, note):
        """Close an operation as a Manager decides, after asking the provider once more.

        A closed operation may be under review because of a later, contradicting answer. It is
        reopened first if either result is a success. The operation is leased while the provider
        is asked.

        :param str provider_reference: the provider's id of the object that proves the success;
            None when the Manager has established that no money moved
        :param bool accept_difference: book the amount that moved, although it is not the one asked
        :param str note: the evidence, kept with the operation
        :raise AccessError: the user is no Manager
        :raise UserError: the provider's records say otherwise, or cannot be read now
        """
        self.ensure_one()
        if not self.env.user.has_group("fusion_payment_common.group_fusion_manager"):
            raise AccessError(self.env._("Only a Manager of Fusion Payments resolves operations."))
        self.check_access("read")
        # Elevated: users cannot write the ledger; this is the one way to, and it is recorded.
        operation = self.sudo()
        owner = processes.lease_owner()
        taken = in_own_transaction(
            self.env, lambda env: operation.with_env(env)._take_to_resolve(owner)
        )
        try:
            if provider_reference:
                answer, exchanges = operation._evidence(
                    taken, provider_reference, accept_difference
                )
            else:
                answer, exchanges = operation._absence(taken, note)
        except Exception:
            in_own_transaction(
                self.env, lambda env: operation.with_env(env)._leave_unresolved(owner)
            )
            raise

        def close(env):
            own = operation.with_env(env)
            own._lock()
            if own.lease_owner != owner:
                raise own._not_resolvable()
            if own.state in CLOSED_STATES and Outcome.SUCCEEDED in (own.state, answer.outcome):
                own._reopen()
            own._open_attempt(
                "resolve",
                {
                    "review_reason": False,
                    "resolved_by_id": env.uid,
                    "resolved_at": fields.Datetime.now(),
                    "resolution_note": note,
                    "lease_owner": False,
                    "lease_until": False,
                },
            )
            own._finish(answer, exchanges)
            own.activity_ids.unlink()
            own.message_post(body=note, author_id=env.user.partner_id.id)

        in_own_transaction(self.env, close)
        operation._settle(operation.id)
        self.env.invalidate_all()

    def _take_to_resolve(self, owner):
        """Lease the operation, so that no worker repeats or closes it while the provider is asked.

        :return: a :class:`Taken`; the caller's snapshot may be older
        :raise UserError: another process has leased it, or there is nothing to decide
        """
        self._lock()
        if not self.can_resolve:
            raise self._not_resolvable()
        lease_until = self._queue_now() + timedelta(seconds=self._queue_lease_seconds)
        # If this process dies, the completer continues when the lease ends.
        self.write(
            {"lease_owner": owner, "lease_until": lease_until, "next_attempt_at": lease_until}
        )
        return Taken(
            was_sent=bool(self.started_at) and self.state != READY,
            has_request=bool(self.request_payload),
        )

    def _leave_unresolved(self, owner):
        """End the lease without a decision; the completer goes on as before."""
        self._lock()
        if self.lease_owner == owner:
            now = self._queue_now()
            self.write({"lease_owner": False, "lease_until": now, "next_attempt_at": now})
            self._queue_wake()

    def _not_resolvable(self):
        return UserError(
            self.env._("This operation is closed, or somebody is working on it right now.")
        )

    def _evidence(self, taken, provider_reference, accept_difference):
        """Return the provider's answer about the object that the Manager named."""
        if not taken.has_request:
            raise UserError(
                self.env._(
                    "What was asked for is not kept any more, so that nothing can be compared with "
                    "it. Book %s by hand.",
                    provider_reference,
                )
            )
        self._refuse_known_reference(provider_reference)
        read, exchanges = self._prepare(self.id, "_fusion_prepare_read", provider_reference)
        try:
            answer = read()
        except errors.GatewayError as error:
            raise UserError(
                self.env._(
                    "%(ref)s cannot be read: %(error)s.", ref=provider_reference, error=error
                )
            ) from error
        if answer.review and accept_difference:
            answer = Answer(
                outcome=Outcome.SUCCEEDED,
                provider_reference=answer.provider_reference,
                data={**answer.data, "accepted_difference": True},
            )
        if answer.review:
            raise UserError(
                self.env._(
                    "%s. Tick Accept the difference to book what really moved.", answer.review
                )
            )
        if answer.outcome != Outcome.SUCCEEDED:
            raise UserError(
                self.env._("The provider does not say that %s went through.", provider_reference)
            )
        return answer, exchanges

    def _absence(self, taken, note):
        """Return the answer that closes the operation, after the provider confirmed no payment."""
        if not taken.was_sent:
            never_sent = Answer(
                outcome=Outcome.NOT_SENT, error_code=RESOLVED_BY_HAND, error_message=note
            )
            return never_sent, []
        closing = Answer(
            outcome=Outcome.REJECTED, error_code=RESOLVED_BY_HAND, error_message=note
        )
        if not taken.has_request:
            # Closed long ago and the request was removed: it cannot be looked up or sent again.
            return closing, []
        look_up, exchanges = self._prepare(self.id, "_fusion_prepare_lookup")
        try:
            answer = look_up()
        except errors.GatewayError as error:
            raise UserError(
                self.env._("The provider cannot be asked now (%s). Try again later.", error)
            ) from error
        if answer is not None and answer.under_way:
            raise UserError(
                self.env._("The provider is still working on this payment. Try again later.")
            )
        if answer is not None and answer.may_have_moved_money:
            raise UserError(
                self.env._(
                    "The provider knows this payment as %s: resolve it with that reference.",
                    answer.provider_reference,
                )
            )
        return closing, exchanges

    def _refuse_known_reference(self, provider_reference):
        """Refuse a provider object that already belongs to another operation."""
        others = self.search(
            [
                ("provider_code", "=", self.provider_code),
                ("provider_reference", "=", provider_reference),
                ("id", "!=", self.id),
            ]
        )
        handler = self.env[self.handler]
        other = others.filtered(lambda one: not handler._fusion_is_followed_by(one, self))[:1]
        if other:
            raise UserError(
                self.env._(
                    "%(ref)s belongs to %(operation)s already.",
                    ref=provider_reference,
                    operation=other.display_name,
                )
            )

