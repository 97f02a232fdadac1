"""PostgreSQL is restarted under the demo's server: its schedules go on.

In a cluster of the test's own, because it takes the database away from everybody.
"""

import configparser
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
import requests

from .support.server import free_ports
from .support.settings import ROOT, Settings
from .support.waiting import wait_until

DATABASE = "fusion_restarted"
#: Seconds for a start on a busy machine.
START = 180.0
#: Seconds from PostgreSQL's return to the next schedule: less than Odoo's own minute.
BACK_WITHIN = 50.0


@dataclass
class Cluster:
    """A PostgreSQL of its own with a copy of the template database."""

    home: Path
    settings: Settings

    def script(self, action: str) -> str:
        """What ``dev/postgres.sh ACTION demo`` prints."""
        return subprocess.run(
            [str(ROOT / "dev/postgres.sh"), action, "demo"],
            env=os.environ | {"FUSION_HOME": str(self.home)},
            capture_output=True, text=True, check=True, timeout=120,
        ).stdout.strip()  # fmt: skip

    def program(self, name: str, *arguments: str, socket: str) -> None:
        """Run one of PostgreSQL's programs."""
        command = [str(self.settings.pg_bin / name), "-h", socket, "-U", "odoo", *arguments]
        subprocess.run(command, check=True, timeout=300)

    def fill(self) -> None:
        """Copy the template database into it."""
        dump = str(self.home / "template.dump")
        template = self.settings.template
        self.program("pg_dump", "-Fc", "-f", dump, template, socket=self.settings.pg_socket)
        self.program("createdb", DATABASE, socket=self.socket)
        self.program("pg_restore", "-j2", "-d", DATABASE, dump, socket=self.socket)

    @property
    def socket(self) -> str:
        """Where it listens."""
        return self.script("url")

    def last_run(self) -> int:
        """The latest run of a schedule; each one has a number."""
        connection = psycopg2.connect(host=self.socket, user="odoo", dbname=DATABASE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(id), 0) FROM ir_cron_progress")
            (number,) = cursor.fetchone()
        connection.close()
        return number


@pytest.fixture
def cluster(settings: Settings, tmp_path: Path) -> Iterator[Cluster]:
    """A running cluster, removed afterwards."""
    cluster = Cluster(tmp_path, settings)
    try:
        cluster.script("start")
        cluster.fill()
        yield cluster
    finally:
        cluster.script("destroy")


@dataclass
class DemoServer:
    """What `make demo` starts."""

    port: int
    log: Path

    def health(self) -> int:
        """The status that /fusion/healthz answers with; 0 when nobody answers."""
        with requests.Session() as session:
            session.trust_env = False
            try:
                url = f"http://127.0.0.1:{self.port}/fusion/healthz"
                return session.get(url, timeout=10).status_code
            except requests.RequestException:
                return 0


@pytest.fixture
def server(cluster: Cluster, settings: Settings, tmp_path: Path) -> Iterator[DemoServer]:
    """The demo's server on the cluster; it answers."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(settings.odoo_conf)
    config["options"].update(db_host=cluster.socket, data_dir=str(tmp_path / "data"))
    with (tmp_path / "odoo.conf").open("w") as file:
        config.write(file)
    server = DemoServer(*free_ports(1), tmp_path / "odoo.log")
    variables = {
        "FUSION_HOME": str(tmp_path), "DB": DATABASE, "ODOO_PORT": str(server.port),
        "ODOO": str(settings.odoo_bin), "ODOO_CONF": str(tmp_path / "odoo.conf"),
    }  # fmt: skip
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", str(ROOT / "dev/serve-odoo.sh")],
            env=os.environ | variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_until(lambda: server.health() == 200, "the server starts", START)
        yield server
        assert process.poll() is None, "it is the same process as before"
    finally:
        process.kill()
        process.wait()


def test_schedules_go_on_when_postgresql_was_restarted(cluster, server):
    before = cluster.last_run()
    cluster.script("stop")
    wait_until(
        lambda: "PostgreSQL does not answer the scheduler" in server.log.read_text(),
        "the scheduler notices that PostgreSQL is away",
    )
    assert server.health() not in (0, 200), "pages are served, and say that something is wrong"
    cluster.script("start")
    wait_until(lambda: cluster.last_run() > before, "a schedule runs again", BACK_WITHIN)
    wait_until(lambda: server.health() == 200, "the server is healthy again", BACK_WITHIN)
