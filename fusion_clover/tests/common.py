import sys
from pathlib import Path

import requests

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

REPOSITORY = Path(__file__).resolve().parents[2]

APPROVED = "4242424242424242"
DECLINED = "4005571702222222"

APP_ID = "SIMCLOVERAPP1"
APP_SECRET = "sim-clover-app-secret"
MERCHANT_ID = "SIMMERCHANT01"


def run_simulator():
    """Return a context in which the Clover simulator runs; it yields the simulator's address."""
    if str(REPOSITORY) not in sys.path:
        sys.path.append(str(REPOSITORY))
    from tests.simulators import running

    return running("clover")


class Simulator:
    """The simulator's control interface, and what a browser would do with its card form."""

    def __init__(self, origin):
        self.origin = origin
        self.post("reset", {})

    def post(self, path, body=None):
        response = requests.post(f"{self.origin}/_sim/{path}", json=body, timeout=10)
        response.raise_for_status()

    def delete(self, path):
        requests.delete(f"{self.origin}/_sim/{path}", timeout=10).raise_for_status()

    def fault(self, fault, path="/v1/charges", method="POST", **options):
        rule = {"match": {"method": method, "path": path}, "fault": fault, "count": 1, **options}
        self.post("faults", [rule])

    def ledger(self):
        return requests.get(f"{self.origin}/_sim/ledger", timeout=10).json()

    def requests(self, path=None):
        made = requests.get(f"{self.origin}/_sim/requests", timeout=10).json()
        return [request for request in made if path in (None, request["path"])]

    def source_token(self, api_access_key, number=APPROVED, *, multipay=False):
        """Return the token that the card form would make of a test card."""
        card = {"number": number, "exp_month": "12", "exp_year": "2030", "cvv": "123"}
        response = requests.post(
            f"{self.origin}/v1/tokens",
            headers={"apikey": api_access_key, "User-Agent": "FusionTests/1"},
            json={"card": card, "multipay": True} if multipay else {"card": card},
            timeout=10,
        )
        response.raise_for_status()
        return response.json()["id"]


class CloverCommon(AccountPaymentCommon):
    """A company that is connected to the simulator by a merchant API token, and an invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # One for each class: Odoo ends child processes that are left when a class is done.
        cls.origin = cls.enterClassContext(run_simulator())
        cls.currency = cls._enable_currency("CAD")
        cls.env["ir.config_parameter"].sudo().set_param(
            "fusion_clover.sandbox_origin", cls.origin
        )
        cls.provider = cls._prepare_provider(
            "clover",
            update_values={
                "clover_app_id": APP_ID,
                "clover_app_secret": APP_SECRET,
                "clover_merchant_id": MERCHANT_ID,
                "clover_rest_api_token": "sim-merchant-api-token",
                "clover_api_key": "sim-ecommerce-private-key",
                "journal_id": cls.company_data["default_journal_bank"].id,
            },
        )
        cls.clerk = new_test_user(
            cls.env,
            login="clover_clerk",
            groups="fusion_payment_common.group_fusion_collector",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )
        cls.move = cls._new_invoice(113.0)

    def setUp(self):
        super().setUp()
        self.simulator = Simulator(self.origin)

    @classmethod
    def _new_invoice(cls, amount):
        return cls.init_invoice(
            "out_invoice",
            partner=cls.partner_a,
            amounts=[amount],
            taxes=[],
            post=True,
            currency=cls.currency,
        )

    def _source(self, number=APPROVED):
        return self.simulator.source_token(self.provider._clover_get_public_key(), number)

    def _charges(self):
        return [effect for effect in self.simulator.ledger() if effect["kind"] == "charge"]
