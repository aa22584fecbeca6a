from __future__ import annotations

from typing import Any

import pytest

from automations.models import Module
from automations.testing import make_module

from .world import FIELDS, person


@pytest.fixture
def orders() -> Module:
    return make_module("refunds", FIELDS)


@pytest.fixture
def sam(orders: Module) -> Any:
    return person("sam", "Leads")


@pytest.fixture
def tom(orders: Module) -> Any:
    return person("tom", "Leads")
