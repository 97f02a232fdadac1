from . import clover_used_state
from . import clover_dispatcher
from . import clover_tenant
from . import clover_tenant_forwarding
from . import clover_tenant_refusal
from . import fusion_signed_state_launch
