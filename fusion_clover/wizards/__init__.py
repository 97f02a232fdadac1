from . import clover_payment_wizard
from . import clover_refund_wizard
from . import payment_capture_wizard
from . import payment_refund_wizard
