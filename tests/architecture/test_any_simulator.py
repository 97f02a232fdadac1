"""Browser tests, chaos, benchmarks and the demo work against any simulator, not just against ours.

What they may know of one is in ``tests/simulators/core/contract.py``.
"""

import ast
import re

import pytest

from tests.simulators.clover.switches import DEFAULT_APP_ID, DEFAULT_APP_SECRET, CloverSwitches
from tests.simulators.wex.switches import DEFAULT_PASSWORD, DEFAULT_USER

from .sources import ROOT, imported_modules, python_files, shown, tree_of

SUITES = ("tests/e2e", "tests/chaos", "tests/bench")
#: Through this one everything else speaks to the control interface.
HELPER = "tests/e2e/support/control.py"
#: Who we are to a simulator; ours has the same values built in.
ORIGINS = "tests/e2e/support/origins.py"
CONTRACT = "tests.simulators.core.contract"
MERCHANT = CloverSwitches()
OF_THE_MERCHANT = (MERCHANT.merchant_id, MERCHANT.merchant_name, *MERCHANT.devices.values())
OF_THE_APP = (DEFAULT_APP_ID, DEFAULT_APP_SECRET, MERCHANT.merchant_api_token,
              MERCHANT.ecommerce_private_key, DEFAULT_PASSWORD, DEFAULT_USER,
              DEFAULT_USER.partition("/")[0])  # fmt: skip


def texts(path) -> list[str]:
    """Every text in a file but its docstrings."""
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


def holding(words, *folders: str) -> set[tuple[str, str]]:
    """``(file, word)`` for each of the words that is in a text of a file."""
    return {
        (shown(path), word)
        for path in python_files(*folders)
        for text in texts(path)
        for word in words
        if word in text
    }


def test_one_helper_alone_speaks_to_the_control_interface():
    assert holding(["/_sim"], *SUITES) == {(HELPER, "/_sim")}


def test_the_demo_reads_the_ledger_and_nothing_else():
    asked = {
        name
        for path in python_files("dev")
        for text in texts(path)
        for name in re.findall(r"/_sim/?(\w*)", text)
    }
    assert asked == {"ledger"}


def test_scripts_ask_no_more_than_whether_ours_has_started():
    scripts = {path.name: path.read_text() for path in (ROOT / "dev").rglob("*.sh")}
    asked = {
        name for text in scripts.values() for name in re.findall(r"/_sim/(\w+)", text)
    }
    assert asked <= {"health", "ledger"}


@pytest.mark.parametrize("folder", [*SUITES, "dev"])
def test_nobody_knows_the_merchant_of_ours(folder):
    assert holding(OF_THE_MERCHANT, folder) == set()


@pytest.mark.parametrize("folder", SUITES)
def test_credentials_come_from_the_environment(folder):
    assert holding(OF_THE_APP, folder) == set()


def test_nobody_looks_inside_our_simulators():
    for path in python_files(*SUITES):
        inside = {
            name
            for _line, name in imported_modules(path)
            if name.startswith("tests.simulators") and name != CONTRACT
        }
        assert not inside or shown(path) == ORIGINS, f"{shown(path)} imports {inside}"
