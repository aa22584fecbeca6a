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
from .routes import ADDRESSES, VIEWS

pytestmark = pytest.mark.django_db

ROLES = ("viewer", "operator", "builder", "publisher", "approver", "admin")
EVERYBODY = frozenset((*ROLES, "owner", "outsider"))
SIGHT = frozenset((*ROLES, "owner"))
"""Those with whom the workflow, the module and the policy are shared, and who made the workflow: a Builder."""
OPERATE = frozenset(("operator", "builder", "publisher", "admin", "owner"))
BUILD = frozenset(("builder", "publisher", "admin", "owner"))
PUBLISH = frozenset(("publisher", "admin", "owner"))
ADMIN = frozenset(("admin",))
READERS = frozenset(("viewer", "admin"))
"""Who reads a team's kept review: those whom an admin has named, whatever they see otherwise."""

MATRIX: dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = {
    # (method, route): (who passes, who sees that it is there; the others get 404)
    ("GET", "me"): (EVERYBODY, EVERYBODY),
    ("GET", "overview"): (EVERYBODY, EVERYBODY),
    ("GET", "reviews"): (EVERYBODY, EVERYBODY),
    ("GET", "review"): (EVERYBODY, EVERYBODY),
    ("GET", "review-pdf"): (EVERYBODY, EVERYBODY),
    ("GET", "review-html"): (EVERYBODY, EVERYBODY),
    ("GET", "review-csv"): (EVERYBODY, EVERYBODY),
    ("GET", "kept-reviews"): (EVERYBODY, EVERYBODY),
    ("GET", "kept-review"): (READERS, READERS),
    ("GET", "kept-review-chart"): (READERS, READERS),
    ("GET", "kept-review-pdf"): (READERS, READERS),
    ("GET", "kept-review-html"): (READERS, READERS),
    ("GET", "kept-review-csv"): (READERS, READERS),
    ("POST", "kept-review-answers"): (READERS, READERS),
    ("POST", "kept-review-sign"): (READERS, READERS),
    ("GET", "review-schedules"): (EVERYBODY, EVERYBODY),
    ("POST", "review-schedules"): (EVERYBODY, EVERYBODY),  # whose it is to be is looked at past the body
    ("PATCH", "review-schedule"): (ADMIN, READERS),
    ("POST", "review-schedule-mail"): (READERS, READERS),
    ("POST", "review-schedule-make"): (ADMIN, READERS),
    ("GET", "review-chart"): (EVERYBODY, EVERYBODY),
    ("GET", "catalog"): (EVERYBODY, EVERYBODY),
    ("GET", "preferences"): (EVERYBODY, EVERYBODY),
    ("PATCH", "preferences"): (EVERYBODY, EVERYBODY),
    ("GET", "first-steps"): (EVERYBODY, EVERYBODY),
    ("POST", "first-steps"): (EVERYBODY, EVERYBODY),
    ("POST", "viewing"): (ADMIN, EVERYBODY),
    ("DELETE", "viewing"): (EVERYBODY, EVERYBODY),
    ("GET", "people"): (BUILD, EVERYBODY),
    ("GET", "schema"): (EVERYBODY, EVERYBODY),
    ("GET", "modules"): (EVERYBODY, EVERYBODY),
    ("POST", "modules"): (ADMIN, EVERYBODY),
    ("GET", "module"): (SIGHT, SIGHT),
    ("PATCH", "module"): (ADMIN, SIGHT),
    ("GET", "module-manual-starts"): (SIGHT, SIGHT),
    ("POST", "module-explain"): (SIGHT, SIGHT),
    ("POST", "module-preview-text"): (SIGHT, SIGHT),
    ("GET", "records"): (SIGHT, SIGHT),
    ("POST", "records"): (OPERATE, SIGHT),
    ("GET", "record"): (SIGHT, SIGHT),
    ("PATCH", "record"): (OPERATE, SIGHT),
    ("GET", "record-changes"): (SIGHT, SIGHT),
    ("GET", "record-comments"): (SIGHT, SIGHT),
    ("POST", "record-comments"): (OPERATE, SIGHT),
    ("GET", "policies"): (EVERYBODY, EVERYBODY),
    ("POST", "policies"): (BUILD, EVERYBODY),
    ("GET", "policies-duplicates"): (EVERYBODY, EVERYBODY),
    ("GET", "policy"): (SIGHT, SIGHT),
    ("PATCH", "policy"): (ADMIN, SIGHT),
    ("GET", "policy-used-by"): (SIGHT, SIGHT),
    ("POST", "policy-impact"): (SIGHT, SIGHT),
    ("POST", "policy-archive"): (ADMIN, SIGHT),
    ("POST", "policy-restore"): (ADMIN, SIGHT),
    ("GET", "policy-revisions"): (SIGHT, SIGHT),
    ("POST", "policy-revisions"): (ADMIN, SIGHT),
    ("GET", "sources"): (EVERYBODY, EVERYBODY),
    ("POST", "sources"): (ADMIN, EVERYBODY),
    ("GET", "source"): (SIGHT, SIGHT),
    ("GET", "events"): (EVERYBODY, EVERYBODY),
    ("POST", "events"): (OPERATE, EVERYBODY),
    ("GET", "event"): (SIGHT, SIGHT),
    ("GET", "event-snapshot"): (SIGHT, SIGHT),
    ("GET", "decisions"): (EVERYBODY, EVERYBODY),
    ("GET", "workflows"): (EVERYBODY, EVERYBODY),
    ("POST", "workflows"): (BUILD, EVERYBODY),
    ("GET", "templates"): (EVERYBODY, EVERYBODY),
    ("GET", "workflows-problems"): (EVERYBODY, EVERYBODY),
    ("GET", "workflows-activity"): (EVERYBODY, EVERYBODY),
    ("GET", "workflow"): (SIGHT, SIGHT),
    ("PATCH", "workflow"): (BUILD, SIGHT),
    ("DELETE", "workflow"): (PUBLISH, SIGHT),
    ("GET", "workflow-shares"): (BUILD, SIGHT),
    ("PUT", "workflow-shares"): (PUBLISH, SIGHT),
    ("DELETE", "workflow-shares"): (PUBLISH, SIGHT),
    ("GET", "module-shares"): (ADMIN, SIGHT),
    ("PUT", "module-shares"): (ADMIN, SIGHT),
    ("DELETE", "module-shares"): (ADMIN, SIGHT),
    ("GET", "policy-shares"): (ADMIN, SIGHT),
    ("PUT", "policy-shares"): (ADMIN, SIGHT),
    ("DELETE", "policy-shares"): (ADMIN, SIGHT),
    ("POST", "workflow-pause"): (OPERATE, SIGHT),
    ("POST", "workflow-resume"): (OPERATE, SIGHT),
    ("POST", "workflow-restore"): (PUBLISH, SIGHT),
    ("GET", "workflow-grid"): (SIGHT, SIGHT),
    ("GET", "workflow-graph"): (SIGHT, SIGHT),
    ("PUT", "workflow-graph"): (BUILD, SIGHT),
    ("GET", "checkpoints"): (SIGHT, SIGHT),
    ("POST", "checkpoints"): (BUILD, SIGHT),
    ("GET", "checkpoint"): (SIGHT, SIGHT),
    ("POST", "workflow-validate"): (SIGHT, SIGHT),
    ("POST", "workflow-run-test"): (OPERATE, SIGHT),
    ("GET", "identity-preview"): (OPERATE, SIGHT),
    ("GET", "workflow-trigger-preview"): (OPERATE, SIGHT),
    ("POST", "workflow-run"): (OPERATE, SIGHT),
    ("POST", "workflow-run-many"): (OPERATE, SIGHT),
    ("POST", "workflow-publish"): (PUBLISH, SIGHT),
    ("GET", "workflow-gate"): (SIGHT, SIGHT),
    ("POST", "workflow-gate"): (OPERATE, SIGHT),
    ("POST", "workflow-first-release"): (PUBLISH, SIGHT),
    ("POST", "workflow-consent"): (PUBLISH, SIGHT),
    ("POST", "workflow-consent-give"): (PUBLISH, SIGHT),
    ("POST", "workflow-consent-withdraw"): (
        SIGHT,
        SIGHT,
    ),  # only who asked or agreed; looked at past the body
    ("GET", "workflow-promotions"): (SIGHT, SIGHT),
    ("GET", "mode-policies"): (EVERYBODY, EVERYBODY),
    ("POST", "mode-policies"): (ADMIN, EVERYBODY),
    ("POST", "mode-policy-lift"): (ADMIN, EVERYBODY),
    ("GET", "workflow-go-live"): (SIGHT, SIGHT),
    ("POST", "workflow-go-live-sign"): (PUBLISH, SIGHT),
    ("GET", "workflow-go-live-export"): (SIGHT, SIGHT),
    ("POST", "workflow-promote"): (PUBLISH, SIGHT),
    ("POST", "workflow-demote"): (PUBLISH, SIGHT),
    ("POST", "workflow-rollback"): (PUBLISH, SIGHT),
    ("POST", "workflows-import"): (BUILD, EVERYBODY),
    ("GET", "workflow-export"): (SIGHT, SIGHT),
    ("POST", "workflow-import"): (BUILD, SIGHT),
    ("GET", "workflow-describe"): (SIGHT, SIGHT),
    ("GET", "version-difference"): (SIGHT, SIGHT),
    ("GET", "versions"): (SIGHT, SIGHT),
    ("GET", "version"): (SIGHT, SIGHT),
    ("GET", "version-traffic"): (SIGHT, SIGHT),
    ("GET", "scenarios"): (SIGHT, SIGHT),
    ("POST", "scenarios"): (BUILD, SIGHT),
    ("GET", "scenario"): (SIGHT, SIGHT),
    ("PATCH", "scenario"): (BUILD, SIGHT),
    ("DELETE", "scenario"): (BUILD, SIGHT),
    ("POST", "scenario-proposal"): (OPERATE, SIGHT),
    ("POST", "scenarios-run"): (OPERATE, SIGHT),
    ("GET", "backtests"): (SIGHT, SIGHT),
    ("POST", "backtests"): (OPERATE, SIGHT),
    ("GET", "backtest"): (SIGHT, SIGHT),
    ("POST", "backtest-cancel"): (OPERATE, SIGHT),
    ("GET", "backtest-differences"): (SIGHT, SIGHT),
    ("GET", "retention"): (SIGHT, SIGHT),
    ("GET", "retention-foreseen"): (SIGHT, SIGHT),
    ("PUT", "retention"): (PUBLISH, SIGHT),
    ("PUT", "legal-hold"): (ADMIN, SIGHT),
    ("POST", "legal-hold-lift"): (ADMIN, SIGHT),
    ("GET", "shadows"): (SIGHT, SIGHT),
    ("POST", "shadows"): (OPERATE, SIGHT),
    ("POST", "shadow-stop"): (OPERATE, SIGHT),
    ("GET", "runs"): (EVERYBODY, EVERYBODY),
    ("GET", "run"): (SIGHT, SIGHT),
    ("GET", "run-steps"): (SIGHT, SIGHT),
    ("GET", "run-step-output"): (OPERATE | {"approver"}, SIGHT),
    ("GET", "run-logs"): (SIGHT, SIGHT),
    ("POST", "run-cancel"): (OPERATE, SIGHT),
    ("GET", "run-diagnosis"): (SIGHT, SIGHT),
    ("GET", "workflow-diagnosis"): (SIGHT, SIGHT),
    ("GET", "run-retry"): (OPERATE, SIGHT),
    ("POST", "run-retry"): (OPERATE, SIGHT),
    ("GET", "run-undo"): (OPERATE, SIGHT),
    ("POST", "run-undo"): (OPERATE, SIGHT),
    ("GET", "run-undo-back"): (OPERATE, SIGHT),
    ("POST", "run-undo-back"): (OPERATE, SIGHT),
    ("GET", "dead-letters"): (EVERYBODY, EVERYBODY),
    ("POST", "dead-letters-discard"): (EVERYBODY, EVERYBODY),  # which letters, the body says
    ("GET", "dead-letter"): (SIGHT, SIGHT),
    ("GET", "dead-letter-letters"): (SIGHT, SIGHT),
    ("POST", "dead-letter-triage"): (OPERATE, SIGHT),
    ("GET", "backfills"): (EVERYBODY, EVERYBODY),
    ("POST", "backfills"): (EVERYBODY, EVERYBODY),  # which workflow, the body says
    ("POST", "backfill-preview"): (EVERYBODY, EVERYBODY),
    ("GET", "backfill"): (SIGHT, SIGHT),
    ("GET", "backfill-items"): (SIGHT, SIGHT),
    ("POST", "backfill-cancel"): (OPERATE, SIGHT),
    ("GET", "redrives"): (EVERYBODY, EVERYBODY),
    ("POST", "redrives"): (EVERYBODY, EVERYBODY),  # which runs, the body says
    ("POST", "redrive-preview"): (EVERYBODY, EVERYBODY),
    ("GET", "redrive"): (SIGHT, SIGHT),
    ("GET", "redrive-items"): (SIGHT, SIGHT),
    ("POST", "redrive-cancel"): (OPERATE, SIGHT),
    ("GET", "approvals"): (EVERYBODY, EVERYBODY),
    ("GET", "approval"): (SIGHT, SIGHT),
    ("POST", "approval-decide"): (SIGHT, SIGHT),  # who is asked is looked at past the body
    ("POST", "approval-delegate"): (SIGHT, SIGHT),
    ("POST", "approval-remarks"): (SIGHT, SIGHT),
    ("GET", "alerts"): (EVERYBODY, EVERYBODY),
    ("POST", "alert-acknowledge"): (OPERATE, SIGHT),
    ("POST", "alert-snooze"): (OPERATE, SIGHT),
    ("GET", "standstills"): (EVERYBODY, EVERYBODY),
    ("POST", "standstills"): (EVERYBODY, EVERYBODY),  # whose workflow it is of is looked at past the body
    ("POST", "standstill-lift"): (ADMIN, EVERYBODY),
    ("GET", "alert-kinds"): (EVERYBODY, EVERYBODY),
    ("GET", "alert-rules"): (EVERYBODY, EVERYBODY),
    ("POST", "alert-rules"): (EVERYBODY, EVERYBODY),  # whose workflow it is about is looked at past the body
    ("PATCH", "alert-rule"): (BUILD, SIGHT),
    ("DELETE", "alert-rule"): (BUILD, SIGHT),
    ("POST", "alert-rule-snooze"): (BUILD, SIGHT),
    ("POST", "workflow-breaker-try"): (PUBLISH, SIGHT),
    ("POST", "workflow-breaker-close"): (PUBLISH, SIGHT),
    ("GET", "audit"): (EVERYBODY, EVERYBODY),
    ("GET", "audit-export"): (EVERYBODY, EVERYBODY),
    ("GET", "audit-chain"): (ADMIN, EVERYBODY),
    ("GET", "notifications"): (EVERYBODY, EVERYBODY),
    ("POST", "notification-read"): (frozenset(("owner",)), frozenset(("owner",))),
    ("GET", "tokens"): (EVERYBODY, EVERYBODY),
    ("POST", "tokens"): (EVERYBODY, EVERYBODY),
    ("DELETE", "token"): (frozenset(), frozenset()),
    ("GET", "endpoints"): (EVERYBODY, EVERYBODY),
    ("POST", "endpoints"): (ADMIN, EVERYBODY),
    ("GET", "endpoint"): (OPERATE, OPERATE),
    ("PATCH", "endpoint"): (ADMIN, OPERATE),
    ("DELETE", "endpoint"): (ADMIN, OPERATE),
    ("GET", "endpoint-shares"): (ADMIN, OPERATE),
    ("PUT", "endpoint-shares"): (ADMIN, OPERATE),
    ("DELETE", "endpoint-shares"): (ADMIN, OPERATE),
    ("POST", "endpoint-secrets"): (ADMIN, OPERATE),
    ("DELETE", "endpoint-secret"): (ADMIN, OPERATE),
    ("POST", "endpoint-address"): (ADMIN, OPERATE),
    ("POST", "endpoint-test"): (ADMIN, OPERATE),
    ("GET", "receipts"): (EVERYBODY, EVERYBODY),
    ("GET", "receipt"): (OPERATE, OPERATE),
    ("GET", "destinations"): (EVERYBODY, EVERYBODY),
    ("POST", "destinations"): (BUILD, EVERYBODY),
    ("GET", "destination"): (SIGHT, SIGHT),
    ("PATCH", "destination"): (ADMIN, SIGHT),
    ("POST", "destination-enable"): (ADMIN, SIGHT),
    ("POST", "destination-disable"): (ADMIN, SIGHT),
    ("POST", "destination-rotate"): (ADMIN, SIGHT),
    ("POST", "destination-recover"): (ADMIN, SIGHT),
    ("GET", "destination-backlog"): (SIGHT, SIGHT),
    ("POST", "destination-test"): (OPERATE, SIGHT),
    ("GET", "destination-shares"): (ADMIN, SIGHT),
    ("PUT", "destination-shares"): (ADMIN, SIGHT),
    ("DELETE", "destination-shares"): (ADMIN, SIGHT),
    ("GET", "destination-subscriptions"): (SIGHT, SIGHT),
    ("POST", "destination-subscriptions"): (OPERATE, SIGHT),
    ("GET", "rules-destinations"): (EVERYBODY, EVERYBODY),
    ("PUT", "rule-destinations"): (BUILD, SIGHT),
    ("GET", "subscription"): (SIGHT, SIGHT),
    ("PATCH", "subscription"): (ADMIN, SIGHT),
    ("DELETE", "subscription"): (ADMIN, SIGHT),
    ("GET", "product-events"): (EVERYBODY, EVERYBODY),
    ("GET", "resendings"): (EVERYBODY, EVERYBODY),
    ("POST", "resendings"): (EVERYBODY, EVERYBODY),  # what somebody may send anew is looked at past the body
    ("GET", "resending-count"): (EVERYBODY, EVERYBODY),
    ("GET", "resending"): (ADMIN, ADMIN),
    ("POST", "resending-stop"): (ADMIN, ADMIN),
    ("GET", "deliveries"): (EVERYBODY, EVERYBODY),
    ("GET", "delivery"): (SIGHT, SIGHT),
    ("POST", "delivery-resend"): (OPERATE, SIGHT),
    ("GET", "unknown-outcomes"): (EVERYBODY, EVERYBODY),
    ("GET", "unknown-outcome"): (SIGHT, SIGHT),
    ("POST", "unknown-outcome-reply"): (OPERATE, SIGHT),
    ("GET", "secrets"): (EVERYBODY, EVERYBODY),
    ("POST", "secrets"): (BUILD, EVERYBODY),
    ("GET", "secret"): (SIGHT, SIGHT),
    ("PATCH", "secret"): (ADMIN, SIGHT),
    ("DELETE", "secret"): (ADMIN, SIGHT),
    ("PUT", "secret-value"): (ADMIN, SIGHT),
    ("POST", "secret-take-back"): (ADMIN, SIGHT),
    ("GET", "secret-shares"): (ADMIN, SIGHT),
    ("PUT", "secret-shares"): (ADMIN, SIGHT),
    ("DELETE", "secret-shares"): (ADMIN, SIGHT),
}
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
