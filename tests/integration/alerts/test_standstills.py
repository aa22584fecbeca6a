"""While everything stands still nothing is judged and nothing is lost; afterwards all of it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from automations.errors import ConflictError, InvalidError
from automations.models import Event, Module, Run, Standstill, Workflow
from automations.runtime.drain import work_is_due
from automations.services.records import create_record
from automations.services.standstills import lift_standstill, set_standstill
from automations.testing import run_everything

pytestmark = pytest.mark.django_db


def ticket(key: str, root: Any) -> None:
    module = Module.objects.get(key="tickets")
    create_record(module=module, key=key, values={"subject": key, "state": "new"}, actor=root)


def set_since(now: datetime, row: Standstill, **moments: Any) -> None:
    Standstill.objects.filter(pk=row.pk).update(**{"starts_at": now - timedelta(minutes=1), **moments})


def test_events_wait_and_are_judged_when_it_is_lifted(workflow: Workflow, root: Any, now: datetime) -> None:
    row = set_standstill(reason="The shop moves", actor=root)
    set_since(now, row)
    ticket("T1", root)
    assert not work_is_due()
    run_everything()
    assert Run.objects.count() == 0
    assert Event.objects.filter(state="pending").count() == 1
    lift_standstill(standstill=row, actor=root)
    assert work_is_due()
    run_everything()
    assert Run.objects.get().status == "succeeded"
    with pytest.raises(ConflictError):
        lift_standstill(standstill=row, actor=root)


def test_a_window_holds_only_while_it_lasts_and_replays_not_at_all(
    workflow: Workflow, root: Any, now: datetime
) -> None:
    ends = timezone.now() + timedelta(hours=1)
    row = set_standstill(reason="Tonight", actor=root, starts_at=ends - timedelta(minutes=30), ends_at=ends)
    ticket("T1", root)
    run_everything()
    assert Run.objects.count() == 1, "it is only planned"
    set_since(now, row)
    ticket("T2", root)
    ticket("T3", root)
    Event.objects.filter(record_key="T3").update(clock="march")
    run_everything()
    assert Run.objects.filter(record_key="T2").count() == 0
    assert Run.objects.filter(record_key="T3").count() == 1
    set_since(now, row, ends_at=now)
    run_everything()
    assert Run.objects.filter(record_key="T2").count() == 1


def test_an_end_that_is_over_or_before_the_start_is_refused(root: Any) -> None:
    now = timezone.now()
    for starts, ends in (
        (None, now - timedelta(seconds=1)),
        (now + timedelta(days=2), now + timedelta(days=1)),
    ):
        with pytest.raises(InvalidError):
            set_standstill(reason="x", actor=root, starts_at=starts, ends_at=ends)
    assert Standstill.objects.count() == 0
