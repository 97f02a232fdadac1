from . import payment_transaction
from . import rule
from . import card_range
from . import res_company
