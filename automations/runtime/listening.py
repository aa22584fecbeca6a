"""What a connection of its own, outside Django's, needs to LISTEN to the database that Django uses."""

from __future__ import annotations

from typing import Any

from django.db import connection

DJANGO_ONLY = frozenset({"context", "cursor_factory", "prepare_threshold", "pool", "server_side_binding"})


def listen_parameters() -> dict[str, Any]:
    """Keyword arguments for `psycopg.connect` or `psycopg.AsyncConnection.connect`: Django's own, TLS options
    included, less what only Django's cursors understand."""
    parameters = connection.get_connection_params()
    return {key: value for key, value in parameters.items() if key not in DJANGO_ONLY} | {"autocommit": True}
