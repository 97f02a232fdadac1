"""A database of a test's own: cloned from the template, looked into, dropped."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extras

from .settings import LOGS, Settings


class Database:
    """A clone of the template database with its attachments (hard links)."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self._settings = settings
        self._connection: Any = None

    def create(self) -> None:
        """Clone the template under this name; what had the name before is dropped."""
        self.drop()
        self._maintain(f'CREATE DATABASE "{self.name}" TEMPLATE "{self._settings.template}"')
        source = self._settings.filestore / self._settings.template
        if source.is_dir():
            shutil.copytree(source, self._settings.filestore / self.name, copy_function=os.link)

    def drop(self) -> None:
        """Remove the database and its attachments, connected or not."""
        self.close()
        self._maintain(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        shutil.rmtree(self._settings.filestore / self.name, ignore_errors=True)

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """What the query returns right now, as committed; no Odoo is asked."""
        with self._cursor() as cursor:
            cursor.execute(query, parameters)
            return [dict(row) for row in cursor.fetchall()]

    def value(self, query: str, *parameters: Any) -> Any:
        """The only value of the only row."""
        (row,) = self.rows(query, *parameters)
        (value,) = row.values()
        return value

    def execute(self, statement: str, *parameters: Any) -> int:
        """Run a statement in a transaction of its own; returns how many rows it touched."""
        with self._cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.rowcount

    def dump(self) -> str:
        """Everything in the database as text."""
        done = subprocess.run(
            [str(self._settings.pg_bin / "pg_dump"), "-h", self._settings.pg_socket, "-U", "odoo",
             "--no-owner", self.name],
            capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace")

    def close(self) -> None:
        """End this object's own connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _cursor(self) -> Any:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect(self.name)
        return self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor)

    def _maintain(self, statement: str) -> None:
        connection = self._connect("postgres")
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET client_min_messages = warning")
                cursor.execute(statement)
        finally:
            connection.close()

    def _connect(self, name: str) -> Any:
        connection = psycopg2.connect(
            host=self._settings.pg_socket,
            user="odoo",
            dbname=name,
            options="-c lock_timeout=20s -c statement_timeout=60s",
        )
        connection.autocommit = True
        return connection


def drop_left_behind(settings: Settings, prefix: str) -> None:
    """Drop the databases (and logs) named ``PREFIX_PID_...`` whose process has ended."""
    maintenance = Database(settings, "postgres")
    pattern = f"^{prefix}_[0-9]+_"
    found = maintenance.rows("SELECT datname FROM pg_database WHERE datname ~ %s", pattern)
    maintenance.close()
    for name in {row["datname"] for row in found} | {
        path.stem for path in LOGS.glob(f"{prefix}_*")
    }:
        process = name.removeprefix(f"{prefix}_").split("_")[0]
        if not process.isdigit() or Path(f"/proc/{process}").exists():
            continue
        Database(settings, name).drop()
        (LOGS / f"{name}.log").unlink(missing_ok=True)
