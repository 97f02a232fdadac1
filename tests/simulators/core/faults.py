"""The fault dial: which calls go wrong, how, how often.

Rules are tried in order. A rule fires when it matches, still has uses left and its dice agree; the
first one that fires wins, so one call suffers one fault at most.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

REQUEST_FAULTS = {
    "timeout_before": "before",
    "timeout_after": "after",
    "reset_before": "before",
    "reset_after": "after",
    "http_500": "before",
    "http_503": "before",
    "http_429": "before",
    "http_403": "before",
    "http_404": "before",
    "http_409": "before",
    "html_200": "before",
    "truncate": "after",
    "slow": "before",
}
"""Fault on a call -> whether the call is processed before or only after it (``when`` overrides
it for those in ``WHEN_MATTERS``)."""

WEBHOOK_FAULTS = ("duplicate_webhook", "drop_webhook", "reorder_webhook")
"""Faults on messages the simulator sends; rules with these never touch an incoming call."""

WHEN_MATTERS = (
    "http_500",
    "http_503",
    "http_429",
    "http_403",
    "http_404",
    "http_409",
    "html_200",
    "slow",
)
DEFAULT_DELAY_S = {"timeout_before": 600.0, "timeout_after": 600.0, "slow": 1.0}
_RULE_KEYS = {"match", "fault", "probability", "count", "delay_s", "when"}


class FaultError(ValueError):
    """A fault rule that cannot be understood; the whole list was refused."""


@dataclass(frozen=True)
class Fault:
    """What happens to one call: ``processed`` says whether it takes effect before the fault."""

    name: str
    processed_first: bool
    delay_s: float


def path_matcher(pattern: str) -> Callable[[str], bool]:
    """A predicate on paths: regex after ``^``, glob with ``*``, prefix before ``/``, else exact.

    :raises FaultError: the regular expression is not one.
    """
    if pattern.startswith("^"):
        try:
            expression = re.compile(pattern)
        except re.error as error:
            raise FaultError(f"path {pattern!r} is not a regular expression: {error}") from error
        return lambda path: expression.search(path) is not None
    if "*" in pattern:
        return lambda path: fnmatchcase(path, pattern)
    if pattern.endswith("/"):
        return lambda path: path.startswith(pattern)
    return lambda path: path == pattern


@dataclass
class Rule:
    """One line of the dial."""

    fault: str
    method: str = "*"
    path: str = "*"
    probability: float = 1.0
    count: int | None = None
    delay_s: float | None = None
    when: str | None = None
    applied: int = 0
    matches_path: Callable[[str], bool] = field(default=lambda path: True, repr=False)

    @classmethod
    def parse(cls, data: Any) -> "Rule":
        """Read one rule from JSON.

        :raises FaultError: an unknown key, fault or value.
        """
        if not isinstance(data, Mapping) or set(data) - _RULE_KEYS or "fault" not in data:
            raise FaultError(f"a rule has the keys {sorted(_RULE_KEYS)}, not {data!r}")
        match = data.get("match") or {}
        if not isinstance(match, Mapping) or set(match) - {"method", "path"}:
            raise FaultError(f"match has the keys method and path, not {match!r}")
        rule = cls(
            fault=data["fault"],
            method=str(match.get("method") or "*").upper(),
            path=str(match.get("path") or "*"),
            probability=_number(data, "probability", 1.0),
            count=data.get("count"),
            delay_s=_number(data, "delay_s", None),
            when=data.get("when"),
        )
        rule._check()
        rule.matches_path = path_matcher(rule.path)
        return rule

    def _check(self) -> None:
        if self.fault not in REQUEST_FAULTS and self.fault not in WEBHOOK_FAULTS:
            raise FaultError(f"unknown fault {self.fault!r}")
        if not 0 <= self.probability <= 1:
            raise FaultError(f"probability {self.probability!r} is not between 0 and 1")
        if self.count is not None and (type(self.count) is not int or self.count < 0):
            raise FaultError(f"count {self.count!r} is not a number of uses")
        if self.delay_s is not None and self.delay_s < 0:
            raise FaultError(f"delay_s {self.delay_s!r} is negative")
        if self.when not in (None, "before", "after", "either"):
            raise FaultError(f"when {self.when!r} is not before, after or either")

    def matches(self, method: str, path: str) -> bool:
        """Whether the rule speaks of this call and has uses left."""
        left = self.count is None or self.applied < self.count
        return left and self.method in ("*", method.upper()) and self.matches_path(path)

    def as_json(self) -> dict[str, Any]:
        """The rule as it was given, with how often it was applied."""
        return {
            "match": {"method": self.method, "path": self.path},
            "fault": self.fault,
            "probability": self.probability,
            "count": self.count,
            "delay_s": self.delay_s,
            "when": self.when,
            "applied": self.applied,
        }


def _number(data: Mapping[str, Any], key: str, default: float | None) -> Any:
    value = data.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FaultError(f"{key} {value!r} is not a number")
    return float(value)


class FaultDial:
    """The rules in force and the seeded dice they roll."""

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[Rule] = []
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start the dice anew; the same seed and calls give the same faults."""
        self._rng = random.Random(seed)

    def add(self, data: Any, *, replace: bool = False) -> None:
        """Append a list of rules (or a single one), or replace all by them.

        :raises FaultError: one of them is wrong; nothing was changed.
        """
        rules = [Rule.parse(item) for item in (data if isinstance(data, list) else [data])]
        self.rules = rules if replace else self.rules + rules

    def clear(self) -> None:
        """Take all rules off."""
        self.rules = []

    def pick(self, method: str, path: str) -> Fault | None:
        """The fault that befalls this incoming call, if any; uses up one of the rule's uses."""
        rule = self._fire(method, path, REQUEST_FAULTS)
        if rule is None:
            return None
        return Fault(
            name=rule.fault,
            processed_first=self._phase(rule) == "after",
            delay_s=DEFAULT_DELAY_S.get(rule.fault, 0.0) if rule.delay_s is None else rule.delay_s,
        )

    def pick_webhook(self, path: str) -> str | None:
        """The fault that befalls a message we send to this path, if any; uses up one use."""
        rule = self._fire("POST", path, WEBHOOK_FAULTS)
        return rule.fault if rule else None

    def _fire(self, method: str, path: str, kinds: Any) -> Rule | None:
        for rule in self.rules:
            if rule.fault not in kinds or not rule.matches(method, path):
                continue
            if rule.probability < 1 and self._rng.random() >= rule.probability:
                continue
            rule.applied += 1
            return rule
        return None

    def _phase(self, rule: Rule) -> str:
        phase = REQUEST_FAULTS[rule.fault]
        if rule.when is None or rule.fault not in WHEN_MATTERS:
            return phase
        return self._rng.choice(("before", "after")) if rule.when == "either" else rule.when
