"""Turn logs of Odoo into test results: a step passes when its log has no warning and no error.

Used for installing, upgrading and uninstalling the addons, where Odoo ends with exit status 0
although it has complained.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

_COMPLAINT = re.compile(
    r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (WARNING|ERROR|CRITICAL) \S+ [\w.]+: "
)

# Complaints of the machine or of Odoo itself that say nothing about the addons, each with why.
_NOT_OURS: tuple[tuple[str, str], ...] = (
    (r"Running as user 'root'", "containers and CI run as root"),
    (r"unable to find Wkhtmltopdf|wkhtmltopdf", "not a property of the addons"),
)


def complaints(lines: Iterable[str]) -> list[str]:
    """Return the lines of an Odoo log that warn of something the addons could be the cause of."""
    found = []
    for line in lines:
        match = _COMPLAINT.match(line)
        if match and not any(re.search(pattern, line) for pattern, _why in _NOT_OURS):
            found.append(line.rstrip())
    return found


def report(steps: dict[str, Path]) -> ET.Element:
    """Return a JUnit suite with one case per step; a log that is missing is a failure."""
    suite = ET.Element("testsuite", name="lifecycle", tests=str(len(steps)))
    for name, path in steps.items():
        case = ET.SubElement(suite, "testcase", classname="lifecycle", name=name)
        if not path.exists():
            ET.SubElement(case, "failure", message=f"the step did not run: {path.name} is missing")
            continue
        with path.open(encoding="utf-8", errors="replace") as log:
            bad = complaints(log)
        if bad:
            ET.SubElement(case, "failure", message=bad[0][:300]).text = "\n".join(bad)
    return suite


def main(argv: list[str]) -> int:
    """Write a JUnit file: ``log_check JUNIT STEP=LOG...``; return 1 if a step complained."""
    target, *pairs = argv
    steps = {name: Path(path) for name, path in (pair.split("=", 1) for pair in pairs)}
    suite = report(steps)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.ElementTree(root).write(target, encoding="utf-8", xml_declaration=True)
    for case in suite:
        for failure in case.iter("failure"):
            print(f"{case.get('name')}: {failure.text or failure.get('message')}")
    return int(any(True for _ in suite.iter("failure")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
