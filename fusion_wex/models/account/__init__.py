from . import wex_account
from . import wex_account_books
from . import wex_account_client
from . import wex_account_facts
