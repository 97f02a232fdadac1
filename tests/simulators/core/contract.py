"""The control interface that every simulator has, whoever wrote it: all that demo, browser tests,
chaos and benchmarks rely on. What ours can do beyond it is for its own tests.

A fault is ``{match: {method, path}, fault, probability, count, delay_s, when}``.
"""

import re

#: Below ``/_sim/``, with ``*`` for one part of a path.
ROUTES = (
    ("GET", "ledger"),
    ("GET", "requests"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("POST", "reset"),
    ("GET", "held"),
    ("POST", "release"),
    ("POST", "webhook"),
    ("POST", "devices/*"),
    ("POST", "dashboard/payment"),
    ("POST", "dashboard/refund"),
    ("POST", "dashboard/capture"),
)
#: What a device can be told, and the fields that it is told in.
DEVICE_ACTIONS = frozenset({"approve", "decline", "cancel", "busy", "offline", "silent"})
DEVICE_FIELDS = frozenset({"action", "after_s"})
#: What an effect in the ledger says.
EFFECT_FIELDS = (
    "id", "kind", "amount", "currency", "idempotency_key", "reference", "source_id", "created_at",
)  # fmt: skip

_ROUTES = tuple(
    (method, re.compile(re.escape(path).replace(r"\*", "[^/]+"))) for method, path in ROUTES
)


def has_route(method: str, name: str) -> bool:
    """Whether the contract has a call, by its method and its path below ``/_sim/``."""
    return any(method == known and path.fullmatch(name) for known, path in _ROUTES)


def has_command(command: object) -> bool:
    """Whether the contract lets a device be told this."""
    return (
        isinstance(command, dict)
        and command.keys() <= DEVICE_FIELDS
        and command.get("action") in DEVICE_ACTIONS
    )
