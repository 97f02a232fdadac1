from . import health
from . import healthz
from . import webhook
from . import acknowledgement
