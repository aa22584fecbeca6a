"""A key that was used once stands for one person and one deed."""

from __future__ import annotations

from typing import Any

import pytest

from automations.errors import ConflictError
from automations.services import records, runs

from .world import World, contents

pytestmark = pytest.mark.django_db


def test_the_same_key_of_two_people_starts_two_runs(world: World) -> None:
    def start(actor: Any) -> Any:
        return runs.start_run(workflow=world.workflow, actor=actor, record_key="T1", idempotency_key="k")

    first, second = start(world.alice), start(world.bob)
    assert (first.duplicate, second.duplicate) == (False, False)
    assert start(world.alice) == type(first)(first.event_id, duplicate=True)


def test_a_key_that_was_used_for_another_write_never_swallows_this_one(world: World) -> None:
    made = {"module": world.tickets, "key": "T9", "values": {"title": "Nine"}, "actor": world.bob}
    created = records.create_record(**made, idempotency_key="k")
    assert records.create_record(**made, idempotency_key="k").event_id == created.event_id
    before = contents()
    for service, changed in (
        (records.create_record, {"values": {"title": "Ten"}}),
        (records.create_record, {"key": "T1"}),
        (records.update_record, {"values": {"title": "Ten"}}),
        (records.update_record, {"key": "T1"}),
    ):
        with pytest.raises(ConflictError) as refused:
            service(**{**made, **changed}, idempotency_key="k")
        assert refused.value.code == "idempotency-key-reused"
    assert contents() == before
