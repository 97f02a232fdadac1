from . import event_handler
from . import event
from . import event_processor
