from . import payment_provider_connection
from . import payment_provider_oauth
from . import payment_provider_facts
from . import payment_provider_going_live
from . import clover_oauth_token
from . import clover_oauth_renewal
from . import clover_oauth_health
from . import sandbox_marks
