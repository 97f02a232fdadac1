from functools import partial

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.fusion_payment_common.exceptions import OperationInProgress
from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.tools import rows
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ...client import proxy_wire
from ...client.issuing import carry_out_issue
from ...client.types import CardRequest
from ..request.wex_card_request import NO_CARD_STATES

_IS_KNOWN = SQL("(account_id, external_ref) WHERE external_ref IS NOT NULL DO NOTHING")


class _InsertedMeanwhile(Exception):
    """Another transaction inserted the request after ours had searched for it."""


class WexCardRequest(models.Model):
    """Cards that another system requests through `/proxy`; it waits for the answer.

    A hundred times a second, if need be: a request that nobody has seen costs two transactions of
    a few statements, one before the call and one after it. What is rare goes through the ORM.
    """

    _inherit = "wex.card.request"

    proxy_fields = fields.Json(
        readonly=True, copy=False, help="What the other system sent, for its answers."
    )

    @api.model
    def _wex_answer_proxy(self, account, asked):
        """Issue the requested card once, and return the answer for the caller.

        The request is committed together with its operation before WEX is called, so that nothing
        is lost with this process. The same request again calls nobody as long as there is a card
        or may be one; a request that surely made none is tried again, under another reference.

        :param account: a ``wex.account`` that is not disabled (elevated)
        :param asked: a :class:`~odoo.addons.fusion_wex.client.proxy_wire.ProxyRequest`
        :return: ``(status, body)`` of the old proxy
        """
        exchanges = []
        try:
            issuer = account._wex_client(exchanges.append)
            request = self._wex_proxy_known(account, asked)
            begun = self._wex_proxy_begin(account, asked, request)
        except (UserError, GatewayError) as error:
            return proxy_wire.INVALID, {"error": "Invalid input", "message": str(error)}
        if begun is None:
            return request._wex_proxy_repeated(account, asked)
        operation, card_request = begun
        call = partial(carry_out_issue, issuer, card_request, account._wex_seal())
        answer = self.env["fusion.operation"]._carry_out(operation, call, exchanges)
        status = exchanges[-1].status if exchanges else None
        return self._wex_proxy_answer_of(account, asked.sent, asked.amount, answer, status)

    @api.model
    def _wex_proxy_known(self, account, asked):
        # SQL, because the ORM's search takes several times as long here.
        self.env.cr.execute(
            "SELECT id FROM wex_card_request WHERE account_id = %s AND external_ref = %s",
            [account.id, asked.key],
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    # === BEGIN === #

    @api.model
    def _wex_proxy_begin(self, account, asked, request):
        """Commit the request and its operation before WEX is called.

        :param request: what is known under the key that is asked for, if anything
        :return: what was begun and the ``CardRequest`` of it; None when there is a card, may be
            one, or another process is at it
        :raise UserError: it cannot be issued
        """
        if request and request.state not in NO_CARD_STATES:
            return None
        values = self._wex_proxy_values(account, asked)

        def begin(env):
            account._wex_fill_cache(env)
            model = env[self._name].with_company(account.company_id)
            if request:
                return model._wex_proxy_begin_again(account, asked, values)
            return model._wex_proxy_begin_first(account, asked, values)

        try:
            try:
                return in_own_transaction(self.env, begin)
            except psycopg2.errors.UniqueViolation:
                # Another transaction has just created this year's number range.
                return in_own_transaction(self.env, begin)
        except _InsertedMeanwhile:
            return None

    @api.model
    def _wex_proxy_values(self, account, asked):
        """Return the values of the request: what the caller sent, on the account's terms."""
        number = asked.text("invoice_number")
        return {
            "proxy_fields": dict(asked.sent),
            "amount": float(asked.amount),
            "vendor_name": asked.text("hauler_name"),
            "payment_name": asked.text("payment_id"),
            "employee_name": asked.text("employee") or self.env.user.name,
            "memo": number,
            "bill_number": number,
            "bill_date": asked.invoice_date or self._wex_bill_date(account, asked),
        }

    @api.model
    def _wex_proxy_begin_first(self, account, asked, values):
        """Insert the request and its operation by SQL, which takes nine statements in all."""
        row = {
            **values,
            **self._wex_proxy_terms(account),
            "name": self._wex_next_name(),
            "account_id": account.id,
            "company_id": account.company_id.id,
            "currency_id": account.currency_id.id,
            "external_ref": asked.key,
            "requested_by_id": self.env.uid,
            "state": "issuing",
            "message": self.env._("WEX is asked for the card."),
            "partner_id": False,
            "delivery_email": False,
        }
        self.env.cr.execute(
            rows.insert(
                self,
                row,
                on_conflict=_IS_KNOWN,
                returning=SQL("id"),
            )
        )
        inserted = self.env.cr.fetchone()
        if not inserted:
            raise _InsertedMeanwhile
        request = self.browse(inserted[0])
        # The cache has what was written, so that nothing is read back.
        none = {"line_ids": self.line_ids.browse(), "move_ids": self.move_ids.browse()}
        request._update_cache({**row, **none}, validate=False)
        intent = request._wex_proxy_intent()
        begun = self._wex_proxy_begin_operation(intent)
        self.env.cr.execute(
            "UPDATE wex_card_request SET operation_id = %s, reference = %s WHERE id = %s",
            [begun.operation_id, intent.reference, request.id],
        )
        return begun, CardRequest.from_dict(intent.payload["request"])

    @api.model
    def _wex_proxy_terms(self, account):
        """Return the values that the ORM would compute for a request."""
        today = fields.Date.context_today(self)
        days = account.validity_days
        return {
            "valid_until": days and fields.Date.add(today, days=days),
            "max_uses": account.max_uses,
            "is_exact_amount": account.is_exact_amount,
        }

    @api.model
    def _wex_proxy_begin_again(self, account, asked, values):
        """Begin again, under another reference, what made no card."""
        self.env.cr.execute(
            """
            SELECT id FROM wex_card_request WHERE account_id = %s AND external_ref = %s FOR UPDATE
            """,
            [account.id, asked.key],
        )
        request = self.browse(self.env.cr.fetchone()).with_context(tracking_disable=True)
        if request.state not in NO_CARD_STATES:
            return None
        request.write({**values, "approved_by_id": False, "is_acknowledged_early": False})
        intent = request._wex_proxy_intent()
        begun = self._wex_proxy_begin_operation(intent)
        operation = self.env["fusion.operation"].browse(begun.operation_id)
        request._wex_record_begin(
            operation, intent, "issuing", self.env._("WEX is asked for the card.")
        )
        return begun, CardRequest.from_dict(intent.payload["request"])

    @api.model
    def _wex_proxy_begin_operation(self, intent):
        try:
            begun = self.env["fusion.operation"]._begin(intent)
        except OperationInProgress as error:
            # The earlier attempt is not booked yet: the caller may ask again.
            raise _InsertedMeanwhile from error
        if begun.is_known:
            raise _InsertedMeanwhile
        return begun

    def _wex_proxy_intent(self):
        try:
            return self._wex_intent()
        except GatewayError as error:
            raise UserError(str(error)) from error

    @api.model
    def _wex_next_name(self):
        """Return the next number of the requests, in one statement where that is possible."""
        self.env.cr.execute(
            """
            SELECT s.id, r.date_from, s.prefix, s.suffix, s.padding, nextval(
                       'ir_sequence_' || lpad(s.id::text, greatest(3, length(s.id::text)), '0')
                       || '_' || lpad(r.id::text, greatest(3, length(r.id::text)), '0'))
              FROM ir_sequence s
              JOIN ir_sequence_date_range r ON r.sequence_id = s.id
             WHERE s.id = (SELECT id FROM ir_sequence
                            WHERE code = %s AND active AND (company_id = %s OR company_id IS NULL)
                         ORDER BY company_id LIMIT 1)
               AND s.implementation = 'standard' AND s.use_date_range
               AND %s BETWEEN r.date_from AND r.date_to
            """,
            ["wex.card.request", self.env.company.id, fields.Date.today()],
        )
        found = self.env.cr.fetchone()
        if not found:
            # A sequence without gaps, or the first number of a year.
            return self.env["ir.sequence"].next_by_code("wex.card.request")
        sequence_id, date_from, prefix, suffix, padding, number = found
        sequence = self.env["ir.sequence"].browse(sequence_id)
        sequence._update_cache({"prefix": prefix, "suffix": suffix, "padding": padding})
        return sequence.with_context(ir_sequence_date_range=date_from).get_next_char(number)

    @api.model
    def _wex_bill_date(self, account, asked):
        """Return the date of the one bill of this number and vendor in Odoo, or False."""
        number = asked.text("invoice_number").strip()
        if not number:
            return False
        self.env.cr.execute(
            """
            SELECT move.invoice_date
              FROM account_move move
              JOIN res_partner partner ON partner.id = move.partner_id
             WHERE move.ref = %s AND move.company_id = %s AND move.move_type = 'in_invoice'
               AND move.state = 'posted' AND lower(partner.name) = lower(%s)
             LIMIT 2
            """,
            [number, account.company_id.id, asked.text("hauler_name").strip()],
        )
        dates = [row[0] for row in self.env.cr.fetchall()]
        return (len(dates) == 1 and dates[0]) or False
