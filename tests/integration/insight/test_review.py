"""The weekly review equals what plain SQL counts, tells this week from the last, and shows nobody what is not theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations.engine.weeks import Week, week_of
from automations.insight.review.charts import CHARTS, THEMES, as_svg
from automations.insight.review.facts import facts_of
from automations.insight.review.figures import read_review
from automations.models import Approval, Promotion, Run, Workflow
from automations.services.records import create_record, update_record
from automations.testing import chain, make_module, make_workflow, node, run_everything
from tests.integration.letters import keep_letter

pytestmark = pytest.mark.django_db

VIENNA = ZoneInfo("Europe/Vienna")


class Past:
    """A workflow that has acted, with runs as the engine made them, moved in time."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.module = make_module("tickets", {"title": "text", "queue": "text"})
        # Before there was a workflow people filed two of three tickets by hand, one of them twice.
        for key, queues in (("H1", ("a",)), ("H2", ("a", "b")), ("H3", ())):
            create_record(module=self.module, key=key, values={"title": key}, actor=owner)
            for queue in queues:
                update_record(module=self.module, key=key, values={"queue": queue}, actor=owner)
        run_everything()
        trigger = node("t1", "trigger.record", module="tickets", on=["created"])
        self.workflow = make_workflow(
            "route",
            chain(trigger, node("a1", "action.update_fields", values={"queue": "desk"})),
            owner=owner,
        )

    def runs(
        self, first: int, count: int, at: datetime, status: str = "succeeded", seconds: int = 10
    ) -> list[Run]:
        numbers = range(first, first + count)
        for number in numbers:
            create_record(module=self.module, key=f"T{number}", values={"title": "x"}, actor=self.owner)
        run_everything()
        made = Run.objects.filter(record_key__in=[f"T{number}" for number in numbers])
        made.update(status=status, started_at=at - timedelta(seconds=seconds), finished_at=at, created_at=at)
        return list(made)


@pytest.fixture
def past(alice: Any) -> Past:
    return Past(alice)


@pytest.fixture
def week() -> Week:
    return week_of(timezone.now(), VIENNA)


def test_the_figures_are_those_that_plain_sql_counts(past: Past, alice: Any, week: Week) -> None:
    monday, last = week.start, week.before.start
    past.runs(1, 4, monday + timedelta(minutes=1), seconds=2)
    past.runs(10, 2, monday + timedelta(days=2), seconds=60)
    broken = past.runs(20, 2, monday + timedelta(days=2, hours=3), "failed", seconds=4)
    past.runs(30, 1, monday + timedelta(days=6, hours=23, minutes=59), "cancelled")
    past.runs(40, 1, monday - timedelta(seconds=1))
    past.runs(50, 1, last, "failed")
    past.runs(60, 1, last - timedelta(seconds=1), "failed")
    past.runs(70, 1, week.end, "failed")
    for run in broken:
        keep_letter(run, f"Ticket {run.record_key} is locked", at=monday + timedelta(days=2, hours=3))
    review = read_review(alice, week, now=week.end)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed'),"
            " count(*) FILTER (WHERE status = 'cancelled'),"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at))"
            " FILTER (WHERE status <> 'cancelled'),"
            " percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at))"
            " FILTER (WHERE status <> 'cancelled')"
            " FROM automations_run WHERE finished_at AT TIME ZONE 'Europe/Vienna' >= %s"
            " AND finished_at AT TIME ZONE 'Europe/Vienna' < %s",
            [week.monday, week.after.monday],
        )
        plain = cursor.fetchone()
    assert plain == (6, 2, 1, 3, pytest.approx(60))
    now, before = review.now, review.before
    assert (now.succeeded, now.failed, now.cancelled, now.median, now.p95) == plain
    assert (now.ended, now.success_rate) == (9, 75)
    assert (before.succeeded, before.failed, before.cancelled, before.success_rate) == (1, 1, 0, 50)
    assert [(day.succeeded, day.failed, day.cancelled) for day in review.days] == [
        (4, 0, 0),
        (0, 0, 0),
        (2, 2, 0),
        (0, 0, 0),
        (0, 0, 0),
        (0, 0, 0),
        (0, 0, 1),
    ]
    (route,) = review.workflows
    assert (route.workflow, route.succeeded, route.failed, route.cancelled) == (past.workflow, 6, 2, 1)
    (group,) = review.failures
    assert (group.count, group.is_new, group.state, group.assignee) == (2, True, "new", "")
    facts = facts_of(review, now=week.end)
    assert facts["headline"] == (
        "9 runs ended, success rate 75.0 % (+25.0 points),"
        " 9 steps by hand less (0.3 h), 1 new cause of failure."
    )


def test_steps_by_hand_are_counted_from_what_people_did_before(past: Past, alice: Any, week: Week) -> None:
    """Three edits on two of the records that anybody edited: 1.5 a record, but never more than the runs' own edits."""
    past.runs(1, 4, week.start)
    (route,) = read_review(alice, week, now=week.end).workflows
    assert route.manual is not None
    assert (route.manual.records, route.manual.edits) == (4, 4)
    assert (route.manual.records_before, route.manual.edits_before, route.manual.steps) == (2, 3, 4)
    Promotion.objects.update(at=timezone.now() - timedelta(days=365))
    assert read_review(alice, week, now=week.end).now.manual_steps == 0  # nobody did it by hand before that


def test_what_is_noisy_overdue_or_was_forced_is_named(past: Past, alice: Any, week: Week) -> None:
    run, *_ = past.runs(1, 1, week.start)
    update_record(module=past.module, key="T1", values={"title": "y"}, actor=alice)
    run_everything()
    asked = {"workflow": past.workflow, "run": run, "kind": "step", "plan_hash": "0"}
    Approval.objects.create(**asked, node="p1", title="Late", asked_at=week.start)
    Approval.objects.create(**asked, node="p2", title="Fresh", asked_at=week.start + timedelta(hours=47))
    Approval.objects.create(
        **asked,
        node="p3",
        title="Answered",
        state="approved",
        asked_at=week.start,
        ended_at=week.start + timedelta(hours=30),
    )
    moment = week.start + timedelta(hours=48)
    review = read_review(alice, week, now=moment)
    assert [approval.title for approval in review.overdue] == ["Late"]
    assert (review.now.decided, review.now.approval_time) == (1, 30 * 3600)
    assert [(one.workflow, one.node) for one in review.noisy] in ([], [(past.workflow, "t1")])
    (glass,) = review.broken_glass
    assert glass.reason == "A test lets it act at once."


def test_one_sees_the_week_of_what_one_sees(
    past: Past, alice: Any, charlie: Any, bob: Any, week: Week
) -> None:
    past.runs(1, 2, week.start)
    Workflow.objects.filter(pk=past.workflow.pk).update(team="Desk")
    assert read_review(charlie, week, now=week.end).now.ended == 0
    assign_perm("automations.view_workflow", bob, past.workflow)
    assert read_review(bob, week, now=week.end).now.ended == 2
    assert read_review(bob, week, now=week.end, team="Desk").now.ended == 2
    assert read_review(bob, week, now=week.end, team="Store").now.ended == 0


def test_more_workflows_cost_no_more_queries(past: Past, alice: Any, week: Week) -> None:
    past.runs(1, 2, week.start, "failed")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            facts_of(read_review(alice, week, now=week.end), now=week.end)
        return len(seen)

    queries()
    one = queries()
    for number in range(5):
        other = make_workflow(
            f"w{number}",
            chain(
                node("t1", "trigger.record", module="tickets", on=["created"]),
                node("a1", "action.comment", text="Hello"),
            ),
            owner=alice,
        )
        assert other.active_version_id
    for run in past.runs(100, 4, week.start, "failed"):
        keep_letter(run, f"Ticket {run.record_key} is locked", at=week.start)
    assert (
        queries() <= one + 2
    )  # the triages, and the same causes in the week before, which there were none of


def test_the_charts_are_pictures_of_the_figures_in_both_themes(past: Past, alice: Any, week: Week) -> None:
    past.runs(1, 3, week.start)
    Workflow.objects.filter(pk=past.workflow.pk).update(name="<script>alert(1)</script> & co")
    facts = facts_of(read_review(alice, week, now=week.end), now=week.end)
    for chart in CHARTS:
        drawn = {theme: as_svg(facts, chart, theme) for theme in THEMES}
        for theme, svg in drawn.items():
            root = ElementTree.fromstring(svg)  # noqa: S314 - our own
            assert not [one for one in root.iter() if one.tag.endswith("script")]
            assert THEMES[theme]["muted"] in svg
        assert drawn["light"] != drawn["dark"]
    assert "alert(1)" in as_svg(facts, "slowest")


def test_the_api_gives_facts_charts_and_paper(past: Past, alice: Any, week: Week) -> None:
    client = APIClient()
    client.force_authenticate(alice)
    past.runs(1, 3, week.start)
    weeks = client.get("/api/v1/reviews/?zone=Europe/Vienna").json()["results"]
    assert [(one["week"], one["succeeded"], one["success_rate"]) for one in weeks] == [(week.name, 3, 100)]
    facts = client.get(f"/api/v1/reviews/{week.name}/?zone=Europe/Vienna").json()
    assert (facts["now"]["succeeded"], facts["zone"], facts["week"]) == (3, "Europe/Vienna", week.name)
    chart = client.get(f"/api/v1/reviews/{week.name}/charts/days/?theme=dark")
    assert chart["Content-Type"] == "image/svg+xml"
    assert b"<svg" in chart.content
    paper = client.get(f"/api/v1/reviews/{week.name}/pdf/?zone=Europe/Vienna")
    assert paper.content.startswith(b"%PDF-")
    for address, status, said in (
        ("reviews/2026-W99/", 404, "names no week"),
        (f"reviews/{week.name}/charts/pie/", 404, "There are: days, slowest"),
        (f"reviews/{week.name}/?zone=Mars/Olympus", 400, "no time zone"),
        (f"reviews/{week.name}/?zone=../../etc/passwd", 400, "no time zone"),
        (f"reviews/{week.name}/charts/days/?theme=pink", 400, "pink"),
    ):
        answer = client.get(f"/api/v1/{address}")
        assert answer.status_code == status, (address, answer.content)
        assert said in answer.content.decode()
