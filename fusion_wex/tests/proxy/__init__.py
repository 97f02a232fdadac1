from . import test_proxy
from . import test_proxy_ack
