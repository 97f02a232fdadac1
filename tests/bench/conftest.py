"""A site to measure, and a report to leave."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.settings import HOME, Settings
from tests.e2e.support.site import Site
from tests.simulators import running

REPORTS = Path(os.environ.get("FUSION_REPORTS", HOME / "reports"))


@pytest.fixture(scope="session")
def runs() -> int:
    """How many repetitions; RUNS in the environment."""
    return int(os.environ.get("RUNS") or 60)


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of the benchmark's own, with a simulator or the one that ``CLOVER_ORIGIN`` names."""
    settings = Settings.from_environment()
    with ExitStack() as stack:
        origin = settings.clover_origin or stack.enter_context(running("clover"))
        yield stack.enter_context(Site(settings, "fusion_bench", origin))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Collects figures; writes and prints them when the benchmark is over."""
    figures: dict[str, Any] = {}
    yield figures.update
    REPORTS.mkdir(parents=True, exist_ok=True)
    path = REPORTS / f"bench-{request.node.name}.json"
    path.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"\n{request.node.name}: {json.dumps(figures, indent=2)}")
