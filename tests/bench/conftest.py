"""A site to measure, and a report to leave."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.support.origins import serving
from tests.e2e.support.reports import RunReport
from tests.e2e.support.settings import Settings
from tests.e2e.support.site import Site


@pytest.fixture(scope="session")
def runs() -> int:
    """How many repetitions; RUNS in the environment."""
    return int(os.environ.get("RUNS") or 60)


@pytest.fixture(scope="session")
def seed() -> int:
    """What all dice are seeded with; SEED in the environment."""
    return int(os.environ.get("SEED") or 20261121)


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of the benchmark's own, with a simulator or the one that ``CLOVER_ORIGIN`` names."""
    settings = Settings.from_environment()
    with serving("clover") as origin, Site(settings, "fusion_bench", origin) as opened:
        yield opened


@pytest.fixture(scope="session")
def run_report(seed: int) -> RunReport:
    """The report of this run."""
    return RunReport("bench", seed)


@pytest.fixture
def report(request: pytest.FixtureRequest, run_report: RunReport) -> Iterator[Callable[..., None]]:
    """Collects figures; writes and prints them when the benchmark is over."""
    figures: dict[str, Any] = {}
    yield figures.update
    print(run_report.add(request.node.name, figures))
