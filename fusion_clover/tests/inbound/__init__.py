from . import test_webhook
from . import test_reading
from . import test_unmatched
from . import test_polling
