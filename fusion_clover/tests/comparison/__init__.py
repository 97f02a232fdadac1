from . import test_comparison
from . import test_comparison_days
from . import test_comparison_provider
from . import test_comparison_repair
