"""Command line: start one simulator and serve until SIGTERM, SIGINT or (on demand) end of stdin."""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from typing import Any

from .core.server import serve
from .core.switches import SwitchError
from .registry import SIMULATORS


def _switch(text: str) -> tuple[str, Any]:
    """Parse ``name=value``; the value is JSON, or a plain string when it is not JSON."""
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, not {text!r}")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulators", description=__doc__)
    parser.add_argument("simulator", choices=sorted(SIMULATORS))
    parser.add_argument("--port", type=int, required=True, help="0 takes any free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=0, help="seed of the fault dial's dice")
    parser.add_argument(
        "--switch",
        type=_switch,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="start with this switch set (the same names as POST /_sim/config)",
    )
    parser.add_argument(
        "--stranger",
        action="store_true",
        help="as somebody else's: other names, nothing beyond the contract (see the README)",
    )
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="stop when standard input ends, so that no server outlives its starter",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 after a clean stop)."""
    parser = _parser()
    options = parser.parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    simulator = SIMULATORS[options.simulator](seed=options.seed)
    if options.stranger:
        simulator.be_a_stranger()
    try:
        simulator.configure(dict(options.switch))
    except SwitchError as error:
        parser.error(str(error))
    try:
        asyncio.run(
            serve(
                simulator,
                options.host,
                options.port,
                ready=lambda url: print(f"{simulator.name} simulator ready on {url}", flush=True),
                until_stdin_closes=options.until_stdin_closes,
            )
        )
    except OSError as error:
        print(f"cannot listen on {options.host}:{options.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
