"""A place of their own for the scripts, and stand-ins for programs of the system."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Shell:
    """Runs scripts of dev/ with a private .odoo folder and stand-ins in front of PATH."""

    def __init__(self, folder: Path):
        self.home = folder / "home"
        self.bin = folder / "bin"
        self.home.mkdir()
        self.bin.mkdir()
        self.calls = folder / "calls"

    def stand_in(self, name: str, body: str) -> None:
        """Put a program in front of PATH that notes its arguments, then does ``body``."""
        path = self.bin / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.calls}"\n{body}\n')
        path.chmod(0o755)

    def called(self) -> list[str]:
        """Return the command lines that the stand-ins were called with."""
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository; output is captured, the exit status not checked."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in {"PORT", "DB", "CLOVER_ORIGIN", "WEX_ORIGIN", "ODOO_PATH", "BASH_ENV"}
        }
        variables = inherited | {
            "FUSION_HOME": str(self.home),
            "PATH": f"{self.bin}:{os.environ['PATH']}",
        }
        return subprocess.run(
            command,
            cwd=ROOT,
            env=variables | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def functions(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run shell text with the functions of dev/ loaded."""
        loaded = "".join(
            f". dev/{name}.sh\n" for name in ("lib", "checks", "system-packages", "services")
        )
        return self.run("bash", "-c", f"set -euo pipefail\n{loaded}{script}")


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)
