from . import test_approval
from . import test_issue
from . import test_pay_bills
