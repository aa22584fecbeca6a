from __future__ import annotations

from typing import Any

import pytest

from automations.models import Module, Run
from automations.testing import give_modules

from .world import failed_run, make_tickets


@pytest.fixture
def alice(alice: Any) -> Any:
    """Who publishes, and as whom the runs act."""
    return give_modules(alice)


@pytest.fixture
def tickets() -> Module:
    return make_tickets()


@pytest.fixture
def run(tickets: Module, alice: Any) -> Run:
    return failed_run(alice)
