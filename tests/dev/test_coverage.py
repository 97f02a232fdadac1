"""Coverage per package, and its floors."""

import json

import pytest

from dev import coverage_report
from dev.coverage_report import Share, shortfalls, table

SHARES = {
    "an_addon/__init__.py": Share(1, 1),
    "an_addon/lib/a.py": Share(9, 10),
    "an_addon/lib/b.py": Share(10, 10),
    "an_addon/models/root.py": Share(5, 10),
    "an_addon/models/room/c.py": Share(15, 30),
}


def test_files_are_added_up_by_folder_and_by_addon():
    rows = [line.split() for line in table(SHARES)[1:]]
    assert rows == [
        ["an_addon", "40", "61", "65.6"],
        ["an_addon", "1", "1", "100.0"],
        ["an_addon/lib", "19", "20", "95.0"],
        ["an_addon/models", "5", "10", "50.0"],
        ["an_addon/models/room", "15", "30", "50.0"],
    ]


def test_a_folder_below_its_floor_is_named_with_what_is_below_it():
    assert shortfalls(SHARES, {"an_addon/lib": 95, "an_addon/models": 50.1}) == [
        "an_addon/models: 50.0 %, the floor is 50.1 %"
    ]


def test_a_floor_of_a_folder_that_is_gone_is_no_pass():
    problems = shortfalls(SHARES, {"an_addon/li": 0})
    assert problems == ["an_addon/li: has a floor of 0 % and no files"]


def test_without_data_there_is_no_report(tmp_path):
    with pytest.raises(FileNotFoundError):
        coverage_report.measured(tmp_path)


def test_lines_and_branches_count():
    summary = json.loads(
        '{"covered_lines": 3, "num_statements": 4, "covered_branches": 1, "num_branches": 2}'
    )
    assert coverage_report._share(summary) == Share(4, 6)
