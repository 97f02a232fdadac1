from . import test_provider
from . import test_oauth
from . import test_charge
from . import test_canaries
from . import test_js
from . import test_collect_wizard
from . import test_outcome_matrix
