"""The limiter that all Odoo processes of this machine share."""

from functools import cache
from pathlib import Path

from odoo.tools import config

from ..lib.rate_limit import SharedLimiter


@cache
def shared_limiter():
    """Return the limiter, which keeps its state in Odoo's data directory."""
    return SharedLimiter(Path(config["data_dir"]) / "fusion_limits")
