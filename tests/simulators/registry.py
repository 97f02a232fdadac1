"""The simulators that can be started, by name."""

from .clover.simulator import CloverSimulator
from .core.simulator import Simulator
from .downstream.simulator import DownstreamSimulator
from .wex.simulator import WexSimulator

SIMULATORS: dict[str, type[Simulator]] = {
    CloverSimulator.name: CloverSimulator,
    DownstreamSimulator.name: DownstreamSimulator,
    WexSimulator.name: WexSimulator,
}
