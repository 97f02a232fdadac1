"""npm's packages are for checks and tests; whoever starts the demo needs no npm registry."""

import shutil
import subprocess
import sys

import pytest

from .conftest import ROOT

FOLDERS = ("dev/eslint", "tests/e2e/axe", "tests/simulator_checks/sdk")


@pytest.fixture
def fresh(shell, tmp_path):
    """A new checkout without any package of npm, beside an Odoo and a Python that are there."""
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "dev", checkout / "dev", ignore=shutil.ignore_patterns("node_modules"))
    for folder in FOLDERS:
        (checkout / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / folder / "package-lock.json", checkout / folder)
    (checkout / "odoo" / "odoo").mkdir(parents=True)
    (checkout / "odoo" / "odoo-bin").touch()
    release = "version_info = (19, 0, 0, FINAL, 0, '')\n"
    (checkout / "odoo" / "odoo" / "release.py").write_text(release)
    environment = shell.home / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    shutil.copy(ROOT / "dev" / "requirements.lock", environment / ".lock")
    shell.stand_in("npm", 'echo "npm: cannot reach its registry" >&2; exit 1')
    return checkout


def test_without_a_registry_of_npm_everything_that_the_demo_needs_is_made_ready(shell, fresh):
    made = shell.run(
        str(fresh / "dev/bootstrap.sh"), "none",
        ODOO_PATH=str(fresh / "odoo"), FUSION_MIN_FREE_MB="1",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert (shell.home / "demo.conf").exists()
    assert shell.called() == []
    assert list(fresh.rglob("node_modules")) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_check_that_needs_them_says_when_they_cannot_be_had(shell, fresh, folder):
    made = shell.run(str(fresh / "dev/node-packages.sh"), str(fresh / folder))
    assert made.returncode == 1
    assert "npm: cannot reach its registry" in made.stderr
    assert f"error: no registry: npm could not install {fresh / folder}" in made.stderr
    assert not (fresh / folder / "node_modules/.lock").exists()


def test_they_are_fetched_once_and_again_when_the_lock_changes(shell, fresh):
    shell.stand_in("npm", "mkdir -p node_modules")
    folder = fresh / FOLDERS[0]
    command = (str(fresh / "dev/node-packages.sh"), str(folder))
    assert [shell.run(*command).returncode for _ in range(2)] == [0, 0]
    assert len(shell.called()) == 1
    assert shell.called()[0].startswith("npm ci --ignore-scripts ")
    (folder / "package-lock.json").write_text("{}")
    assert shell.run(*command).returncode == 0
    assert len(shell.called()) == 2
