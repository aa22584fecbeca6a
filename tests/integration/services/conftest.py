from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from .world import World, build_world


@pytest.fixture
def world(alice: Any, bob: Any) -> World:
    built = build_world(alice, bob)
    connection.check_constraints()  # as its commit would; indexes are not made while checks are outstanding
    return built
