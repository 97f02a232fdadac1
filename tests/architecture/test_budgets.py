"""Files have one job and functions fit on a screen."""

import ast

import pytest

from .sources import ADDONS, PURE_LAYERS, python_files, shown, tree_of

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
FOLDERS = (*ADDONS, "tests", "dev")


def is_test(path):
    return "tests" in path.parts and path.name.startswith("test_")


def function_length(node):
    """Lines of a function without its docstring."""
    length = node.end_lineno - node.lineno + 1
    docstring = node.body[0] if ast.get_docstring(node) else None
    return length - (docstring.end_lineno - docstring.lineno + 1 if docstring else 0)


def functions(path):
    return [
        node
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_source_file_is_longer_than_the_budget():
    lengths = {
        shown(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files(*FOLDERS)
        if not is_test(path)
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_is_longer_than_the_budget():
    lengths = {
        f"{shown(path)}:{node.lineno} {node.name}": function_length(node)
        for path in python_files(*FOLDERS)
        for node in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("name", ["utils.py", "helpers.py", "misc.py", "common_utils.py"])
def test_no_file_is_named_after_nothing(name):
    assert [shown(path) for path in python_files(*ADDONS) if path.name == name] == []


def test_no_exception_is_swallowed_in_silence():
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in python_files(*FOLDERS)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and all(isinstance(item, ast.Pass | ast.Continue) for item in node.body)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]
    assert found == []


def test_public_functions_of_the_pure_layers_say_what_they_promise():
    found = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in python_files(*PURE_LAYERS)
        for owner in [tree_of(path), *_public_classes(path)]
        for node in owner.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert found == []


def _public_classes(path):
    return [
        node
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
