from ..refund.refund_common import RefundCommon

DEBIT = "4000056655665556"
#: What the card form says about the cards above.
CREDIT_CARD = {"first6": "424242", "brand": "VISA", "last4": "4242"}
DEBIT_CARD = {"first6": "400005", "brand": "VISA", "last4": "5556"}


class SurchargeCommon(RefundCommon):
    """A company in Ontario that adds 2.4 % to credit cards, as the law allows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._add_surcharges()

    @classmethod
    def _add_surcharges(cls):
        company = cls.env.company
        company.country_id = cls.env.ref("base.ca")
        company.state_id = cls.env.ref("base.state_ca_on")
        cls.partner_a.write({"country_id": cls.env.ref("base.ca").id, "state_id": False})
        cls.partner_a.state_id = cls.env.ref("base.state_ca_on")
        cls.rule = cls.env["fusion.surcharge.rule"].sudo().create(
            {
                "company_id": company.id,
                "country_id": cls.env.ref("base.ca").id,
                "rate": 2.4,
                "merchant_cost": 2.9,
                "is_notice_given": True,
                "is_disclosed": True,
            }
        )
        cls.env["fusion.card.range"].sudo().create(
            [
                {"first_digits": "424242", "kind": "credit"},
                {"first_digits": "400005", "kind": "debit"},
            ]
        )
        cls.provider.clover_surcharging = "none"

    def _wizard(self, move, amount=None):
        action = move.with_user(self.clerk).action_clover_collect_payment()
        wizard = self.env["clover.payment.wizard"].with_user(self.clerk).browse(action["res_id"])
        if amount:
            wizard.amount = amount
        wizard.clover_prepare()
        return wizard

    def _collect(self, move, card, number=None, amount=None):
        """Take a card payment as the dialog does; return the transaction."""
        wizard = self._wizard(move, amount)
        source = self._source(number) if number else self._source()
        wizard.clover_quote(source, card)
        wizard.clover_charge(source)
        self.env.invalidate_all()
        return wizard.sudo().transaction_id

    def _moved(self, kind="charge"):
        return [effect["amount"] for effect in self.simulator.ledger() if effect["kind"] == kind]

    def _clover_adds(self, **switches):
        """Let Clover add a surcharge of 2.4 % itself."""
        self.simulator.post("config", {"surcharge": True, **switches})
        self.provider.clover_surcharging = "clover"
        self.provider.clover_surcharge_rate = "0.024"

    def _find_out(self):
        """Let the completer look at everything that is open, as if its time had come."""
        for _ in range(3):
            operations = self.env["fusion.operation"].sudo().search([("applied_at", "=", False)])
            operations.next_attempt_at = "2020-01-01"
            self.env.flush_all()
            operations._complete_due()
            self.env.invalidate_all()
