from . import test_books
from . import test_health
from . import test_activity
from . import test_opened
from . import test_reveal
