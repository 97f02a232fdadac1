from . import checkout, dispatcher, oauth, portal, receipt, comparison, terminal, webhook
