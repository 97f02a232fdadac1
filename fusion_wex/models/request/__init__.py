from . import wex_card_request_line
from . import wex_card_request
from . import wex_card_request_approval
from . import wex_card_request_issue
from . import wex_card_request_result
from . import wex_card_request_delivery
