"""The demo workspace: two modules, people, templates, and two weeks that the engine itself has lived through."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F

from automations import permissions
from automations.gallery import TEMPLATES
from automations.models import Approval, Module, Notification, Workflow
from automations.runtime.replay import Replay
from automations.services.approvals import decide_approval
from automations.services.consents import confirm_first_release
from automations.services.modules import create_module
from automations.services.records import create_record, update_record
from automations.services.releases import promote_workflow
from automations.services.runs import start_run
from automations.services.versions import publish_version
from automations.services.workflows import create_workflow
from config.demo.webhooks import seed_webhooks
from config.demo.week import seed_review

CLOCK = "demo"
TICKETS, ORDERS, DAYS = 160, 80, 14
DEMO = ("auto-routing", "sla-alert", "close-solved", "refund-watch", "approval-gate")
"""Of the templates, those that the demo has lived with."""
PASSWORD = "demo"  # noqa: S105 - a demo's, printed at every start

PEOPLE = {
    "priya": ("Priya", ("Publisher",)),
    "sam": ("Sam", ("Approver",)),
    "noor": ("Noor", ("Operator", "Support leads")),
    "ada": ("Ada", ("Admin", "Approver")),
    "mia": ("Mia", ("Network",)),
    "leo": ("Leo", ("Network", "Hardware")),
    "tom": ("Tom", ("Hardware",)),
    "ivy": ("Ivy", ("Support",)),
    "ben": ("Ben", ("Support",)),
    "svc-support": ("Service", ("Operator",)),
}

TICKET_FIELDS: list[dict[str, Any]] = [
    {"key": "title", "label": "Title", "type": "text", "required": True},
    {
        "key": "status",
        "label": "Status",
        "type": "choice",
        "choices": ["open", "pending", "solved", "closed"],
        "required": True,
        "indexed": True,
    },
    {
        "key": "priority",
        "label": "Priority",
        "type": "choice",
        "choices": ["low", "normal", "high", "urgent"],
        "indexed": True,
    },
    {"key": "category", "label": "Category", "type": "text", "indexed": True},
    {"key": "assignee", "label": "Assignee", "type": "user", "indexed": True},
    {"key": "requester", "label": "Requester", "type": "text"},
    {"key": "due_at", "label": "Due", "type": "datetime", "indexed": True},
    {"key": "escalated", "label": "Escalated", "type": "boolean"},
    {"key": "tags", "label": "Tags", "type": "list"},
]
LARGE = 200
"""Refunds of more than this need an answer."""
ANSWERS = (
    ("approve", "A regular."),
    ("approve", "Arrived broken."),
    ("approve", ""),
    ("reject", "Sent back after more than 30 days."),
)
TRANSITIONS = {
    "open": ["pending", "solved"],
    "pending": ["open", "solved"],
    "solved": ["open", "closed"],
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happens in the demo's history."""

    at: datetime
    order: int
    module: str
    key: str
    values: dict[str, Any]
    what: Literal["create", "update", "ask", "answer"]
    """A record is made or changed; or a refund is asked for, and answered with these values."""


def is_seeded() -> bool:
    return Workflow.objects.filter(key="auto-routing").exists()


@transaction.atomic
def seed(*, now: datetime) -> None:
    """Make the demo workspace, all of it or nothing. Must run once only."""
    people = _people()
    owner = people["priya"]
    create_module(
        key="tickets",
        name="Tickets",
        fields=TICKET_FIELDS,
        actor=people["ada"],
        title_field="title",
        status_field="status",
        transitions=TRANSITIONS,
        team="Support",
    )
    modules = {module.key: module for module in Module.objects.filter(key__in=["tickets", "orders"])}
    start = now - timedelta(days=DAYS)
    for key in DEMO:
        template = TEMPLATES.get(key)
        workflow = create_workflow(
            key=key,
            name=template.name,
            description=template.sentence,
            module=modules[template.module],
            team="Finance" if template.module == "orders" else "Support",
            actor=owner,
            run_as=people["svc-support"],
            document=template.document(),
            scenarios=template.scenarios(),
        )
        for role in permissions.ROLES:
            permissions.share(workflow, role)
        publish_version(workflow=workflow, actor=owner, note="First release", at=start, clock=CLOCK)
        if key != "refund-watch":
            confirm_first_release(workflow=workflow, actor=owner, note="Nothing was automated before.")
            promote_workflow(workflow=workflow, actor=owner, reason="Its scenarios pass.")
    _live_through(modules, people, start, now)
    seed_webhooks(people, now=now)
    seed_review(people, now=now)


def _people() -> dict[str, Any]:
    users = get_user_model()
    permissions.seed_roles()
    people: dict[str, Any] = {}
    password = make_password(PASSWORD)  # slow by design, and the same for all
    for username, (first_name, groups) in PEOPLE.items():
        person, created = users.objects.get_or_create(
            username=username, defaults={"first_name": first_name, "email": f"{username}@example.org"}
        )
        if created:
            person.password = password
            person.is_staff = person.is_superuser = username == "ada"
            person.save()
        for group in groups:
            person.groups.add(Group.objects.get_or_create(name=group)[0])
        people[username] = person
    return people


def _live_through(modules: dict[str, Module], people: dict[str, Any], start: datetime, now: datetime) -> None:
    """Play the moments in order; what they cause happens at its own time, too."""
    replay = Replay(CLOCK, inline=True)
    for moment in sorted(_history(start, now), key=lambda entry: (entry.at, entry.order)):
        replay.advance(moment.at)
        if moment.what == "ask":
            gate = Workflow.objects.get(key="approval-gate")
            start_run(workflow=gate, actor=people["noor"], record_key=moment.key, at=moment.at, clock=CLOCK)
        elif moment.what == "answer":
            _answer(moment, people)
        else:
            save = create_record if moment.what == "create" else update_record
            save(
                module=modules[moment.module],
                key=moment.key,
                values=moment.values,
                actor=people["noor"],
                at=moment.at,
                clock=CLOCK,
            )
        replay.settle()
    replay.advance(now)
    replay.settle()
    replay.hand_over()
    # What was asked and is settled was read at the time.
    settled = Approval.objects.exclude(state=Approval.State.PENDING).values("run")
    Notification.objects.filter(key__startswith="approval:", run__in=settled).update(read_at=F("created_at"))


def _answer(moment: Moment, people: dict[str, Any]) -> None:
    asked = Approval.objects.get(record_key=moment.key, state=Approval.State.PENDING)
    decide_approval(
        approval=asked,
        actor=people[moment.values["by"]],
        verdict=moment.values["verdict"],
        reason=moment.values["reason"],
        plan_hash=asked.plan_hash,
        at=moment.at,
    )


def _history(start: datetime, now: datetime) -> Iterator[Moment]:
    dice = random.Random(11)
    subjects = (
        "VPN drops",
        "Screen flickers",
        "Invoice missing",
        "Can't sign in",
        "Printer jams",
        "Order late",
    )
    span = int((now - start).total_seconds())
    for number in range(1, TICKETS + 1):
        at = start + timedelta(seconds=dice.randrange(span))
        due = at + timedelta(hours=dice.choice((4, 8, 24, 48, 96)))
        key = f"T-{number:04d}"
        values = {
            "title": f"{dice.choice(subjects)} ({key})",
            "status": "open",
            "priority": dice.choices(("low", "normal", "high", "urgent"), (2, 5, 2, 1))[0],
            "category": dice.choice(("network", "hardware", "accounts", "billing")),
            "requester": f"customer{dice.randrange(1, 60)}@example.org",
            "due_at": due.isoformat(),
            "escalated": False,
            "tags": dice.sample(["vip", "mobile", "onsite", "repeat"], dice.randrange(0, 3)),
        }
        yield Moment(at, 0, "tickets", key, values, "create")
        for order, status in enumerate(("pending", "solved"), 1):
            at += timedelta(minutes=dice.randrange(20, 60 * 30))
            if at >= now or dice.random() < 0.2:
                break
            yield Moment(at, order, "tickets", key, {"status": status}, "update")
    for number in range(1, ORDERS + 1):
        at = start + timedelta(seconds=dice.randrange(span))
        key = f"O-{number:04d}"
        values = {
            "customer": f"Customer {dice.randrange(1, 80)}",
            "region": dice.choice(("EU", "US", "APAC")),
            "amount": (amount := f"{dice.randrange(20, 900)}.{dice.randrange(100):02d}"),
            "status": "draft",
            "placed_at": at.isoformat(),
            "is_priority": dice.random() < 0.1,
        }
        yield Moment(at, 0, "orders", key, values, "create")
        for order, status in enumerate(("paid", dice.choice(("shipped", "shipped", "refunded"))), 1):
            at += timedelta(minutes=dice.randrange(10, 60 * 20))
            if at >= now:
                break
            yield Moment(at, order, "orders", key, {"status": status}, "update")
            if status == "shipped":
                yield from _refund(key, float(amount), at, now)


def _refund(key: str, amount: float, shipped: datetime, now: datetime) -> Iterator[Moment]:
    """Of what was shipped, some is asked back; what needs an answer gets one, or is still without."""
    dice = random.Random(key)
    at = shipped + timedelta(minutes=dice.randrange(60, 60 * 24))
    if at >= now or dice.random() < 0.5:
        return
    yield Moment(at, 3, "orders", key, {}, "ask")
    still_open = now - at < timedelta(hours=40)
    at += timedelta(minutes=dice.randrange(20, 60 * 40))
    if amount <= LARGE or still_open or dice.random() < 0.15:
        return
    verdict, reason = dice.choice(ANSWERS)
    yield Moment(
        at,
        4,
        "orders",
        key,
        {"by": dice.choice(("sam", "sam", "ada")), "verdict": verdict, "reason": reason},
        "answer",
    )
