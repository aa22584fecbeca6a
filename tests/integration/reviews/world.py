"""A team's workflow with runs of some week, for tests of reviews that are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.weeks import Week, named_week
from automations.insight.review.press import PRESS
from automations.models import DeadLetter, KeptReview, ReviewSchedule, Run, Workflow
from automations.services.reviews import keep_due, keep_review, make_schedule
from automations.services.runs import start_run
from automations.testing import chain, make_workflow, node, run_everything
from tests.integration.letters import keep_letter

VIENNA = ZoneInfo("Europe/Vienna")


def the_week(name: str = "2026-W12") -> Week:
    found = named_week(name, VIENNA)
    assert found is not None
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Desk:
    """The team Desk: a workflow of Alice, and a schedule in Vienna, Mondays at 8, that Bob reads."""

    def __init__(self, alice: Any, bob: Any, root: Any, *, now: datetime) -> None:
        self.alice, self.bob, self.root = alice, bob, root
        graph = chain(node("t1", "trigger.manual"), node("a1", "action.set_variable", values={"x": 1}))
        self.workflow = make_workflow("route", graph, owner=alice)
        Workflow.objects.filter(pk=self.workflow.pk).update(team="Desk", name="Route tickets")
        self.workflow.refresh_from_db()
        self.schedule = self.scheduled(now=now)

    def scheduled(self, *, now: datetime, **other: Any) -> ReviewSchedule:
        given: dict[str, Any] = {"team": "Desk", "readers": [(self.bob, True)], "actor": self.root}
        return make_schedule(**{**given, "zone": "Europe/Vienna", "now": now, **other})

    def ran(self, at: datetime, status: str = "succeeded", count: int = 1) -> list[Run]:
        there = set(Run.objects.values_list("pk", flat=True))
        for _ in range(count):
            start_run(workflow=self.workflow, actor=self.alice)
        run_everything()
        made = Run.objects.exclude(pk__in=there)
        pks = list(made.values_list("pk", flat=True))
        Run.objects.filter(pk__in=pks).update(
            status=status, created_at=at, started_at=at, finished_at=at + timedelta(seconds=2)
        )
        return list(Run.objects.filter(pk__in=pks))

    def failed(self, at: datetime, message: str = "The host is unknown") -> DeadLetter:
        (run,) = self.ran(at, "failed")
        return keep_letter(run, message, at=at)

    def kept(self, week: Week, *, now: datetime | None = None) -> KeptReview:
        return keep_review(
            schedule=self.schedule, week=week, press=PRESS, now=now or week.end, actor=self.root
        )


def tick(now: datetime) -> int:
    return keep_due(press=PRESS, now=now)
