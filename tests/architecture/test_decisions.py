"""Decisions (docs/adr) have one form, and ARCHITECTURE.md lists all of them, in order."""

import re

import pytest

from .sources import ROOT

DECISIONS = sorted((ROOT / "docs/adr").glob("*.md"))
FORM = re.compile(
    r"# (?P<number>\d{4}): (?P<title>[A-Z].+)\n\n"
    r"Status: (accepted|superseded by \d{4})\.\n\n"
    r"## Context\n\n(?:(?!## ).*\n)+"
    r"(?:## Considered\n\n(?:(?!## ).*\n)+)?"
    r"## Decision\n\n(?:(?!## ).*\n)+"
    r"## Consequences\n\n(?:(?!## ).*\n)+"
)
ROW = re.compile(r"\| \[(\d{4})\]\((docs/adr/[\w\-]+\.md)\) \| (.+) \|")


def form_of(path):
    return FORM.fullmatch(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_has_the_common_form(path):
    form = form_of(path)
    assert form, "Status, Context, Considered (may be left out), Decision, Consequences"
    assert path.name.startswith(f"{form['number']}-")


def test_no_number_is_given_twice():
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) == len(set(numbers)) > 0


def test_the_table_lists_every_decision_by_its_title_in_order():
    rows = ROW.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    titles = [form_of(path)["title"] for path in DECISIONS]
    assert rows == [
        (path.name[:4], f"docs/adr/{path.name}", title[0].lower() + title[1:])
        for path, title in zip(DECISIONS, titles, strict=True)
    ]
