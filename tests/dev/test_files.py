"""Properties of the files that describe the environment."""

import ast
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


@pytest.fixture(scope="module")
def services():
    """The services of the Compose file."""
    return yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]


def test_the_containers_run_the_commands_of_the_native_demo(services):
    native = (ROOT / "dev" / "demo.sh").read_text()
    container = (ROOT / "dev" / "container.sh").read_text()
    for script, arguments in (("demo-database.sh", " prepare"), ("serve-odoo.sh", "")):
        assert f"dev/{script}{arguments}" in native
        assert f'"$ROOT/dev/{script}"{arguments}' in container
    assert "dev/container.sh prepare" in services["database"]["command"][-1]
    assert services["odoo"]["command"][0].endswith("dev/container.sh")
    assert " ".join(services["flow"]["command"][-2:]) in native
    assert services["ready"]["command"][0] in native
    assert "-m tests.simulators" in native
    for name in ("clover", "wex", "downstream"):
        assert f"simulator {name} " in native
        assert services[name]["command"][:4] == ["python", "-m", "tests.simulators", name]


def test_whatever_is_restarted_the_other_containers_keep_their_network(services):
    owner = services["network"]
    assert owner["command"] == ["sleep", "infinity"]
    assert [name for name, service in services.items() if "ports" in service] == ["network"]
    for name in set(services) - {"network", "db"}:
        assert services[name]["network_mode"] == "service:network", name


def test_the_containers_are_watched_by_what_notices_a_dead_scheduler(services):
    assert "/fusion/healthz" in services["odoo"]["healthcheck"]["test"][-1]
    # the socket answers while the first start still keeps the port closed
    assert "pg_isready -h 127.0.0.1" in services["db"]["healthcheck"]["test"][-1]


def test_up_fails_when_the_main_job_does(services):
    condition = services["ready"]["depends_on"]["flow"]["condition"]
    assert condition == "service_completed_successfully"


def test_the_images_entrypoint_does_not_take_our_port_for_the_databases(services):
    for name in ("database", "odoo"):
        assert "PORT" not in services[name]["environment"]


def test_every_setting_of_the_containers_comes_from_the_environment_file():
    example = (ROOT / ".env.example").read_text()
    compose = (ROOT / "docker-compose.yaml").read_text()
    for name in re.findall(r"\$\{(\w+)", compose):
        assert f"{name}=" in example
    for value in re.findall(r"PASSWORD: (.*)", compose):
        assert value.startswith("${POSTGRES_PASSWORD:?")
    assert re.search(r"^FUSION_VAULT_KEYS=$", example, re.M), "a public key is no key"


def test_the_readme_names_every_python_package_that_the_addons_need():
    readme = (ROOT / "README.md").read_text()
    (named,) = re.findall(r"\*\*Python packages\.\*\*(.*?)\n\n", readme, re.S)
    needed = set()
    for manifest in ROOT.glob("fusion_*/__manifest__.py"):
        values = ast.literal_eval(manifest.read_text())
        needed |= set(values.get("external_dependencies", {}).get("python", []))
    assert set(re.findall(r"`([\w.-]+)`", named)) == needed
