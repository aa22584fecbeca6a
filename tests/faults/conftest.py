from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded_postgres import EmbeddedPostgres


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder with a short name for a PostgreSQL of the test's own; server and folder are gone afterwards.

    Not below tmp_path: pytest takes away other users' way into its folders, and a server that root starts runs as
    another user.
    """
    top = Path(tempfile.mkdtemp(prefix="pg-"))
    folder = top / "postgres"
    yield folder
    server = EmbeddedPostgres(folder)
    server.stop()
    shutil.rmtree(server.socket_dir, ignore_errors=True)
    shutil.rmtree(top)
