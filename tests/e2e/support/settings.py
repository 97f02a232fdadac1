"""Where Odoo, PostgreSQL and the template database are: given by ``make test``, found otherwise."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / ".odoo"
SCREENSHOTS = HOME / "screenshots"
LOGS = HOME / "log"


@dataclass(frozen=True)
class Settings:
    """Of this checkout, or of the environment."""

    odoo_bin: Path
    odoo_conf: Path
    pg_socket: str
    pg_bin: Path
    template: str
    filestore: Path
    chromium: str

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment; ask the scripts of the checkout for what is not there.

        :raises RuntimeError: something is missing, with what to do about it.
        """
        get = os.environ.get
        socket = get("FUSION_PG_SOCKET") or _ask("dev/postgres.sh", "url", "test")
        pg_bin = Path(get("FUSION_PG_BIN") or _ask("dev/postgres.sh", "bin"))
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        if not chromium:
            raise RuntimeError("Chromium is missing: make bootstrap installs it")
        return cls(
            odoo_bin=Path(get("FUSION_ODOO_BIN") or HOME / "odoo"),
            odoo_conf=Path(get("FUSION_ODOO_CONF") or HOME / "odoo.conf"),
            pg_socket=socket,
            pg_bin=pg_bin,
            template=get("FUSION_TEMPLATE_DB") or _newest_template(pg_bin, socket),
            filestore=Path(get("FUSION_FILESTORE") or HOME / "data-test" / "filestore"),
            chromium=chromium,
        )


def _ask(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(ROOT / script), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{script} says: {done.stderr.strip()} (try: make bootstrap)")
    return done.stdout.strip()


def _newest_template(pg_bin: Path, socket: str) -> str:
    query = "SELECT datname FROM pg_database WHERE datname ~ '^fusion_withdemo_.*[0-9a-f]{12}$'"
    done = subprocess.run(
        [str(pg_bin / "psql"), "-qAt", "-h", socket, "-U", "odoo", "-d", "postgres", "-c",
         f"{query} ORDER BY oid DESC LIMIT 1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not done.stdout.strip():
        raise RuntimeError("no database with the suite installed: make test ONLY=e2e makes one")
    return done.stdout.strip()
