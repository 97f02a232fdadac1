"""Imports go downwards only; the rule of the design, enforced by reading every import."""

import ast
import re
import subprocess
import sys

import pytest

from .sources import ADDONS, PURE_LAYERS, ROOT, imported_modules, python_files, shown, tree_of

LIB = "odoo.addons.fusion_payment_common.lib"
VENDOR_ADDONS = ("fusion_clover", "fusion_wex")
#: What the pure library may use beside the standard library, file by file.
LIB_PACKAGES = {
    "transport.py": {"requests", "urllib3"},
    "cards.py": {"stdnum"},
    "vault.py": {"cryptography"},
}


def violations(files, is_forbidden):
    """``file:line imports name`` for every import ``is_forbidden(path, name)`` objects to."""
    return [
        f"{shown(path)}:{line} imports {name}"
        for path in files
        for line, name in imported_modules(path)
        if is_forbidden(path, name)
    ]


def is_below(name, package):
    return name == package or name.startswith(package + ".")


def is_standard(name):
    return name.split(".")[0] in sys.stdlib_module_names


def test_the_library_uses_the_standard_library_and_little_else():
    def is_forbidden(path, name):
        allowed = LIB_PACKAGES.get(path.name, set())
        return not (is_standard(name) or is_below(name, LIB) or name.split(".")[0] in allowed)

    assert violations(python_files("fusion_payment_common/lib"), is_forbidden) == []


@pytest.mark.parametrize("addon", VENDOR_ADDONS)
def test_a_client_uses_the_standard_library_itself_and_the_common_library(addon):
    own = f"odoo.addons.{addon}.client"

    def is_forbidden(_path, name):
        return not (is_standard(name) or is_below(name, own) or is_below(name, LIB))

    assert violations(python_files(f"{addon}/client"), is_forbidden) == []


def test_vendors_do_not_know_each_other_and_common_knows_no_vendor():
    def is_forbidden(path, name):
        home = path.relative_to(ROOT).parts[0]
        strangers = [addon for addon in VENDOR_ADDONS if addon != home]
        return any(is_below(name, f"odoo.addons.{addon}") for addon in strangers)

    assert violations(python_files(*ADDONS), is_forbidden) == []


def test_http_libraries_are_used_in_the_transport_only():
    http = {"requests", "urllib3", "httpx", "aiohttp"}
    standard_http = ("urllib.request", "http.client")

    def is_forbidden(path, name):
        parts = path.relative_to(ROOT).parts
        if parts[1] == "tests" or parts[1:] == ("lib", "transport.py"):
            return False
        return name.split(".")[0] in http or any(is_below(name, one) for one in standard_http)

    assert violations(python_files(*ADDONS), is_forbidden) == []


def test_models_do_not_import_controllers_or_wizards():
    def is_forbidden(path, name):
        if path.relative_to(ROOT).parts[1] != "models":
            return False
        return re.match(r"odoo\.addons\.fusion_\w+\.(controllers|wizards)\b", name) is not None

    assert violations(python_files(*ADDONS), is_forbidden) == []


def test_only_one_file_opens_cursors_and_commits():
    """A commit or a cursor of its own elsewhere would break the promise of the ledger."""
    allowed = {"fusion_payment_common/tools/cursors.py"}
    found = []
    for path in python_files(*ADDONS):
        if shown(path) in allowed or "tests" in path.parts:
            continue
        found += [
            f"{shown(path)}:{node.lineno} calls {ast.unparse(node.func)}"
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call)
            and re.search(
                r"(\bcr|\b_cr|cursor)\.(commit|rollback)$|registry(\(.*\))?\.cursor$|db_connect$",
                ast.unparse(node.func),
            )
        ]
    assert found == []


def test_common_contains_no_name_of_a_vendor():
    vendors = re.compile(r"clover|\bwex\b|wex_", re.IGNORECASE)
    suffixes = {".py", ".xml", ".js", ".csv", ".sql", ".css", ".scss", ".json", ".pot", ".po"}
    found = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "fusion_payment_common").rglob("*"))
        if path.suffix in suffixes
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if vendors.search(line)
    ]
    assert found == []


def test_the_pure_layers_can_be_imported_without_odoo():
    """In a fresh interpreter, so that nothing another test imported can help."""
    modules = [
        "odoo.addons." + shown(path).removesuffix(".py").replace("/", ".")
        for path in python_files(*PURE_LAYERS)
        if path.name != "__init__.py"
    ]
    script = (
        "import sys, importlib; sys.path.insert(0, '.'); import tests.conftest\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "loaded = sorted(n for n in sys.modules if n.startswith('odoo.'))\n"
        "assert 'odoo.fields' not in loaded and 'odoo.models' not in loaded, loaded\n"
        "print(len(loaded))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > len(modules)


# --- the checks themselves --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from odoo import fields", "odoo.fields"),
        ("import odoo.http", "odoo.http"),
        ("def f():\n    from odoo.tools import config", "odoo.tools.config"),
        ("from ..models import thing", "odoo.addons.fusion_clover.models.thing"),
        ("from .. import const", "odoo.addons.fusion_clover.const"),
        ("from . import types", "odoo.addons.fusion_clover.client.types"),
        ("from .types import Charge", "odoo.addons.fusion_clover.client.types.Charge"),
        ("import importlib\nimportlib.import_module('odoo')", "odoo"),
        ("__import__(name)", "<dynamic>"),
    ],
)
def test_every_way_of_importing_is_seen(source, name):
    path = ROOT / "fusion_clover" / "client" / "example.py"
    assert name in [found for _, found in imported_modules(path, ast.parse(source))]
