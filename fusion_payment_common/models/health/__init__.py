from . import check
from . import probe
from . import queues
from . import server
