"""Rooms by concern: each model's method has one definition, and rooms call in one direction."""

import ast
import re
from collections import defaultdict

import pytest

from .sources import ADDONS, ROOT, python_files, shown, tree_of

#: Calls on `self` that go against the order of rooms, each with its reason.
ALLOWED_CALLS: dict[tuple[str, str], str] = {
    (
        "fusion_payment_common/models/payment_transaction.py",
        "_post_process",
    ): "core's own hook, which a later room overrides",
}


def rooms_of(addon):
    """The rooms of an addon in the order in which they are loaded; the root is ``""``."""
    init = ROOT / addon / "models" / "__init__.py"
    order = [
        alias.name
        for node in tree_of(init).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    folders = [name for name in order if (init.parent / name).is_dir()]
    return ["", *folders]


def room_of(path):
    """The room of a file below ``models/``; ``""`` for the root."""
    parts = path.relative_to(ROOT).parts
    return parts[2] if len(parts) > 3 else ""


def model_of(node):
    """The model that a class of Odoo's defines or extends; None for any other class."""
    found = {}
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            name = item.targets[0].id
            if name in ("_name", "_inherit") and isinstance(item.value, ast.Constant):
                found[name] = item.value.value
    return found.get("_name") or found.get("_inherit")


def model_classes(addon, *folders):
    """``(path, model, class)`` of every class of a model."""
    for folder in folders:
        for path in python_files(f"{addon}/{folder}"):
            for node in ast.walk(tree_of(path)):
                if isinstance(node, ast.ClassDef) and (model := model_of(node)):
                    yield path, model, node


def methods(node):
    """The functions of a class."""
    return [item for item in node.body if isinstance(item, ast.FunctionDef)]


@pytest.mark.parametrize("addon", ADDONS)
def test_a_method_of_a_model_is_defined_once_in_an_addon(addon):
    """Twice, and the order of imports would decide what happens."""
    places = defaultdict(list)
    for path, model, node in model_classes(addon, "models", "wizards", "controllers"):
        for method in methods(node):
            places[model, method.name].append(f"{shown(path)}:{method.lineno}")
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("addon", ADDONS)
def test_rooms_call_in_the_order_in_which_they_are_loaded(addon):
    """A method calls on ``self`` what its own room or an earlier one defines."""
    order = rooms_of(addon)
    home = {}
    for path, model, node in model_classes(addon, "models"):
        for method in methods(node):
            home[model, method.name] = room_of(path)
    against = [
        f"{shown(path)}:{call.lineno} {call.func.attr} of {home[model, call.func.attr]}"
        for path, model, node in model_classes(addon, "models")
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "self"
        and (model, call.func.attr) in home
        and order.index(home[model, call.func.attr]) > order.index(room_of(path))
        and (shown(path), call.func.attr) not in ALLOWED_CALLS
    ]
    assert against == []


@pytest.mark.parametrize("addon", ADDONS)
def test_models_views_and_tests_have_the_same_rooms(addon):
    """A concern has one name wherever it is looked for."""
    rooms = set(rooms_of(addon))
    found = {
        folder.relative_to(ROOT).as_posix()
        for kind in ("views", "tests")
        for folder in (ROOT / addon / kind).iterdir()
        if folder.is_dir() and folder.name != "__pycache__" and folder.name not in rooms
    }
    assert found == set()


@pytest.mark.parametrize("addon", ADDONS)
def test_every_file_of_a_room_is_loaded(addon):
    """What is not imported by its room does not exist for Odoo, tests included."""
    missing = []
    for folder in ("models", "tests"):
        for path in python_files(f"{addon}/{folder}"):
            if path.name == "__init__.py" or (folder == "tests" and path.stem[:5] != "test_"):
                continue
            names = {
                alias.name
                for node in tree_of(path.parent / "__init__.py").body
                if isinstance(node, ast.ImportFrom)
                for alias in node.names
            }
            if path.stem not in names and not is_pure(path):
                missing.append(shown(path))
    assert missing == []


def is_pure(path):
    """Whether a file defines no model: a table or a function that models import."""
    return not any(
        isinstance(node, ast.ClassDef) and model_of(node) for node in ast.walk(tree_of(path))
    )


def test_the_plan_in_the_documentation_names_the_rooms_that_exist():
    """ARCHITECTURE.md answers "where is it?"; its folders exist, and it leaves no room out."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .+\? \| `([\w/]+)` \|$", text, re.MULTILINE)
    assert [folder for folder in rows if not (ROOT / folder).is_dir()] == []
    plan = text[text.index("## Rooms") : text.index("### Where is it?")]
    named = set(re.findall(r"^    (\w+)/ ", plan, re.MULTILINE))
    assert named == {room for addon in ADDONS for room in rooms_of(addon) if room}
