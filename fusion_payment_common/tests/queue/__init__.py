from . import test_restart
from . import test_queue
