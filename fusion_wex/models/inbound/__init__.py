from . import wex_push
from . import wex_intake
from . import fusion_event
