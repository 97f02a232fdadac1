from . import checkout, dispatcher, oauth, portal, webhook
