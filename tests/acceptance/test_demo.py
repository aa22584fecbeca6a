"""The demo workspace: what a person finds in it after the first start, all of it made by the engine itself."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client, TestCase, TransactionTestCase
from django.utils import timezone

from automations.models import (
    NEVER,
    Approval,
    Deadline,
    Decision,
    Event,
    Module,
    Notification,
    OutgoingEmail,
    Record,
    RecordChange,
    Run,
    ScenarioResult,
    Step,
    Workflow,
)
from automations.testing import run_everything
from config.demo import seed as demo
from config.demo.crm import LETTERS, TO_CRM, seed_trouble
from config.demo.models import Order
from config.demo.seed import DEMO
from config.demo.webhooks import ENDPOINT, SAMPLE, STARTED_BY_WEBHOOK
from webhooks.inbound.console import try_endpoint
from webhooks.models import Delivery, Destination, Endpoint

TICKETS, ORDERS = 60, 40
NOW = timezone.now()
"""The moment of the seeding: the demo's last fortnight ends here."""


def runs(key: str) -> Any:
    return Run.objects.filter(workflow__key=key)


class TestDemo(TestCase):
    """Seeded once for all; each test sees it untouched."""

    @classmethod
    def setUpTestData(cls) -> None:
        with patch.object(demo, "TICKETS", TICKETS), patch.object(demo, "ORDERS", ORDERS):
            demo.seed(now=NOW)
        seed_trouble()

    def test_tickets_and_orders_are_there_as_modules_with_records(self) -> None:
        tickets, orders = (Module.objects.get(key=key) for key in ("tickets", "orders"))
        assert (tickets.kind, orders.kind) == (Module.Kind.STORED, Module.Kind.NATIVE)
        assert Record.objects.filter(module=tickets).count() == TICKETS
        assert Order.objects.count() == ORDERS
        for record in Record.objects.filter(module=tickets):
            assert record.data["title"].endswith(f"({record.key})")

    def test_a_person_of_each_role_signs_in_and_sees_the_workflows(self) -> None:
        people = {"priya": "Publisher", "sam": "Approver", "noor": "Operator", "ada": "Admin"}
        for username, role in people.items():
            assert get_user_model().objects.get(username=username).groups.filter(name=role).exists()
            client = Client()
            answer = client.post("/accounts/login/", {"username": username, "password": demo.PASSWORD})
            assert (answer.status_code, answer.headers["Location"]) == (302, "/")
            assert client.get("/api/v1/me/").json()["username"] == username
            listed = client.get("/api/v1/workflows/").json()["results"]
            assert {workflow["key"] for workflow in listed} == {*DEMO, STARTED_BY_WEBHOOK, TO_CRM}

    def test_only_the_admin_enters_the_django_admin(self) -> None:
        for username, allowed in {"ada": True, "priya": False, "noor": False}.items():
            client = Client()
            client.login(username=username, password=demo.PASSWORD)
            assert (client.get("/admin/").status_code == 200) == allowed

    def test_each_template_is_published_and_one_is_still_simulated(self) -> None:
        workflows = {workflow.key: workflow for workflow in Workflow.objects.all()}
        assert set(workflows) == {*DEMO, STARTED_BY_WEBHOOK, TO_CRM}
        for key, workflow in workflows.items():
            assert workflow.active_version is not None
            assert workflow.active_version.document["nodes"]
            assert workflow.mode == ("simulate" if key in ("refund-watch", STARTED_BY_WEBHOOK) else "execute")

    def test_the_engine_has_made_a_run_for_every_ticket_and_left_nothing_undone(self) -> None:
        assert runs("auto-routing").filter(status="succeeded").count() == TICKETS
        assert {run.record_key for run in runs("auto-routing")} == {
            record.key for record in Record.objects.filter(module__key="tickets")
        }
        ended = Run.objects.exclude(status__in=("succeeded", "waiting")).exclude(workflow__key=TO_CRM)
        assert set(ended.values_list("workflow__key", "status")) <= {("approval-gate", "cancelled")}
        assert not Event.objects.filter(state="pending").exists()
        for run in Run.objects.all():
            assert Decision.objects.filter(run=run, outcome="matched").count() == 1
            assert Step.objects.filter(run=run).count() >= 2
            assert run.last_seq >= 2

    def test_the_week_before_is_reviewed_for_who_signs_in(self) -> None:
        client = Client()
        client.login(username="noor", password=demo.PASSWORD)
        (listed,) = client.get("/api/v1/reviews/kept/").json()["results"]
        review = client.get(f"/api/v1/reviews/kept/{listed['id']}/").json()
        week = {"finished_at__gte": review["figures"]["starts"], "finished_at__lt": review["figures"]["ends"]}
        assert review["figures"]["now"]["ended"] == Run.objects.filter(**week).count() > 0
        assert (review["intact"], review["signature"]) == (True, None)
        assert not OutgoingEmail.objects.exists()

    def test_every_moment_lies_in_the_fortnight_before(self) -> None:
        start = NOW - timedelta(days=demo.DAYS)
        for run in Run.objects.exclude(workflow__key=TO_CRM):
            assert start <= run.created_at <= NOW
            assert run.finished_at is None or run.created_at <= run.finished_at <= NOW
        for change in RecordChange.objects.all():
            assert start <= change.at <= NOW
        days = {run.created_at.date() for run in Run.objects.all()}
        assert len(days) > demo.DAYS / 2  # spread over it, not heaped up at its end

    def test_each_ticket_went_to_a_member_of_its_team_by_a_run(self) -> None:
        members = {"network": {"mia", "leo"}, "hardware": {"leo", "tom"}}
        for record in Record.objects.filter(module__key="tickets"):
            assert record.data["assignee"] in members.get(record.data["category"], {"ivy", "ben"})
            change = RecordChange.objects.get(
                module__key="tickets", record_key=record.key, field="assignee", run__isnull=False
            )
            assert change.run is not None
            assert change.run.workflow.key == "auto-routing"
        assert Notification.objects.filter(run__workflow__key="auto-routing").count() == TICKETS

    def test_alarms_rang_two_hours_before_the_tickets_were_due(self) -> None:
        rung = runs("sla-alert")
        assert rung.count() >= TICKETS / 10
        for run in rung:
            record = Record.objects.get(module__key="tickets", key=run.record_key)
            due = datetime.fromisoformat(record.data["due_at"])
            assert run.created_at == due - timedelta(hours=2)
            assert run.status == "succeeded"

    def test_solved_tickets_were_closed_after_three_quiet_days(self) -> None:
        closed = RecordChange.objects.filter(module__key="tickets", field="status", after="closed")
        assert closed.count() >= TICKETS / 10
        for change in closed:
            solved = RecordChange.objects.get(
                module__key="tickets", record_key=change.record_key, field="status", after="solved"
            )
            assert change.at - solved.at == timedelta(days=3)
            assert change.run is not None
            assert change.run.workflow.key == "close-solved"

    def test_what_is_still_to_come_belongs_to_real_time(self) -> None:
        waiting = Run.objects.filter(status="waiting")
        assert waiting.exists()
        for run in waiting:
            assert (run.clock, run.as_of) == ("", None)
            if run.workflow.key == "approval-gate":
                assert run.due_at == NEVER
            else:
                assert NOW < run.due_at <= NOW + timedelta(days=3)
        assert not Deadline.objects.exclude(clock="").exists()

    def test_simulated_refund_watch_has_runs_and_has_changed_nothing(self) -> None:
        simulated = runs("refund-watch")
        assert simulated.filter(mode="simulate", status="succeeded").count() == simulated.count() > 0
        assert not RecordChange.objects.filter(run__in=simulated).exists()
        assert not Record.objects.filter(data__title__startswith="Check refund").exists()
        planned = Step.objects.filter(run__in=simulated, node="a1", status="succeeded")
        assert planned.exists()
        for step in planned:
            order = Order.objects.get(number=step.run.record_key)
            assert order.amount is not None
            assert order.amount > 200

    def test_refunds_were_asked_for_and_decided_at_their_own_time_and_no_mail_is_sent_of_them(self) -> None:
        asked = Approval.objects.filter(workflow__key="approval-gate")
        assert {"approved", "pending"} <= set(asked.values_list("state", flat=True))
        for approval in asked.select_related("run"):
            assert NOW - timedelta(days=demo.DAYS) < approval.asked_at < NOW
            assert approval.asked_at == approval.run.created_at
            assert float(Order.objects.get(number=approval.record_key).amount or 0) > demo.LARGE
            wanted = {"approved": "succeeded", "pending": "waiting"}
            assert approval.run.status == wanted.get(approval.state, "cancelled")
            decided = approval.decisions.select_related("person").first()
            if decided is not None:
                assert decided.person.username in ("sam", "ada")
                assert approval.asked_at < decided.at == approval.ended_at < NOW
            elif approval.state == "expired":
                assert approval.ended_at == approval.asked_at + timedelta(days=2)
            refunded = RecordChange.objects.filter(run=approval.run, field="status", after="refunded")
            assert refunded.count() == (approval.state == "approved")
            for change in refunded:
                assert decided is not None
                assert change.at == decided.at
        assert not OutgoingEmail.objects.exists()
        unread = Notification.objects.filter(key__startswith="approval:", read_at=None)
        assert set(unread.values_list("run__status", flat=True)) == {"waiting"}

    def test_each_workflow_has_cases_that_must_act_and_that_must_not_and_passes_them(self) -> None:
        for workflow in Workflow.objects.select_related("active_version"):
            assert workflow.active_version is not None
            results = ScenarioResult.objects.filter(
                scenario__workflow=workflow, digest=workflow.active_version.digest
            )
            assert set(results.values_list("scenario__kind", flat=True)) == {"positive", "negative"}
            assert [result.differences for result in results if result.status != "passed"] == []

    def test_a_webhook_starts_its_workflow_and_nothing_of_the_demo_calls_anybody(self) -> None:
        endpoint = Endpoint.objects.get(key=ENDPOINT)
        trial = try_endpoint(
            endpoint=endpoint, body=json.dumps(SAMPLE), actor=endpoint.owner, now=timezone.now(), accept=True
        )
        assert trial.reply is not None
        assert trial.reply.status == 202
        run_everything()
        (run,) = runs(STARTED_BY_WEBHOOK)
        assert (run.mode, run.status) == ("simulate", "succeeded")
        assert "O-1007" in str(vars(Step.objects.get(run=run, node="a1")))
        assert set(Destination.objects.values_list("state", flat=True)) == {"disabled"}
        assert not Delivery.objects.exists()

    def test_second_seeding_adds_nothing(self) -> None:
        def rows() -> dict[str, int]:
            return {model._meta.label: model._default_manager.count() for model in apps.get_models()}

        before, out = rows(), io.StringIO()
        call_command("automations_demo", stdout=out)
        assert out.getvalue() == ""
        assert rows() == before

    def test_the_same_moment_gives_the_same_history(self) -> None:
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        first, second = (list(demo._history(now - timedelta(days=demo.DAYS), now)) for _ in range(2))
        assert first == second
        assert all(now - timedelta(days=demo.DAYS) <= moment.at < now for moment in first)


class TestTrouble(TransactionTestCase):
    """In transactions as a start of the product has them: what came first is told by the database's clock."""

    def setUp(self) -> None:
        with patch.object(demo, "TICKETS", 5), patch.object(demo, "ORDERS", ORDERS):
            call_command("automations_demo", stdout=io.StringIO())

    def test_fourteen_runs_gave_up_for_one_cause_which_says_what_changed_just_before(self) -> None:
        client = Client()
        client.login(username="noor", password=demo.PASSWORD)
        (cause,) = client.get("/api/v1/dead-letters/").json()["results"]
        assert (cause["open"], cause["code"], cause["state"]) == (LETTERS, "destination-disabled", "new")
        detail = client.get(f"/api/v1/dead-letters/{cause['fingerprint']}/").json()
        assert (detail["may_settle"], detail["why_not_redrive"]) == (LETTERS, "")
        body, how = {"fingerprint": cause["fingerprint"]}, {"content_type": "application/json"}
        preview = client.post("/api/v1/redrives/preview/", body, **how).json()
        assert (preview["total"], preview["rests"][0]["code"]) == (LETTERS, "destination-disabled")
        assert not Delivery.objects.exists()
        client.login(username="ada", password=demo.PASSWORD)
        changes = client.get(f"/api/v1/dead-letters/{cause['fingerprint']}/").json()["changes"]
        assert changes[0]["sentence"] == "priya disabled the destination “CRM”."
        owner = Client()
        owner.login(username="priya", password=demo.PASSWORD)
        found = owner.get(f"/api/v1/workflows/{Workflow.objects.get(key=TO_CRM).pk}/diagnosis/").json()
        assert "is disabled" in found["headline"]
        assert found["since"]["after"]["failed"] == LETTERS
