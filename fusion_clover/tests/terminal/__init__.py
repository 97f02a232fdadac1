from . import test_terminal
from . import test_terminal_edges
from . import test_terminal_routes
from . import test_terminal_refund
from . import test_terminal_credit
from . import test_tip_refund
