from . import fusion_delivery
from . import wex_account_proxy
from . import wex_card_request_proxy
from . import wex_card_request_proxy_answer
