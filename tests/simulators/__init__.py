"""Real HTTP servers that stand in for the providers and for receivers of deliveries.

Command line: ``python -m tests.simulators NAME --port N``. From tests: ``running("clover")``.
"""

from .process import running

__all__ = ["running"]
