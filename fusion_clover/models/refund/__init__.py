from . import payment_provider_first_payment
from . import payment_transaction_refundable
from . import payment_transaction_child
from . import payment_transaction_routing
from . import payment_transaction_authorization
from . import account_payment
from . import account_move
from . import announcement
