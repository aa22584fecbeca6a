"""Loaded before Django's settings: points the test run at an embedded PostgreSQL of its own, started on first use."""

from __future__ import annotations

import os
from pathlib import Path

from config.embedded_postgres import EmbeddedPostgres

SERVER = EmbeddedPostgres(Path(__file__).resolve().parent.parent / "var" / "test-postgres")

if "DATABASE_URL" not in os.environ:
    os.environ["DATABASE_URL"] = SERVER.url("automations")
    os.environ["AUTOMATIONS_TEST_POSTGRES"] = "embedded"
