"""A list costs the same number of queries however many rows it shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from automations.models import (
    Alert,
    AlertRule,
    Backfill,
    BackfillItem,
    Backtest,
    BacktestDifference,
    Decision,
    Event,
    KeptReview,
    Module,
    Notification,
    PolicyUse,
    Redrive,
    RedriveItem,
    Run,
    Scenario,
    Step,
    TriggerSource,
    Workflow,
    WorkflowVersion,
)
from automations.permissions import grant_owner
from automations.runtime import run_texts
from automations.services.checkpoints import add_checkpoint
from automations.services.policies import create_policy
from automations.services.records import comment_record, create_record, update_record
from automations.services.reviews import make_schedule
from tests.integration.letters import keep_letter
from tests.integration.revising import revise
from webhooks.inbound.services import add_secret, create_endpoint
from webhooks.models import Delivery, Destination, Receipt, Resending, Subscription, UnknownOutcome
from webhooks.outbound.destinations import create_destination
from webhooks.secrets.services import create_secret

pytestmark = pytest.mark.django_db


class World:
    """Rows of everything that is listed, `add` one more of each."""

    def __init__(self, alice: Any, root: Any, tickets: Module) -> None:
        self.alice, self.root, self.tickets = alice, root, tickets
        self.count = 0
        self.source = TriggerSource.objects.create(key="api-0", kind="api", name="0", module=tickets)
        create_record(module=tickets, key="main", values={"subject": "x", "status": "open"}, actor=root)
        self.main: Run | None = None

    def add(self) -> None:
        n, now = self.count, timezone.now()
        self.count += 1
        workflow = Workflow.objects.create(
            key=f"w{n}", name=f"W{n}", owner=self.alice, run_as=self.alice, module=self.tickets
        )
        grant_owner(workflow, self.alice)
        version = WorkflowVersion.objects.create(
            workflow=workflow,
            number=1,
            digest="0" * 64,
            document={},
            published_at=now,
            published_by=self.alice,
        )
        Workflow.objects.filter(pk=workflow.pk).update(active_version=version)
        if self.main is None:
            self.first = workflow
        WorkflowVersion.objects.create(
            workflow=self.first,
            number=n + 2,
            digest="0" * 64,
            document={},
            published_at=now,
            published_by=self.alice,
        )
        add_checkpoint(workflow=self.first, actor=self.alice, name=f"{n}")
        Scenario.objects.create(
            workflow=self.first,
            name=f"{n}",
            kind="positive",
            given={},
            at=now,
            created_at=now,
            updated_at=now,
        )
        backtest = Backtest.objects.create(
            workflow=self.first,
            version=version,
            against=version,
            document={},
            since=now - timedelta(days=1),
            until=now,
            due_at=now,
            created_at=now,
            requested_by=self.alice,
        )
        self.backtest = getattr(self, "backtest", backtest)
        Backtest.objects.create(
            workflow=self.first,
            version=version,
            against=version,
            document={},
            is_shadow=True,
            ended_why="alice stopped it.",
            since=now - timedelta(days=1),
            until=now,
            due_at=now,
            created_at=now,
            requested_by=self.alice,
        )
        BacktestDifference.objects.create(
            backtest=self.backtest,
            kind="newly_selected",
            module=self.tickets,
            at=now,
            before={"selected": False, "at": None, "why_not": "", "runs": []},
            after={"selected": True, "at": None, "why_not": "", "runs": []},
        )
        event = Event.objects.create(
            source=self.source,
            type="api.x",
            module=self.tickets,
            record_key="main",
            snapshot={},
            occurred_at=now,
            received_at=now,
            actor=self.alice,
        )
        run = Run.objects.create(
            workflow=workflow,
            version=version,
            trigger_node="t1",
            dedupe_key="k",
            mode="simulate",
            module=self.tickets,
            record_key="main",
            event=event,
            due_at=now,
            created_at=now,
            actor=self.alice,
        )
        self.main = self.main or run
        Step.objects.create(run=self.main, node=f"n{n}", position=n, kind="action.stop", status="succeeded")
        Decision.objects.create(
            event=event,
            workflow=workflow,
            version=version,
            trigger_node="t1",
            outcome="matched",
            run=run,
            at=now,
        )
        how = {"start": "start", "version": "run", "rate": 60, "most_failures": 1, "among": 1}
        redrive = Redrive.objects.create(requested_by=self.alice, due_at=now, created_at=now, **how)
        if n == 0:
            self.redrive = redrive
        RedriveItem.objects.create(redrive=redrive, run=run)
        if n:
            RedriveItem.objects.create(redrive=self.redrive, run=run, retry=run)
        backfill = Backfill.objects.create(
            workflow=self.first,
            version=version,
            mode="simulate",
            since=now - timedelta(hours=1),
            until=now,
            zone="UTC",
            slots=True,
            events=True,
            rate=60,
            requested_by=self.alice,
            due_at=now,
            created_at=now,
        )
        if n == 0:
            self.backfill = backfill
        missed = {"workflow": self.first, "is_dry_run": False, "trigger_node": "t1", "at": now}
        BackfillItem.objects.create(backfill=self.backfill, event=event, run=run, state="judged", **missed)
        alert_rule = AlertRule.objects.create(
            kind="failures", name=f"{n}", raise_at=1, workflow=self.first, made_at=now
        )
        alert_rule.people.add(self.alice)
        Alert.objects.create(
            rule=alert_rule,
            rule_name="x",
            kind="failures",
            workflow=workflow,
            phase="raised",
            since=now,
            raised_at=now,
            value=1,
            worst=1,
            bound=1,
            window_seconds=900,
        )
        schedule = make_schedule(team=f"{n}", readers=[(self.alice, True)], actor=self.root, now=now)
        KeptReview.objects.create(
            schedule=schedule,
            week="2026-W12",
            zone="UTC",
            starts_at=now,
            ends_at=now,
            made_at=now,
            asked=0,
            figures={},
            digest="0",
        )
        self.cause = keep_letter(run, "It came late").fingerprint
        Notification.objects.create(user=self.alice, key=f"{n}", title="x", run=run, created_at=now)
        endpoint = create_endpoint(key=f"e{n}", name="E", actor=self.alice, now=now).endpoint
        add_secret(endpoint=endpoint, actor=self.alice, now=now)
        Receipt.objects.create(
            endpoint=endpoint, verdict="accepted", status=202, received_at=now, last_at=now
        )
        secret = create_secret(key=f"s{n}", value=f"value-{n:09}", hosts=["example.com"], actor=self.alice)
        destination, _ = create_destination(
            key=f"d{n}",
            name="D",
            url="https://example.com/",
            actor=self.alice,
            headers=[{"name": "X-Token", "text": "", "secret": secret}],
        )
        delivery = Delivery.objects.create(
            destination=destination,
            key=f"{n}:a1",
            message_id=f"msg_{n}",
            type="x",
            body="{}",
            max_attempts=10,
            workflow=workflow,
            due_at=now,
            created_at=now,
        )
        UnknownOutcome.objects.create(
            delivery=delivery, attempt=1, error="timeout", message="x", asked_at=now
        )
        Subscription.objects.create(
            destination=destination, kinds=["alert.raised"], rule=alert_rule, owner=self.alice, created_at=now
        )
        Resending.objects.create(wanted={}, count=1, per_minute=1, actor=self.alice, created_at=now)
        Subscription.objects.create(
            destination=Destination.objects.get(key="d0"),
            kinds=["run.failed"],
            workflow=workflow,
            owner=self.alice,
            created_at=now,
        )
        TriggerSource.objects.create(key=f"api-s{n}", kind="api", name="x", module=self.tickets)
        rule = {"field": "amount", "op": "gt", "value": str(n)}
        PolicyUse.objects.create(policy_key="p0", workflow=workflow)
        policy = create_policy(key=f"p{n}", name="P", module=self.tickets, rule=rule, actor=self.root)
        if n:
            revise(self.policy, {**rule, "op": "lt"}, self.root)
        else:
            self.policy = policy
        update_record(module=self.tickets, key="main", values={"subject": f"{n}"}, actor=self.root)
        comment_record(module=self.tickets, key="main", text="x", actor=self.root)
        create_record(
            module=self.tickets, key=f"r{n}", values={"subject": "x", "status": "open"}, actor=self.root
        )


LISTS = [
    "modules/",
    "modules/tickets/records/?status=open",
    "modules/tickets/records/main/changes/",
    "modules/tickets/records/main/comments/",
    "policies/",
    "policies/p0/revisions/",
    "policies/p0/used-by/",
    "sources/",
    "events/",
    "decisions/",
    "workflows/",
    "workflows/{workflow}/versions/",
    "workflows/{workflow}/checkpoints/",
    "workflows/{workflow}/scenarios/",
    "workflows/{workflow}/backtests/",
    "workflows/{workflow}/shadows/",
    "workflows/{workflow}/backtests/{backtest}/differences/",
    "runs/",
    "runs/?search=main",
    "runs/{run}/steps/",
    "runs/{run}/logs/",
    "dead-letters/",
    "dead-letters/{cause}/letters/",
    "backfills/",
    "backfills/{backfill}/items/",
    "redrives/",
    "redrives/{redrive}/items/",
    "notifications/",
    "alerts/",
    "alert-rules/?workflow={workflow}",
    "webhooks/alert-rules/",
    "reviews/kept/",
    "reviews/schedules/",
    "tokens/",
    "webhooks/endpoints/",
    "webhooks/receipts/",
    "webhooks/destinations/",
    "webhooks/destinations/d0/subscriptions/",
    "webhooks/resendings/",
    "webhooks/deliveries/",
    "webhooks/deliveries/?state=pending",
    "webhooks/unknown-outcomes/",
    "webhooks/unknown-outcomes/?open=true",
    "webhooks/secrets/",
]


def test_lists_of_one_and_of_twenty_rows_cost_the_same(
    owner: APIClient, alice: Any, root: Any, tickets: Module
) -> None:
    from guardian.shortcuts import assign_perm

    world = World(alice, root, tickets)
    world.add()
    counts: dict[str, list[int]] = {address: [] for address in LISTS}
    rows: dict[str, int] = {}
    for size in (1, 20):
        while world.count < size:
            world.add()
        run_texts.catch_up(now=timezone.now(), seconds=None)
        for number in range(size):
            assign_perm(
                "automations.view_policy", alice, world.policy.__class__.objects.get(key=f"p{number}")
            )
        owner.get("/api/v1/me/")  # warms what is cached once for a process: content types, module schemas
        for address in LISTS:
            assert world.main is not None
            with CaptureQueriesContext(
                connection,
            ) as queries:
                answer = owner.get(
                    "/api/v1/"
                    + address.format(
                        workflow=world.first.pk,
                        run=world.main.pk,
                        backtest=world.backtest.pk,
                        cause=world.cause,
                        redrive=world.redrive.pk,
                        backfill=world.backfill.pk,
                    )
                )
            assert answer.status_code == 200, (address, answer.content)
            counts[address].append(len(queries))
            rows[address] = len(answer.json()["results"])
    assert {address: pair for address, pair in counts.items() if pair[1] > pair[0]} == {}
    # A search bounds its time, and reads of the runs that it found all that may have a word in it.
    assert counts.pop("runs/?search=main")[1] <= 20
    # Checkpoints and scenarios are compared with the draft, which is read from its five tables.
    assert max(pair[1] for pair in counts.values()) <= 18, counts
    short = {address for address, count in rows.items() if count < 20}
    # The one cause was seen in every workflow.
    assert short <= {"modules/", "runs/{run}/logs/", "tokens/", "dead-letters/"}
