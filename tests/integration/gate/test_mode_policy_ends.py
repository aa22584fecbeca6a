"""A mode policy that ends by itself, and one that asks a shadow to agree before a version may act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from automations.engine.gate import Line
from automations.errors import GateClosedError, InvalidError
from automations.models import AuditEntry, Backtest, ModePolicy, Module, Workflow
from automations.runtime import ticker
from automations.runtime.drain import drain
from automations.services.backtests import start_shadow
from automations.services.drafts import save_draft
from automations.services.gate import check_gate, read_gate
from automations.services.mode_policies import (
    end_due_mode_policies,
    governs_after,
    lift_mode_policy,
    set_mode_policy,
)
from automations.services.releases import promote_workflow
from automations.services.versions import publish_version
from automations.testing import make_module
from tests.integration.api.conftest import client_of

from .conftest import closes, fresh, state_of, ticket

pytestmark = pytest.mark.django_db


def forbid(module: Module | None, actor: Any, ends_at: datetime | None = None) -> ModePolicy:
    return set_mode_policy(
        rule="simulate_only", module=module, reason="Year-end close", actor=actor, ends_at=ends_at
    )


def over(policy: ModePolicy) -> None:
    """Its end has come."""
    past = timezone.now() - timedelta(hours=2)
    ModePolicy.objects.filter(pk=policy.pk).update(set_at=past, ends_at=past + timedelta(hours=1))


def hours(count: int) -> datetime:
    return timezone.now() + timedelta(hours=count)


def test_the_ticker_ends_it_and_what_simulated_acts_again(
    proven: Workflow, tickets: Module, alice: Any, root: Any
) -> None:
    promote_workflow(workflow=proven, actor=alice)
    policy = forbid(tickets, root, hours(1))
    ticker.tick()
    ticket(tickets, "T1")
    assert state_of(tickets, "T1") is None

    over(policy)
    ticker.tick()
    assert not ModePolicy.objects.exists()
    ticket(tickets, "T2")
    assert state_of(tickets, "T2") == "closed"
    entry = AuditEntry.objects.get(action="modepolicy.ended")
    assert (entry.actor_name, entry.object_id) == ("system", str(policy.pk))
    assert entry.before is not None
    assert entry.before["module"] == "tickets"
    assert entry.after == {"holds": "Each workflow follows its own mode again."}


def test_one_whose_end_is_to_come_or_that_has_none_stays(tickets: Module, root: Any) -> None:
    forbid(None, root)
    forbid(tickets, root, hours(1))
    assert end_due_mode_policies(now=timezone.now()) == ()
    assert [policy.module for policy in end_due_mode_policies(now=hours(2))] == [tickets]
    assert end_due_mode_policies(now=hours(2)) == ()
    assert [policy.module for policy in ModePolicy.objects.all()] == [None]


def test_who_has_lifted_it_is_the_one_who_ended_it(tickets: Module, root: Any) -> None:
    policy = forbid(tickets, root, hours(1))
    over(policy)
    lift_mode_policy(policy=policy, reason="Done early", actor=root)
    assert end_due_mode_policies(now=timezone.now()) == ()
    assert not AuditEntry.objects.filter(action="modepolicy.ended").exists()


def test_what_holds_afterwards_is_said(tickets: Module, root: Any) -> None:
    parcels = make_module("parcels", {"title": "text"})
    everything = forbid(None, root)
    one, other = forbid(tickets, root, hours(1)), forbid(parcels, root, hours(2))
    told = governs_after(policies=[everything, one, other])
    assert told[one.pk] == "The same goes on to hold for everything."
    # Those that end are over when somebody lifts the one without an end: nobody knows when that is.
    assert told[everything.pk] == (
        "Each workflow follows its own mode again. For Parcels, Tickets the same goes on to hold."
    )
    everything.delete()
    assert governs_after(policies=[one])[one.pk] == "Each workflow follows its own mode again."


def test_an_end_that_is_past_and_figures_that_are_not_for_the_rule_are_refused(
    tickets: Module, root: Any
) -> None:
    for given, path in (
        ({"ends_at": timezone.now()}, "ends_at"),
        ({"ends_at": datetime(2199, 1, 1)}, "ends_at"),
        ({"min_events": 5}, "min_events"),
        ({"rule": "shadow", "min_events": 0}, "min_events"),
        ({"rule": "shadow", "min_agreement": Decimal("100.1")}, "min_agreement"),
        ({"rule": "shadow", "min_hours": True}, "min_hours"),
        ({"rule": "shadow", "min_days": 1}, "min_days"),
    ):
        wanted: dict[str, Any] = {"rule": "four_eyes", **given}
        with pytest.raises(InvalidError) as refused:
            set_mode_policy(module=tickets, reason="Year-end close", actor=root, **wanted)
        assert [problem.path for problem in refused.value.problems] == [path]
    assert not ModePolicy.objects.exists()


def test_the_database_holds_what_a_policy_may_say(root: Any) -> None:
    now = timezone.now()
    bad: list[dict[str, Any]] = [
        {"rule": "four_eyes", "ends_at": now},
        {"rule": "four_eyes", "min_events": 1},
        {"rule": "shadow"},
        {"rule": "shadow", "min_events": 1, "min_hours": 0, "min_agreement": Decimal(0)},
    ]
    for fields in bad:
        with pytest.raises(IntegrityError, match="modepolicy_"), transaction.atomic():
            ModePolicy.objects.create(reason="r", set_by_name="root", set_at=now, **fields)


def test_the_page_and_the_workflows_tell_its_end(proven: Workflow, tickets: Module, root: Any) -> None:
    client = client_of(root)
    body = {"module": "tickets", "rule": "simulate_only", "reason": "Close", "ends_at": hours(3).isoformat()}
    made = client.post("/api/v1/mode-policies/", body, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["afterwards"] == "Each workflow follows its own mode again."
    assert made.json()["ends_at"] is not None
    bound = client.get(f"/api/v1/workflows/{proven.pk}/").json()["mode_policies"]
    assert bound[0]["ends_at"] == made.json()["ends_at"]
    past = {**body, "module": None, "ends_at": "2020-01-01T00:00:00Z"}
    late = client.post("/api/v1/mode-policies/", past, format="json")
    assert late.status_code == 422
    assert late.json()["problems"][0]["code"] == "bad-end"


# What a shadow has to come to


@pytest.fixture
def followed(proven: Workflow, tickets: Module, alice: Any, root: Any) -> Callable[..., Line]:
    """Version 1 acts on tickets over 100; a shadow with another limit has judged three of them and was published."""
    promote_workflow(workflow=proven, actor=alice)

    def follow(limit: str, **asked: Any) -> Line:
        set_mode_policy(rule="shadow", module=tickets, reason="Money", actor=root, **asked)
        save_draft(workflow=proven, document=closes(limit), revision=None, actor=alice)
        shadow = start_shadow(workflow=fresh(proven), actor=alice)
        for number, amount in enumerate(("50.00", "130.00", "380.00")):
            ticket(tickets, f"T{number}", amount)
        Backtest.objects.filter(pk=shadow.pk).update(due_at=timezone.now() - timedelta(seconds=1))
        drain()
        publish_version(workflow=proven, actor=alice)
        return line_of(proven)

    return follow


def line_of(workflow: Workflow) -> Line:
    return next(line for line in read_gate(workflow=fresh(workflow)).lines if line.key == "shadow")


def test_a_shadow_that_agrees_enough_opens_its_line(
    followed: Callable[..., Line], proven: Workflow, alice: Any
) -> None:
    told = followed("120", min_events=3, min_hours=0, min_agreement=Decimal(100))
    assert told.state.value == "met", told.sentence
    assert "agreed on" in told.sentence
    assert check_gate(workflow=fresh(proven), actor=alice).is_green
    promote_workflow(workflow=fresh(proven), actor=alice)


def test_a_shadow_that_differs_too_often_closes_the_gate(
    followed: Callable[..., Line], proven: Workflow, alice: Any
) -> None:
    told = followed("150", min_events=3, min_hours=0, min_agreement=Decimal("90.5"))
    assert told.is_open
    assert "% answered alike, not 90.5 %" in told.sentence
    check_gate(workflow=fresh(proven), actor=alice)
    with pytest.raises(GateClosedError) as closed:
        promote_workflow(workflow=fresh(proven), actor=alice)
    assert [problem.code for problem in closed.value.problems] == ["shadow"]


def test_without_figures_it_asks_for_a_hundred_events_over_a_day(followed: Callable[..., Line]) -> None:
    told = followed("120")
    assert told.is_open
    assert "of 100 events judged" in told.sentence
    assert "of 24 hours followed" in told.sentence


def test_of_two_policies_the_stricter_figures_count(
    followed: Callable[..., Line], proven: Workflow, root: Any
) -> None:
    followed("120", min_events=3, min_hours=0, min_agreement=Decimal(100))
    set_mode_policy(rule="shadow", module=None, reason="All", actor=root, min_events=50, min_hours=0)
    assert "of 50 events judged" in line_of(proven).sentence


def test_a_first_release_has_nothing_to_agree_with(proven: Workflow, tickets: Module, root: Any) -> None:
    set_mode_policy(rule="shadow", module=tickets, reason="Money", actor=root)
    assert line_of(proven).state.value == "not_needed"
    assert read_gate(workflow=fresh(proven)).is_green


def test_the_admin_sets_an_end_and_figures_and_tells_what_holds_afterwards(root: Any) -> None:
    client = Client()
    client.force_login(root)
    add = reverse("admin:automations_modepolicy_add")
    figures = {"min_events": "50", "min_hours": "2", "min_agreement": "98.5"}
    end = {"ends_at_0": "2099-01-04", "ends_at_1": "07:00:00"}
    refused = client.post(add, {"rule": "four_eyes", "reason": "Money", **figures})
    assert "min_events" in refused.context["adminform"].form.errors
    assert client.post(add, {"rule": "shadow", "reason": "Money", **figures, **end}).status_code == 302
    policy = ModePolicy.objects.get()
    assert policy.demand == "at least 50 live events over 2 hours, 98.5 % of them answered alike"
    assert policy.ends_at is not None
    page = client.get(reverse("admin:automations_modepolicy_change", args=(policy.pk,)))
    assert b"No shadow is asked for any more." in page.content
