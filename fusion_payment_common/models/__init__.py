from . import fusion_operation_handler
from . import fusion_operation
from . import fusion_operation_completer
from . import fusion_operation_attempt
from . import fusion_operation_hold
from . import fusion_signed_state
from . import payment_transaction
from . import account_move
