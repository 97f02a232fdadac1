"""The verdict over a test run, and over Odoo's logs."""

import json
from xml.etree import ElementTree as ET

import pytest

from dev import check_xml, log_check, test_summary
from dev.phase_runner import Result
from tests.e2e.support import reports
from tests.e2e.support.control import FOREIGN

LINE = "2026-11-21 03:19:40,530 8918 {} db odoo.addons.fusion_clover: {}\n"


def junit(path, *cases: str):
    path.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    return path


def summary(*results: Result) -> tuple[int, list[str]]:
    totals = test_summary.add_up(results)
    return totals.failed, totals.lines()


PASSED = '<testcase classname="a" name="works"/>'
FAILED = '<testcase classname="a" name="breaks"><failure message="no"/></testcase>'
BROKEN = '<testcase classname="a" name="b"><failure/><error/></testcase>'


def skipped(reason: str) -> str:
    return f'<testcase classname="a" name="s"><skipped message="{reason}"/></testcase>'


def test_phases_are_added_up_in_one_closing_line(tmp_path):
    one = junit(tmp_path / "one.xml", PASSED, PASSED)
    two = junit(tmp_path / "two.xml", PASSED)
    results = (Result("pure", 0, one), Result("odoo", 0, two), Result("lint", 0))
    assert summary(*results) == (0, ["3 passed, 0 failed"])


def test_a_failure_is_counted_once_and_named(tmp_path):
    report = junit(tmp_path / "r.xml", PASSED, FAILED, BROKEN)
    assert summary(Result("odoo", 1, report)) == (
        2, ["FAILED odoo: a::breaks", "FAILED odoo: a::b", "1 passed, 2 failed"]
    )  # fmt: skip


def test_a_skip_with_a_written_reason_is_allowed_and_the_reason_told(tmp_path):
    report = junit(tmp_path / "r.xml", PASSED, skipped("allowed: no WEX account in this country"))
    assert summary(Result("odoo", 0, report)) == (
        0, ["skipped 1: allowed: no WEX account in this country", "1 passed, 0 failed, 1 skipped"]
    )  # fmt: skip


@pytest.mark.parametrize("variable", ["CLOVER_ORIGIN", "WEX_ORIGIN"])
def test_what_somebody_elses_simulator_lacks_is_a_reason_where_it_is_used(
    tmp_path, monkeypatch, variable
):
    for name in ("CLOVER_ORIGIN", "WEX_ORIGIN"):
        monkeypatch.delenv(name, raising=False)
    reason = f"{FOREIGN} POST /_sim/config is answered 404"
    result = Result("e2e", 0, junit(tmp_path / "r.xml", PASSED, skipped(reason)))
    assert summary(result)[0] == 1
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert summary(result) == (0, [f"skipped 1: {reason}", "1 passed, 0 failed, 1 skipped"])


def test_a_skip_without_one_fails_the_run(tmp_path):
    report = junit(tmp_path / "r.xml", PASSED, skipped("Chrome executable not found"))
    failed, lines = summary(Result("odoo", 0, report))
    assert failed == 1
    assert lines[-1] == "1 passed, 1 failed"
    assert "skipped without a written reason: 'Chrome executable not found'" in lines[0]


@pytest.mark.parametrize(
    ("cases", "exit_status", "problem"),
    [
        ((), 0, "odoo: no test ran"),
        ((), 5, "odoo: no test ran"),
        ((PASSED,), 2, "odoo: ended with exit status 2 although no test failed"),
    ],
)
def test_a_phase_that_proves_nothing_fails_the_run(tmp_path, cases, exit_status, problem):
    report = junit(tmp_path / "r.xml", *cases)
    failed, lines = summary(Result("odoo", exit_status, report))
    assert failed == 1
    assert lines[0] == f"FAILED {problem}"
    assert lines[-1].endswith(" 1 failed")


def test_a_phase_without_a_report_fails_the_run(tmp_path):
    assert summary(Result("e2e", 1, tmp_path / "none.xml")) == (
        1, ["FAILED e2e: wrote no report (exit status 1)", "0 passed, 1 failed"]
    )  # fmt: skip


def test_a_phase_without_tests_fails_by_its_exit_status(tmp_path):
    report = junit(tmp_path / "r.xml", PASSED)
    assert summary(Result("lint", 1), Result("pure", 0, report)) == (
        1, ["FAILED lint: ended with exit status 1", "1 passed, 1 failed"]
    )  # fmt: skip


@pytest.mark.parametrize("cases", [(PASSED,), (FAILED,), None])
def test_a_phase_that_was_cut_off_says_so_whatever_its_report_says(tmp_path, cases):
    report = tmp_path / "r.xml"
    if cases is not None:
        junit(report, *cases)
    failed, lines = summary(Result("odoo", 124, report, "cut off after 900 s, in test a::b"))
    assert failed == 2 if cases == (FAILED,) else failed == 1
    assert "FAILED odoo: cut off after 900 s, in test a::b" in lines


@pytest.mark.parametrize("results", [(), (Result("lint", 0),)])
def test_a_run_without_a_test_fails(results):
    assert summary(*results) == (1, ["FAILED no test ran", "0 passed, 1 failed"])


@pytest.mark.parametrize("level", ["WARNING", "ERROR", "CRITICAL"])
def test_a_complaint_in_odoos_log_fails_its_step(capsys, tmp_path, level):
    log = tmp_path / "install.log"
    log.write_text(LINE.format("INFO", "fine") + LINE.format(level, "no access rights"))
    report = tmp_path / "lifecycle.xml"
    assert log_check.main([str(report), f"install={log}"]) == 1
    assert "no access rights" in capsys.readouterr().out
    (case,) = ET.parse(report).getroot().iter("testcase")
    assert case.get("name") == "install"
    assert case.find("failure") is not None


def test_a_quiet_log_passes_and_a_missing_one_does_not(tmp_path):
    log = tmp_path / "install.log"
    log.write_text(LINE.format("INFO", "a WARNING in the text") + "  Traceback-like noise\n")
    report = tmp_path / "lifecycle.xml"
    assert log_check.main([str(report), f"install={log}"]) == 0
    assert log_check.main([str(report), f"install={log}", f"upgrade={tmp_path / 'none'}"]) == 1


def test_broken_xml_is_reported_with_its_line(capsys, tmp_path):
    (tmp_path / "good.xml").write_text("<odoo/>")
    assert check_xml.main([str(tmp_path)]) == 0
    (tmp_path / "bad.xml").write_text("<odoo>\n<record>\n</odoo>")
    assert check_xml.main([str(tmp_path)]) == 1
    assert f"{tmp_path / 'bad.xml'}:3: " in capsys.readouterr().out


def test_a_run_leaves_one_report_with_everything_in_it(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "DIRECTORY", tmp_path)
    run = reports.RunReport("bench", seed=7)
    run.add("first", {"rate": 1})
    said = run.add("second", {"goals": {"rate": reports.goal(160.4, at_least=170)}})
    written = json.loads((tmp_path / "bench.json").read_text())
    assert (written["seed"], list(written["tests"])) == (7, ["first", "second"])
    assert written["tests"]["second"] == json.loads((tmp_path / "bench-second.json").read_text())
    assert "GOAL MISSED: rate: 160.4, goal 170" in said


def test_a_run_starts_its_report_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "DIRECTORY", tmp_path)
    reports.RunReport("chaos", seed=1).add("old", {})
    assert "MISSED" not in reports.RunReport("chaos", seed=2).add("new", {"n": 1})
    assert list(json.loads((tmp_path / "chaos.json").read_text())["tests"]) == ["new"]
