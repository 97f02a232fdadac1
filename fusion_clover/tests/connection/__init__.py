from . import test_oauth
from . import test_renewal
from . import test_connection
from . import test_going_live
