from . import test_surcharge_rule
from . import test_card_range
