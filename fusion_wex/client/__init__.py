"""Issuers of virtual cards as one interface and frozen dataclasses: no framework, no database.

``interface`` defines what an issuer can do, ``registry`` builds one by name, ``profile`` holds
WEX's field names, which are uncertain. Vendor JSON does not leave this package.
"""
