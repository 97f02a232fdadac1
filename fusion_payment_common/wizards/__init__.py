from . import account_payment_register
from . import fusion_event_replay
from . import fusion_secret_reveal
from . import fusion_operation_resolution
from . import fusion_delivery_replay
