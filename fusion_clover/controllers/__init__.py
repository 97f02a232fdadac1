from . import checkout, dispatcher, oauth, portal, receipt, reconciliation, terminal, webhook
