"""WEX EnCompass, merchant logs over REST: one payment to one vendor is one virtual card.

Of the REST spelling only a few names are observed; the rest follows the documented SOAP twin and
can be switched. What the simulator insists on it insists on strictly.
"""
