"""Findings of health checks and their format for monitoring. No database, no framework."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: Content type of :func:`exposition`; Prometheus documentation, "Exposition formats".
EXPOSITION_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Level(StrEnum):
    """The level of a finding: fine, needs attention, or wrong."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0, 1 or 2; higher is worse."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    :param sentence: for people: the situation and, unless it is fine, what to do.
    :param value: the measured number (a count, seconds), or None.
    """

    level: Level
    sentence: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check.

    :param code: stable code for monitoring: lower case, digits and underscores.
    :param name: name for people.
    :param model: the model with the methods.
    :param method: called with a company (an empty record for a check of the whole database);
        returns a :class:`Finding`.
    :param per_company: whether each company has its own result.
    :param remedy: name of a method of the model, called with the company by the remedy button; it
        returns an action or nothing.
    :param remedy_label: text of that button.
    """

    code: str
    name: str
    model: str
    method: str
    per_company: bool = True
    remedy: str | None = None
    remedy_label: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.code):
            raise ValueError(f"{self.code!r} is no code of a check")


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric under its labels."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def worst(levels: Iterable[Level | str]) -> Level:
    """Return the worst of the levels; fine when there are none."""
    return max((Level(level) for level in levels), key=lambda level: level.rank, default=Level.OK)


def by_age(count: int, age: float | None, *, error_after: float) -> Level:
    """Return the level for items that should not remain: fine if none, wrong if too old.

    :param age: age of the oldest item in seconds, None when unknown.
    """
    if not count:
        return Level.OK
    return Level.ERROR if age is not None and age >= error_after else Level.WARNING


def exposition(metrics: Iterable[tuple[str, str, Iterable[Sample]]]) -> str:
    """Return gauges as Prometheus text.

    :param metrics: ``(name, help, samples)``; a metric without samples is left out.
    :raises ValueError: the format does not allow a name.
    """
    lines = []
    for name, text, samples in metrics:
        if not _METRIC.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a metric")
        rendered = [f"{name}{_labels(sample.labels)} {_number(sample.value)}" for sample in samples]
        if rendered:
            described = text.replace("\\", r"\\").replace("\n", r"\n")
            lines += [f"# HELP {name} {described}", f"# TYPE {name} gauge", *rendered]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    for name in labels:
        if not _LABEL.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a label")
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return str(value).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
