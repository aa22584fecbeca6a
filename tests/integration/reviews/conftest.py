from __future__ import annotations

from typing import Any

import pytest

from .world import Desk, utc


@pytest.fixture
def desk(alice: Any, bob: Any, root: Any) -> Desk:
    return Desk(alice, bob, root, now=utc("2026-03-20T12:00"))
