"""Clover's HTTP interfaces as frozen dataclasses: no framework, no database.

Vendor JSON stops here; nobody above indexes a dictionary that came from Clover.
"""
