from . import test_secret
from . import test_vault_administration
