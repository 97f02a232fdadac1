from . import test_delivery
from . import test_delivery_endpoint
from . import test_delivery_failure
from . import test_delivery_acknowledgement
from . import test_delivery_replay
from . import test_delivery_access
from . import test_delivery_handler
from . import test_delivery_canaries
