"""Collect Payment in a browser, on a real prefork Odoo, against a gateway that misbehaves."""
