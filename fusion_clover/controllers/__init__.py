from . import checkout, oauth, portal
