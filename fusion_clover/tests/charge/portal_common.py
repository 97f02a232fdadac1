from odoo.fields import Command
from odoo.tests import HttpCase

from ...const import PROCESS_CARD_PATH
from ..common import APPROVED, CloverCommon


class PortalCommon(CloverCommon, HttpCase):
    """Customers who pay on Odoo's own form; what their browser sends is sent here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider.write({"is_published": True, "allow_tokenization": True})
        cls.card_method = cls.env.ref("payment.payment_method_card")
        cls.customer_user = cls.env["res.users"].create(
            {
                "name": "Paula Portal",
                "login": "paula_portal",
                "password": "paula_portal",
                "email": "paula@example.com",
                "group_ids": [Command.set(cls.env.ref("base.group_portal").ids)],
                "company_id": cls.env.company.id,
                "company_ids": [Command.set(cls.env.company.ids)],
            }
        )
        cls.customer = cls.customer_user.partner_id
        cls.move = cls._portal_invoice(113.0)

    @classmethod
    def _portal_invoice(cls, amount):
        return cls.init_invoice(
            "out_invoice", partner=cls.customer, amounts=[amount], taxes=[], post=True,
            currency=cls.currency,
        )  # fmt: skip

    def _multipay_source(self, number=APPROVED):
        return self.simulator.source_token(
            self.provider._clover_get_public_key(), number, multipay=True
        )

    def _begin(self, move=None, *, amount=None, save=False, token=None):
        """Press Pay on the invoice's page; return what the page gets to go on with."""
        move = move or self.move
        return self.make_jsonrpc_request(
            f"/invoice/transaction/{move.id}",
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id if not token else None,
                "token_id": token.id if token else None,
                "amount": amount or move.amount_residual,
                "flow": "token" if token else "direct",
                "tokenization_requested": save,
                "landing_route": move.get_portal_url(),
                "access_token": move._portal_ensure_token(),
            },
        )

    def _process(self, values, source, **changes):
        params = {
            "reference": values["reference"],
            "access_token": values["access_token"],
            "source": source,
            **changes,
        }
        result = self.make_jsonrpc_request(PROCESS_CARD_PATH, params)
        self.env.invalidate_all()
        return result

    def _pay(self, move=None, number=APPROVED, **begin):
        return self._process(self._begin(move, **begin), self._source(number))

    def _transaction(self, values):
        return self.env["payment.transaction"].search([("reference", "=", values["reference"])])

    def _operations(self, values):
        operations = self.env["fusion.operation"].sudo()
        return operations.search([("reference", "=", values["reference"])])

    def _saved_card(self):
        values = self._begin(self._portal_invoice(5.0), save=True)
        self.assertEqual(self._process(values, self._multipay_source())["state"], "done")
        return self._transaction(values).token_id
