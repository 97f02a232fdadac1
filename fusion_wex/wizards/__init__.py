from . import wex_pay_bills_wizard, wex_pay_bills_wizard_line
