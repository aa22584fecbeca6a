"""Loaded before Django's settings: points the test run at an embedded PostgreSQL, started on first use.

Each run has databases of its own, named for its process, so that two runs side by side never meet.
"""

from __future__ import annotations

import os
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


def own_database(name: str) -> str:
    """The URL of a new, empty database of this test run, for processes that a test starts."""
    start_server()
    full = f"{name}_{os.getpid()}"
    with psycopg.connect(SERVER.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(full)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(full)))
    return SERVER.url(full)
