"""Every service that changes something says so: who, to what, what and why, in the transaction that did it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection

from automations import services
from automations.models import AuditEntry
from automations.services.audit import request_id, write_audit

from .calls import BY_NAME, CALLS, Audited, Call, Reads, Traced
from .world import World, changed_tables, contents

pytestmark = pytest.mark.django_db

REASONS = ("reason", "note")


def leaving(*kinds: type) -> list[Any]:
    return [pytest.param(call, id=call.name) for call in CALLS if isinstance(call.leaves, kinds)]


def public_functions() -> set[str]:
    found = set()
    for module in pkgutil.iter_modules(services.__path__):
        loaded = importlib.import_module(f"{services.__name__}.{module.name}")
        found |= {
            f"{module.name}.{name}"
            for name, function in inspect.getmembers(loaded, inspect.isfunction)
            if not name.startswith("_") and function.__module__ == loaded.__name__
        }
    return found


def test_the_table_holds_every_public_function_of_the_services_once() -> None:
    assert set(BY_NAME) == public_functions()
    assert len(BY_NAME) == len(CALLS)


CLOSE = """
CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the trail is closed'; END $$;
CREATE TRIGGER closed BEFORE INSERT ON automations_auditentry FOR EACH ROW EXECUTE FUNCTION closed();
"""
OPEN = "DROP FUNCTION closed CASCADE"


@contextmanager
def closed_trail() -> Iterator[None]:
    """No entry can be written meanwhile, and nothing else may be."""
    before = contents()
    with connection.cursor() as cursor:
        cursor.execute(CLOSE)
        with pytest.raises(DatabaseError, match="the trail is closed"):
            yield
        cursor.execute(OPEN)
    assert contents() == before


@pytest.mark.parametrize("call", leaving(Audited))
def test_a_service_that_changes_something_writes_one_entry_or_does_nothing(call: Call, world: World) -> None:
    assert isinstance(call.leaves, Audited)
    arguments = call.arguments(world)
    if call.service is not write_audit:  # which is a part of its caller's transaction
        with closed_trail():
            call.service(**arguments)
    on = arguments.get(call.leaves.on)
    object_id = str(on.pk) if on is not None else ""  # a revoked token forgets its key
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    token = request_id.set("request-7")
    try:
        result = call.service(**arguments)
    finally:
        request_id.reset(token)
    if on is None:
        on = result[0] if isinstance(result, tuple) else result
        object_id = str(on.pk)
    entry = AuditEntry.objects.get(pk__gt=newest)
    assert (entry.action, entry.object_type, entry.object_id) == (
        call.leaves.action,
        on._meta.model_name,
        object_id,
    )
    actor = arguments["actor"]
    assert (entry.actor, entry.actor_name, entry.request_id) == (actor, actor.username, "request-7")
    asked = [arguments[name] for name in REASONS if name in inspect.signature(call.service).parameters]
    assert [entry.reason] == (asked or [""])
    assert all(asked)


@pytest.mark.parametrize("call", leaving(Traced))
def test_what_is_not_audited_is_told_by_its_own_rows(call: Call, world: World) -> None:
    assert isinstance(call.leaves, Traced)
    arguments = call.arguments(world)
    assert changed_tables(lambda: call.service(**arguments)) - {"django_q_ormq"} == set(call.leaves.tables)


def test_a_service_that_reads_changes_nothing(world: World) -> None:
    for call in (call for call in CALLS if isinstance(call.leaves, Reads)):
        arguments = call.arguments(world)
        before = contents()
        result = call.service(**arguments)
        if inspect.isgenerator(result):
            list(result)
        assert contents() == before, call.name
