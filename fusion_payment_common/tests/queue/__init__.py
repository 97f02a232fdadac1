from . import test_restart
from . import test_queue
from . import test_scheduler_watch
