from ..common import WexCommon


class BooksCommon(WexCommon):
    """An account with a journal, an account of cards issued and a tolerance of two cents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.issued_account = cls.env["account.account"].create(
            {
                "code": "215900",
                "name": "Virtual cards issued",
                "account_type": "liability_current",
                "reconcile": True,
            }
        )
        cls.wex_journal = cls.env["account.journal"].create(
            {"name": "WEX", "code": "WEX", "type": "bank"}
        )
        cls.account.write(
            {
                "journal_id": cls.wex_journal.id,
                "outstanding_account_id": cls.issued_account.id,
                "difference_account_id": cls.company_data["default_account_expense"].id,
                "tolerance": 0.02,
                "max_uses": 0,
            }
        )

    def _look(self, card):
        """Let the card be looked at now."""
        card.sudo().next_attempt_at = "2020-01-01"
        self.env.flush_all()
        self.env["wex.virtual.card"].sudo()._queue_work()
        self.env.invalidate_all()

    def _card(self, bills=None, **values):
        return self._issued(bills, **values).card_id

    def _charge(self, card, *amounts, action="post"):
        for amount in amounts:
            self.simulator.act(card.reference, action, amount=str(amount))
        self._look(card)

    def _balance(self, account):
        """What is on an account, in the company's currency."""
        self.env.flush_all()
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return round(sum(lines.mapped("balance")), 2)

    def _line(self, card):
        """The card's line as an accountant reads it: issued, charged, released, open."""
        return (card.amount, card.amount_posted, card.amount_released, card.amount_open)
