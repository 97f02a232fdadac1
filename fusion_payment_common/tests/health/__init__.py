from . import test_health
from . import test_health_probes
from . import test_heartbeat
