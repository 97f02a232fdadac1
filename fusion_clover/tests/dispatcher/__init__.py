from . import test_dispatcher
from . import test_tenant
