"""Loaded before Django's settings: points the test run at an embedded PostgreSQL, started on first use.

Each run has databases of its own, named for its process, so that two runs side by side never meet.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded_postgres import EmbeddedPostgres

SERVER = EmbeddedPostgres(Path(__file__).resolve().parent.parent / "var" / "test-postgres")

if "DATABASE_URL" not in os.environ:
    os.environ["DATABASE_URL"] = SERVER.url(f"automations_{os.getpid()}")
    os.environ["AUTOMATIONS_TEST_POSTGRES"] = "embedded"


def start_server() -> None:
    """Start the server, and drop what test runs that were killed have left."""
    SERVER.start()
    with psycopg.connect(SERVER.url(), autocommit=True) as connection:
        for name, process in connection.execute(
            # A run that is spread over processes adds which of them it is.
            r"SELECT datname, (regexp_match(datname, '_(\d+)(_gw\d+)?$'))[1] FROM pg_database"
            r" WHERE datname ~ '_\d+(_gw\d+)?$'"
        ).fetchall():
            if not Path(f"/proc/{process}").exists():
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )


def own_database(name: str, *, template: str = "template1") -> str:
    """The URL of a new database of this test run, for processes that a test starts: empty, or a copy of `template`."""
    start_server()
    full = f"{name}_{os.getpid()}"
    with psycopg.connect(SERVER.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(full)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(full), sql.Identifier(template))
        )
    return SERVER.url(full)


@functools.cache
def migrated_database() -> str:
    """The name of a database that has every table and no row of a test: to make copies of, which is quicker than to
    migrate each. Nobody connects to it, else it could not be copied."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ, "DATABASE_URL": own_database("migrated")},
        check=True,
    )
    return f"migrated_{os.getpid()}"
