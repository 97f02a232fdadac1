from . import test_refund
from . import test_refund_wizard
from . import test_capture
