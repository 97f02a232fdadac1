"""Issuers of virtual cards as one interface and frozen dataclasses: no framework, no database.

``interface`` says what an issuer can do, ``registry`` builds one by name, ``profile`` holds
everything that is uncertain about WEX's own spelling. Vendor JSON stops here.
"""
