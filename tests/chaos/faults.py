"""How the provider's answers go wrong, each in a small share of the calls."""

from typing import Any

from tests.e2e.support.clover import Clover

#: Share of calls that go wrong in each of these ways.
SHARE = 0.04
FAULTS: tuple[dict[str, Any], ...] = (
    {"name": "timeout_before"},
    {"name": "timeout_after"},
    {"name": "reset_before"},
    {"name": "reset_after"},
    {"name": "http_500", "when": "either"},
    {"name": "http_503", "when": "either"},
    {"name": "http_429", "when": "either"},
    {"name": "truncate"},
)


def misbehave(clover: Clover, path: str) -> None:
    """Let a third of the calls to ``path`` go wrong, and some of the questions asked afterwards."""
    for fault in FAULTS:
        clover.fault(**fault, path=path, probability=SHARE)
    clover.fault("http_500", method="GET", path="/v3/*", probability=0.1)
