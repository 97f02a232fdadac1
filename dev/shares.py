"""Split the tests of the addons into shares that take about as long as each other.

The split depends on nothing but the files and ``seconds.json``, so a run can be repeated. A file
counts under its addon and its own name, wherever in the addon it is; one that was never measured
counts by its number of tests.

    python -m dev.shares .odoo/reports/seconds-ci.json      measure anew: writes seconds.json
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEASURED = Path(__file__).with_name("seconds.json")
#: Seconds of a test that nobody has measured.
PER_TEST = 0.5
_TEST = re.compile(r"^\s*(?:async )?def test_", re.MULTILINE)


def key(path: str | Path) -> str:
    """Return the name under which the seconds of a file are kept; moving it changes nothing."""
    path = Path(path)
    return f"{path.parts[0]}/{path.name}"


def test_files(root: Path, addons: Iterable[str]) -> list[str]:
    """Return all files with tests in the addons, in a fixed order.

    That is ``test_*.py`` in a folder ``tests`` or anywhere below one, relative to ``root``.
    """
    return [
        str(path.relative_to(root))
        for addon in addons
        for path in sorted((root / addon).rglob("test_*.py"))
        if "tests" in path.relative_to(root).parts
    ]


def expected_seconds(root: Path = ROOT, measured: Path = MEASURED) -> Callable[[str], float]:
    """Return a function that says how long the tests of a file will probably take."""
    known = json.loads(measured.read_text(encoding="utf-8")) if measured.exists() else {}

    def seconds(path: str) -> float:
        found = known.get(key(path))
        text = (root / path).read_text(encoding="utf-8") if found is None else ""
        return len(_TEST.findall(text)) * PER_TEST if found is None else found

    return seconds


def split(files: Iterable[str], count: int, seconds: Callable[[str], float]) -> list[list[str]]:
    """Split files into ``count`` shares: the longest first, each to the share with least to do.

    Every file is in exactly one share, in the order in which it was given.
    """
    files = list(files)
    shares: list[list[str]] = [[] for _ in range(count)]
    loads = [0.0] * count
    for path in sorted(files, key=lambda path: (-seconds(path), path)):
        least = loads.index(min(loads))
        shares[least].append(path)
        loads[least] += seconds(path)
    return [sorted(share, key=files.index) for share in shares]


def main(argv: list[str]) -> int:
    """Keep the seconds that a run has measured."""
    (report,) = argv
    files = json.loads(Path(report).read_text(encoding="utf-8"))["files"]
    MEASURED.write_text(json.dumps(files, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
