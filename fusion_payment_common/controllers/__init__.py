from . import health
from . import webhook
from . import acknowledgement
