"""The project's own PostgreSQL clusters."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("clusters")


@pytest.fixture
def clusters(shell):
    """Remove whatever a test started, even when it failed."""
    yield
    for name in ("demo", "test"):
        shell.run("dev/postgres.sh", "destroy", name)


def ask(shell, cluster: str, query: str) -> str:
    """Return psql's answer from a cluster."""
    socket = shell.run("dev/postgres.sh", "url", cluster).stdout.strip()
    psql = Path(shell.run("dev/postgres.sh", "bin", cluster).stdout.strip()) / "psql"
    return subprocess.run(
        [psql, "-qAt", "-h", socket, "-U", "odoo", "-d", "postgres", "-c", query],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout.strip()


@pytest.mark.parametrize(("cluster", "fsync"), [("demo", "on"), ("test", "off")])
def test_only_the_test_cluster_does_without_fsync_and_none_listens_on_a_port(shell, cluster, fsync):
    first = shell.run("dev/postgres.sh", "start", cluster)
    assert first.returncode == 0, first.stderr
    assert shell.run("dev/postgres.sh", "start", cluster).stdout == first.stdout
    assert ask(shell, cluster, "SHOW fsync") == fsync
    assert ask(shell, cluster, "SHOW listen_addresses") == ""
    data = Path(ask(shell, cluster, "SHOW data_directory"))
    assert data.stat().st_uid != 0
    assert shell.run("dev/postgres.sh", "status", cluster).returncode == 0
    assert shell.run("dev/postgres.sh", "stop", cluster).returncode == 0
    assert shell.run("dev/postgres.sh", "status", cluster).returncode == 3


def test_what_was_written_is_there_after_a_restart_and_an_interrupted_creation_is_made_anew(shell):
    shell.run("dev/postgres.sh", "start", "demo")
    ask(shell, "demo", "CREATE TABLE kept AS SELECT 42 AS answer")
    data = Path(ask(shell, "demo", "SHOW data_directory"))
    shell.run("dev/postgres.sh", "stop", "demo")
    shell.run("dev/postgres.sh", "start", "demo")
    assert ask(shell, "demo", "SELECT answer FROM kept") == "42"
    shell.run("dev/postgres.sh", "stop", "demo")
    # Ctrl-C during initdb leaves `new`, never `data`
    shutil.move(data, data.with_name("new"))
    assert shell.run("dev/postgres.sh", "start", "demo").returncode == 0
    assert ask(shell, "demo", "SELECT to_regclass('kept') IS NULL") == "t"


def test_the_server_does_not_keep_the_locks_of_the_script_that_started_it(shell):
    lock = shell.home / "demo.lock"
    started = shell.run("bash", "-c", f"exec 6>{lock} 9>&6; flock 6; dev/postgres.sh start test")
    assert started.returncode == 0, started.stderr
    assert shell.run("flock", "-n", str(lock), "true").returncode == 0


def test_a_destroyed_cluster_leaves_nothing_behind(shell):
    shell.run("dev/postgres.sh", "start", "test")
    folder = Path(ask(shell, "test", "SHOW data_directory")).parents[1]
    assert folder.is_dir()
    assert shell.run("dev/postgres.sh", "destroy", "test").returncode == 0
    assert not folder.exists()


def test_an_unknown_cluster_is_refused(shell):
    assert shell.run("dev/postgres.sh", "start", "production").returncode == 1
