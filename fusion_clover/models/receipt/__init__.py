from . import payment_transaction_order
from . import payment_transaction_receipt
from . import payment_transaction_receipt_mail
from . import clover_receipt
from . import account_move
