from . import account_move
from . import fusion_operation
from . import res_partner
from . import account
from . import request
from . import card
from . import proxy
from . import inbound
