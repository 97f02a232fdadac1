"""Properties of the files that describe the environment."""

import re

import pytest
import yaml

from .conftest import ROOT


@pytest.mark.parametrize("name", ["requirements", "uv", "simulators"])
def test_every_locked_package_has_a_version_and_a_hash_and_no_index_is_named(name):
    text = (ROOT / "dev" / f"{name}.lock").read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_containers_run_the_commands_of_the_native_demo():
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    native = (ROOT / "dev" / "demo.sh").read_text()
    for service in ("database", "odoo"):
        script, *arguments = services[service]["command"]
        assert " ".join([script.removeprefix("/mnt/extra-addons/"), *arguments]) in native
    assert "-m tests.simulators" in native
    assert " ".join(services["flow"]["command"][1:]) in native
    assert services["clover"]["command"][:4] == ["python", "-m", "tests.simulators", "clover"]


def test_every_secret_of_the_containers_comes_from_the_environment_file():
    example = (ROOT / ".env.example").read_text()
    compose = (ROOT / "docker-compose.yaml").read_text()
    for name in re.findall(r"\$\{(\w+)", compose):
        assert f"{name}=" in example
    for value in re.findall(r"PASSWORD: (.*)", compose):
        assert value.startswith("${POSTGRES_PASSWORD:?")
