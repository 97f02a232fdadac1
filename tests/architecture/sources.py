"""The sources that the architecture tests look at, and what they import."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What runs, and is tested, without Odoo.
PURE_LAYERS = ("fusion_payment_common/lib", "fusion_clover/client", "fusion_wex/client")
ADDONS = ("fusion_payment_common", "fusion_clover", "fusion_wex")


def python_files(*folders: str) -> list[Path]:
    """Every Python file below the folders (relative to the repository), sorted."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "node_modules" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def shown(path: Path) -> str:
    """The path as people write it."""
    return path.relative_to(ROOT).as_posix()


def imported_modules(path: Path, tree: ast.Module | None = None) -> Iterator[tuple[int, str]]:
    """``(line, absolute dotted name)`` of everything a file imports, wherever in the file.

    ``from a import b`` counts as ``a.b``: b may be a module. Relative imports are resolved by the
    file's place; files of an addon live below ``odoo.addons``.
    """
    for node in ast.walk(tree or tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif _is_dynamic_import(node):
            argument = node.args[0] if node.args else None
            name = argument.value if isinstance(argument, ast.Constant) else "<dynamic>"
            yield node.lineno, str(name)


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[0] in ADDONS:
        parts = ["odoo", "addons", *parts]
    package = parts[: len(parts) - node.level]
    return ".".join([*package, node.module] if node.module else package)


def _is_dynamic_import(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in ("__import__", "import_module")
