from . import checkout, oauth, portal
from . import oauth
from . import webhook
from . import dispatcher
