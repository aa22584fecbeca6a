"""Every route × everybody. A route that stands in no row below fails the test until somebody decides about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import grants, permissions
from automations.api.kept_reviews import KEPT
from automations.models import (
    Alert,
    AlertRule,
    Approval,
    Backfill,
    Backtest,
    Event,
    KeptReview,
    ModePolicy,
    Module,
    Notification,
    Redrive,
    RedriveItem,
    Run,
    RunUndo,
    Scenario,
    Standstill,
    Step,
    TriggerSource,
    Workflow,
    WorkflowVersion,
)
from automations.services.checkpoints import add_checkpoint
from automations.services.policies import create_policy
from automations.services.reviews import make_schedule
from tests.integration.letters import keep_letter
from webhooks.inbound.services import create_endpoint
from webhooks.models import Delivery, Destination, Receipt, Resending, Subscription, UnknownOutcome
from webhooks.outbound.destinations import create_destination
from webhooks.secrets.services import create_secret

from .conftest import client_of
from .matrix import MATRIX, OPERATE, ROLES
from .routes import ADDRESSES, VIEWS

pytestmark = pytest.mark.django_db

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes() -> Iterator[tuple[str, str]]:
    for name, view in VIEWS.items():
        if name != "unknown":
            yield from ((verb, name) for verb in VERBS if hasattr(view, verb.lower()))


def test_every_route_has_a_row() -> None:
    assert set(routes()) == set(MATRIX)


@pytest.fixture
def clients(workflow: Workflow, tickets: Module, root: Any, alice: Any, charlie: Any) -> dict[str, APIClient]:
    """Somebody of each role, with whom everything is shared; Alice, whose workflow it is; and nobody."""
    permissions.seed_roles()
    policy = create_policy(
        key="large",
        name="Large",
        module=tickets,
        rule={"field": "amount", "op": "gt", "value": "1"},
        actor=root,
    )
    alice.groups.add(Group.objects.get(name="Builder"))
    secret = create_secret(key="crm-token", value="0123456789", hosts=["crm.example.com"], actor=root)
    crm, _ = create_destination(key="crm", name="CRM", url="https://crm.example.com/hook", actor=root)
    grants.set_rights(crm, alice, ("view", "use"))
    grants.set_rights(secret, alice, ("view", "use"))
    made = {"owner": client_of(alice), "outsider": client_of(charlie), "nobody": APIClient()}
    for name in ROLES:
        user = get_user_model().objects.create(username=name)
        group = Group.objects.get(name=name.capitalize())
        user.groups.add(group)
        permissions.share(workflow, group.name)
        assign_perm("automations.use_module" if name in OPERATE else "automations.view_module", user, tickets)
        assign_perm("automations.view_policy", user, policy)
        for thing in (crm, secret):
            grants.set_rights(thing, user, ("view", "use") if name in OPERATE else ("view",))
        made[name] = client_of(user)
    return made


@pytest.fixture
def places(
    workflow: Workflow, tickets: Module, alice: Any, root: Any, make_ticket: Callable[..., str]
) -> dict[str, Any]:
    """What fills the addresses: things of Alice's."""
    make_ticket("T-1")
    now = timezone.now()
    version = WorkflowVersion.objects.create(
        workflow=workflow, number=1, digest="0", document={"schema": 1, "nodes": []}, published_at=now
    )
    add_checkpoint(workflow=workflow, actor=alice)
    event = Event.objects.filter(record_key="T-1").get()
    run = Run.objects.create(
        workflow=workflow,
        version=version,
        trigger_node="t1",
        dedupe_key="k",
        mode="simulate",
        module=tickets,
        record_key="T-1",
        event=event,
        due_at=now,
        created_at=now,
    )
    RunUndo.objects.create(pk=1, run=run, actor_name="alice", plan_hash="0", at=now)
    Step.objects.create(run=run, node="t1", position=0, kind="trigger.record", status="succeeded")
    TriggerSource.objects.create(key="tix", kind="api", name="x", module=tickets)
    notification = Notification.objects.create(user=alice, key="1", title="x", created_at=now)
    approval = Approval.objects.create(run=run, node="p1", workflow=workflow, title="?", asked_at=now)
    Scenario.objects.create(
        pk=1, workflow=workflow, name="x", kind="positive", given={}, at=now, created_at=now, updated_at=now
    )
    policy = ModePolicy.objects.create(rule="four_eyes", reason="x", set_at=now)
    Backtest.objects.create(
        pk=1, workflow=workflow, document={}, since=workflow.created_at, until=now, due_at=now, created_at=now
    )
    rule = AlertRule.objects.create(kind="failures", name="x", raise_at=1, workflow=workflow, made_at=now)
    alert = Alert.objects.create(
        rule=rule,
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
    endpoint = create_endpoint(key="shop", name="Shop", actor=root, now=now).endpoint
    endpoint.secrets.update(id=1)
    receipt = Receipt.objects.create(
        endpoint=endpoint, verdict="malformed", status=400, received_at=now, last_at=now
    )
    other, _ = create_destination(key="other", name="Other", url="https://crm.example.com/", actor=root)
    delivery = Delivery.objects.create(
        destination=Destination.objects.filter(key="crm").first() or other,
        key="1:a1",
        message_id="msg_1",
        type="x",
        body="{}",
        max_attempts=10,
        workflow=workflow,
        due_at=now,
        created_at=now,
    )
    subscription = Subscription.objects.create(
        destination=delivery.destination, kinds=["run.failed"], owner=root, created_at=now
    )
    unknown = UnknownOutcome.objects.create(
        delivery=delivery, attempt=1, error="timeout", message="x", asked_at=now
    )
    resending = Resending.objects.create(wanted={}, count=1, per_minute=60, actor=root, created_at=now)
    viewer = get_user_model().objects.get(username="viewer")
    schedule = make_schedule(team="Desk", readers=[(viewer, False)], actor=root, now=now)
    kept = KeptReview.objects.create(
        schedule=schedule,
        week="2026-W12",
        zone="UTC",
        starts_at=now,
        ends_at=now,
        made_at=now,
        asked=0,
        figures=KEPT["figures"],
        digest="0",
    )
    return {
        "review-schedule": schedule.pk,
        "kept-review": kept.pk,
        "subscription": subscription.pk,
        "resending": resending.pk,
        "destination": "crm",
        "secret": "crm-token",
        "delivery": delivery.pk,
        "unknown": unknown.pk,
        "endpoint": "shop",
        "receipt": receipt.pk,
        "workflow": workflow.pk,
        "mode_policy": policy.pk,
        "alert": alert.pk,
        "standstill": Standstill.objects.create(reason="x", starts_at=now + timedelta(days=1)).pk,
        "alert_rule": rule.pk,
        "approval": approval.pk,
        "event": event.pk,
        "run": run.pk,
        "redrive": _redrive_of(run, root).pk,
        "backfill": _backfill_of(run, root).pk,
        "cause": keep_letter(run, "It came late").fingerprint,
        "notification": notification.pk,
        "token": "00000000-0000-0000-0000-000000000000",
        "module_key": "tickets",
        "record": "T-1",
        "module": "tickets",
        "policy": "large",
        "source": "tix",
        "number": 1,
    }


def _redrive_of(run: Run, who: Any) -> Redrive:
    at = {"due_at": run.due_at, "created_at": run.created_at}
    how = {"start": "start", "version": "run", "rate": 60, "most_failures": 1, "among": 1}
    redrive = Redrive.objects.create(requested_by=who, **how, **at)
    RedriveItem.objects.create(redrive=redrive, run=run)
    return redrive


def _backfill_of(run: Run, who: Any) -> Backfill:
    at = {"due_at": run.due_at, "created_at": run.created_at}
    window = {"since": run.created_at, "until": run.created_at + timedelta(hours=1), "zone": "UTC"}
    of = {"workflow": run.workflow, "version": run.version, "mode": "simulate", "slots": True, "events": True}
    return Backfill.objects.create(requested_by=who, rate=60, **of, **window, **at)


def address_of(name: str, places: dict[str, Any]) -> str:
    pattern = ADDRESSES[name]
    noun = {
        "versions": "workflow",
        "version": "workflow",
        "version-traffic": "workflow",
        "identity-preview": "workflow",
        "checkpoints": "workflow",
        "checkpoint": "workflow",
        "version-difference": "workflow",
        "backtests": "workflow",
        "backtest": "workflow",
        "backtest-cancel": "workflow",
        "backtest-differences": "workflow",
        "retention": "workflow",
        "retention-foreseen": "workflow",
        "legal-hold": "workflow",
        "legal-hold-lift": "workflow",
        "shadows": "workflow",
        "shadow-stop": "workflow",
        "scenarios": "workflow",
        "scenario": "workflow",
        "scenario-proposal": "workflow",
        "scenarios-run": "workflow",
        "mode-policy-lift": "mode_policy",
        **{
            f"{noun}{part}": noun
            for noun in ("kept-review", "review-schedule")
            for part in ("", "-chart", "-pdf", "-html", "-csv", "-answers", "-sign", "-mail", "-make")
        },
        "alert-rule": "alert_rule",
        "alert-rule-snooze": "alert_rule",
        "rule-destinations": "alert_rule",
        "record-changes": "record",
        "record-comments": "record",
        "dead-letter": "cause",
        "dead-letter-letters": "cause",
        "dead-letter-triage": "cause",
    }.get(name, name.partition("-")[0])
    path = (
        pattern.replace("<slug:module_key>", "tickets")
        .replace("<int:number>", "1")
        .replace("<str:node>", "t1")
        .replace("<slug:week>", "2026-W48")
        .replace("<slug:chart>", "days")
    )
    for slot in ("<int:pk>", "<uuid:pk>", "<slug:key>", "<str:key>", "<slug:fingerprint>"):
        path = path.replace(slot, str(places.get(noun, "")))
    return f"/api/v1/{path}"


def asked(client: APIClient, verb: str, address: str) -> int:
    """The status of the answer; what the request did is undone, so that the next one meets the same world."""
    with transaction.atomic():
        answer = client.generic(verb, address, b'{"no such field": 1}', content_type="application/json")
        transaction.set_rollback(True)
    return answer.status_code


def test_everybody_gets_what_the_matrix_says(
    clients: dict[str, APIClient], places: dict[str, Any], subtests: pytest.Subtests
) -> None:
    """One world for all rows: to make it anew for each took longer than all that is asked."""
    for (verb, name), (passes, sees) in MATRIX.items():
        with subtests.test(verb=verb, route=name):
            address = address_of(name, places)
            answers = {who: asked(client, verb, address) for who, client in clients.items()}
            expected = {
                who: 401 if who == "nobody" else "passes" if who in passes else 403 if who in sees else 404
                for who in clients
            }
            # Past the door, the body or the state may still be refused; that is another test's affair.
            assert {
                who: status if status in (401, 403, 404) else "passes" for who, status in answers.items()
            } == expected


OF_A_WORKFLOW = tuple(
    (verb, name)
    for verb, name in MATRIX
    if ADDRESSES[name].startswith(("workflows/<int:pk>/", "runs/<int:pk>/", "approvals/<int:pk>/"))
)


def test_of_a_workflow_that_is_not_shared_only_its_owner_and_admins_know(
    clients: dict[str, APIClient], places: dict[str, Any], workflow: Workflow
) -> None:
    for role in ROLES:
        grants.set_rights(workflow, Group.objects.get(name=role.capitalize()), ())
    assert len(OF_A_WORKFLOW) > 40
    for verb, name in OF_A_WORKFLOW:
        passes, sees = MATRIX[verb, name]
        knows = {"owner", "admin"} & sees
        answers = {who: asked(client, verb, address_of(name, places)) for who, client in clients.items()}
        assert {
            who: status if status in (401, 403, 404) else "passes" for who, status in answers.items()
        } == {
            who: 401 if who == "nobody" else 404 if who not in knows else "passes" if who in passes else 403
            for who in clients
        }, (verb, name)


def test_no_session_writes_without_its_csrf_token(
    clients: dict[str, APIClient], places: dict[str, Any], workflow: Workflow, root: Any
) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(root)
    for verb, name in (row for row in MATRIX if row[0] != "GET"):
        answer = browser.generic(verb, address_of(name, places), "{}", content_type="application/json")
        assert answer.status_code == 403, (verb, name)
        assert "CSRF" in answer.json()["detail"]
    workflow.refresh_from_db()
    assert workflow.active_version is None  # publishing among them
