"""What newcomers read names what is there."""

import ast
import re
import tomllib

import pytest

from .sources import ADDONS, ROOT, tree_of

ROOM_ROW = re.compile(r"\| `(fusion_\w+)` \| (.+) \|")


def rooms_of(addon):
    """Packages below ``models`` that are loaded, by name."""
    folder = ROOT / addon / "models"
    names = [
        alias.name
        for node in tree_of(folder / "__init__.py").body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    return sorted(name for name in names if (folder / name).is_dir())


def test_the_rooms_are_listed():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = ROOM_ROW.findall(text)
    listed = {addon: sorted(re.findall(r"`(\w+)`", rooms)) for addon, rooms in rows}
    assert listed == {addon: rooms_of(addon) for addon in ADDONS}


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/add-a-provider.md"])
def test_paths_lead_somewhere(name):
    """Files and folders named in backticks or links, unless they stand for a kind of place."""
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"`((?:fusion_|tests/|docs/|dev/|lib/|tools/)[\w./\-]+)`", text)
    linked = re.findall(r"\]\((?!http)([\w./\-]+)\)", text)
    assert len(named) > 5
    starts = [ROOT, ROOT / "fusion_payment_common"]
    missing = [one for one in named if not any((start / one).exists() for start in starts)]
    missing += [one for one in linked if not ((ROOT / name).parent / one).exists()]
    assert missing == []


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    folders = [*(ROOT / addon for addon in ADDONS), *(ROOT / "docs/skeleton").iterdir()]
    versions = {
        folder.name: ast.literal_eval((folder / "__manifest__.py").read_text())["version"]
        for folder in folders
    }
    assert versions == dict.fromkeys(versions, project)
    assert re.search(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(), re.M)[1] == project
    assert f"now `{project}`" in (ROOT / "CONTRIBUTING.md").read_text()
