from . import payment_provider
from . import payment_provider_connection
from . import clover_oauth_token
from . import payment_transaction
from . import account_move
