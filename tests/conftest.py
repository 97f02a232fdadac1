"""Makes the pure layers importable under their production names with no Odoo installed.

``odoo``, ``odoo.addons`` and each addon are registered as bare packages that have nothing but a
``__path__``; the addons' own ``__init__`` (which imports models) is not executed. Where Odoo is
imported already, nothing is touched.
"""

import importlib.machinery
import random
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ("fusion_payment_common", "fusion_clover", "fusion_wex")


def _bare_package(name: str, path: list[str]) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__path__ = path
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
    module.__spec__.submodule_search_locations = path
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
    return module


def _register_pure_layers() -> None:
    if "odoo" in sys.modules:
        return
    _bare_package("odoo", [])
    _bare_package("odoo.addons", [])
    for addon in ADDONS:
        if (ROOT / addon).is_dir():
            _bare_package(f"odoo.addons.{addon}", [str(ROOT / addon)])


_register_pure_layers()
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture
def rng() -> random.Random:
    """Randomness that is the same in every run."""
    return random.Random(20250101)
