"""Which phases a run has, how tests are split, and where the time went."""

import json
import re

import pytest

from dev import busy, phases, seconds, shares
from dev.phase_runner import Result

from .conftest import ROOT

RUNS = ("pure", "odoo", "e2e", "all", "core", "chaos", "bench", "ci", "nightly", "flaky")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("ARGS", "DB", "TIMES", "RUNS"):
        monkeypatch.delenv(name, raising=False)


def names(run):
    return [phase.name for phase in phases.phases_of(run)]


@pytest.mark.parametrize("run", RUNS)
def test_every_need_of_a_phase_is_in_its_run_and_no_name_is_there_twice(run):
    found = phases.phases_of(run)
    for phase in found:
        assert set(phase.needs) <= {other.name for other in found}
    assert len({phase.name for phase in found}) == len(found)


def test_integration_has_everything_but_what_is_long():
    assert set(names("ci")) == {*names("all"), "lint", "chaos"}
    assert {"chaos", "core", "bench"} <= set(names("nightly"))
    assert ("compose" in names("nightly")) == ("\ncompose:" in (ROOT / "Makefile").read_text())


def test_every_test_of_the_addons_is_in_exactly_one_part():
    given = [
        argument
        for phase in phases.odoo_phases(2)
        for argument in phase.command
        if argument.endswith(".py")
    ]
    there = [
        str(path.relative_to(ROOT))
        for addon in phases.ADDONS
        for path in (ROOT / addon).rglob("*.py")
        if re.search(r"^ *def test_", path.read_text(), re.MULTILINE)
    ]
    assert sorted(given) == sorted(there)


def test_the_two_browser_phases_are_together_all_browser_tests():
    chosen = [phase.command[-2:] for phase in phases.browser_phases()]
    assert chosen == [("-m", "not own_site"), ("-m", "own_site")]


def test_chosen_tests_run_in_one_process_and_a_file_may_be_chosen(monkeypatch):
    monkeypatch.setenv("ARGS", "-k name")
    assert names("all") == [
        "template-base", "template-suite", "template-demo", "odoo", "e2e", "pure",
    ]  # fmt: skip


def test_the_clones_have_names_of_their_own():
    databases = [phase.command[2] for phase in phases.odoo_phases(3)]
    assert databases == ["fusion_test", "fusion_test_2", "fusion_test_3"]


def test_shares_are_even_and_the_same_every_time():
    files = [f"addon/tests/test_{letter}.py" for letter in "abcdefgh"]
    lengths = dict(zip(files, (90, 10, 50, 30, 30, 20, 5, 5), strict=True))
    parts = shares.split(files, 2, lengths.__getitem__)
    assert parts == shares.split(files, 2, lengths.__getitem__)
    assert sorted(sum(parts, [])) == files
    assert [sum(lengths[path] for path in part) for part in parts] == [120, 120]


def test_a_file_keeps_its_seconds_when_it_moves_and_a_new_one_counts_by_its_tests(tmp_path):
    folder = tmp_path / "addon" / "tests" / "room"
    folder.mkdir(parents=True)
    (folder / "test_old.py").write_text("def test_a(): pass\n")
    tests = [f"    def test_{number}(self): pass\n" for number in range(2)]
    (folder / "test_new.py").write_text("class T:\n" + "".join(tests))
    measured = tmp_path / "seconds.json"
    measured.write_text(json.dumps({"addon/test_old.py": 70}))
    length = shares.expected_seconds(tmp_path, measured)
    found = shares.test_files(tmp_path, ["addon"])
    assert found == ["addon/tests/room/test_new.py", "addon/tests/room/test_old.py"]
    assert [length(path) for path in found] == [2 * shares.PER_TEST, 70]


def test_a_run_leaves_its_seconds_and_its_slowest_tests(tmp_path):
    report = tmp_path / "odoo.xml"
    cases = "".join(
        f'<testcase classname="fusion_wex.tests.test_a" name="t{number}" time="{number}"'
        ' file="fusion_wex/tests/test_a.py"/>'
        for number in range(40)
    )
    report.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    results = [Result("odoo-1", 0, report, seconds=800.0, cpu=500.0), Result("lint", 1)]
    seconds.write(tmp_path, "ci", seconds.figures(results, 801.0))
    found = json.loads((tmp_path / "seconds-ci.json").read_text())
    assert [phase["phase"] for phase in found["phases"]] == ["odoo-1", "lint"]
    assert found["phases"][0]["cpu_seconds"] == 500.0
    assert [test["seconds"] for test in found["slowest"]] == list(range(39, 9, -1))
    assert found["files"] == {"fusion_wex/test_a.py": 780.0}
    text = (tmp_path / "seconds-ci.txt").read_text()
    assert "ci: 801 s" in text
    assert "39.0  odoo-1       fusion_wex.tests.test_a::t39" in text


@pytest.mark.parametrize(
    ("wanted", "folders"),
    [
        (busy.FAILED_IN_BROWSERS, ("tests/e2e",)),
        (busy.FAILED_IN_ODOO, phases.ADDONS),
        (busy.FAILED_IN_PURE, ("tests/unit",)),
    ],
)
def test_the_tests_that_ever_failed_are_still_there(wanted, folders):
    files = [path for folder in folders for path in (ROOT / folder).rglob("test_*.py")]
    text = "\n".join(f"{path.stem}\n{path.read_text()}" for path in files)
    for name in wanted.split(" or "):
        assert re.search(rf"\b{name}\b", text), name
