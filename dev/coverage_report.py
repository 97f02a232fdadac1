"""Coverage per package (folder of an addon), and the floors of pyproject.toml.

    python -m dev.coverage_report DIRECTORY REPORT

DIRECTORY holds the files ``data.<phase>`` that coverage wrote; a line counts as run when any of
them has it. Percentages count lines and branches. Exit status 1 when a folder is below its floor.
"""

import json
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Share:
    """What was run of what could be: lines and branches together."""

    run: int = 0
    all: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.run + other.run, self.all + other.all)

    @property
    def percent(self) -> float:
        """100 where there is nothing to run."""
        return 100 * self.run / self.all if self.all else 100.0


def measured(directory: Path) -> dict[str, Share]:
    """Share of every source file, by its path in the repository.

    :raises FileNotFoundError: nothing was measured.
    """
    files = sorted(str(path) for path in directory.glob("data.*") if path.name != "data.all")
    if not files:
        raise FileNotFoundError(f"nothing was measured: {directory} holds no data")
    coverage = Coverage(data_file=str(directory / "data.all"), config_file=ROOT / "pyproject.toml")
    coverage.combine(files, keep=True)
    details = directory / "details.json"
    coverage.json_report(outfile=str(details))
    return {
        Path(name).resolve().relative_to(ROOT).as_posix(): _share(one["summary"])
        for name, one in json.loads(details.read_text())["files"].items()
    }


def _share(summary: dict[str, int]) -> Share:
    return Share(
        summary["covered_lines"] + summary["covered_branches"],
        summary["num_statements"] + summary["num_branches"],
    )


def by_folder(shares: dict[str, Share]) -> dict[str, Share]:
    """The files of each folder added up, folders below it apart."""
    folders: defaultdict[str, Share] = defaultdict(Share)
    for name, share in shares.items():
        folders[name.rpartition("/")[0]] += share
    return dict(sorted(folders.items()))


def below(folder: str, shares: dict[str, Share]) -> Share:
    """All files of ``folder``, at whatever depth."""
    return sum((share for name, share in shares.items() if name.startswith(f"{folder}/")), Share())


def shortfalls(shares: dict[str, Share], floors: dict[str, float]) -> list[str]:
    """A sentence for each folder that is below its floor, or that has no files any more."""
    found = []
    for folder, floor in floors.items():
        share = below(folder, shares)
        if not share.all:
            found.append(f"{folder}: has a floor of {floor} % and no files")
        elif share.percent < floor:
            found.append(f"{folder}: {share.percent:.1f} %, the floor is {floor} %")
    return found


def table(shares: dict[str, Share]) -> list[str]:
    """The report: a line per addon, and one per folder of it."""
    lines = [f"{'package':<48} {'run':>7} {'of':>7}  percent"]
    for addon in sorted({name.partition("/")[0] for name in shares}):
        rows = [(addon, below(addon, shares))]
        rows += [
            (f"  {folder}", share)
            for folder, share in by_folder(shares).items()
            if folder == addon or folder.startswith(f"{addon}/")
        ]
        lines += [f"{name:<48} {one.run:7} {one.all:7} {one.percent:7.1f}" for name, one in rows]
    return lines


def main(arguments: list[str]) -> int:
    """Write the report, print it, and return the exit status."""
    directory, report = map(Path, arguments)
    floors = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["fusion"]["coverage"]
    shares = measured(directory)
    lines = table(shares)
    problems = shortfalls(shares, floors)
    report.write_text("\n".join([*lines, *(f"BELOW {one}" for one in problems), ""]))
    print("\n".join(lines))
    for problem in problems:
        print(f"BELOW {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
