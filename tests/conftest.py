from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from automations.runtime import subscriptions, writes
from tests.postgres_plugin import start_server

# How long an example takes says nothing on a machine that does other work too; tests about speed measure it themselves.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


LONGEST = (
    "tests/acceptance/test_backtests.py",
    "tests/acceptance/test_incidents.py",
    "tests/acceptance/test_host_project.py",
    "tests/acceptance/test_incident_inputs.py",
    "tests/acceptance/test_tutorial.py",
    "tests/architecture/test_docs.py",
    "tests/acceptance/test_demo.py",
    "tests/integration/api/test_matrix.py",
    "tests/integration/modules/test_parity.py",
)
"""Files that take the better part of a minute or more."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: of several processes, none is left alone with one of them at the end."""
    places = {file: index for index, file in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Start the embedded server only when a test wants a database: tests/unit runs without one. Each of several
    processes of one run has its own."""
    if os.environ.get("AUTOMATIONS_TEST_POSTGRES") == "embedded":
        start_server()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Django's hash costs half a second on purpose; the tests make thousands of people, and keep no secret."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """Process-wide caches of rows must not outlive the rows that a test rolls back."""
    yield
    subscriptions.forget()
    writes.forget()


def make_user(name: str, **fields: Any) -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user(
        username=name, password="demo", email=f"{name}@example.org", **fields
    )


@pytest.fixture
def alice(db: None) -> Any:
    """The owner of what a test makes, who may use every module: what she publishes runs as her."""
    from automations.testing import give_modules

    return give_modules(make_user("alice"))


@pytest.fixture
def bob(db: None) -> Any:
    """An operator."""
    return make_user("bob")


@pytest.fixture
def charlie(db: None) -> Any:
    """An outsider without any right."""
    return make_user("charlie")


@pytest.fixture
def root(db: None) -> Any:
    return make_user("root", is_staff=True, is_superuser=True)
