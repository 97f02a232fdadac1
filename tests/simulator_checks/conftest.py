"""One simulator process for all checks, put back to the beginning before each."""

from collections.abc import Iterator

import pytest

from tests.simulator_checks.driver import CloverDriver
from tests.simulators import running


@pytest.fixture(scope="session")
def clover_origin() -> Iterator[str]:
    """The origin of a running Clover simulator."""
    with running("clover") as origin:
        yield origin


@pytest.fixture
def fresh(clover_origin: str) -> CloverDriver:
    """A driver of a simulator that has just been reset; not connected."""
    driver = CloverDriver(clover_origin)
    driver.control("POST", "reset")
    return driver


@pytest.fixture
def clover(fresh: CloverDriver) -> CloverDriver:
    """A driver connected by OAuth."""
    return fresh.connect()
