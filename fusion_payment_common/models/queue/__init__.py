from . import queue
from . import queue_wake
