from . import vault
from . import secret
from . import secret_access
