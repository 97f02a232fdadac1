from . import test_operation
from . import test_completer
from . import test_operation_access
from . import test_signed_state
from . import test_core_hazards
from . import test_event
from . import test_webhook_route
from . import test_secret
