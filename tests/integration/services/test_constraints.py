"""Each invariant that a model declares is the database's own: broken by a plain insert, it is refused by its name."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from automations.models import (
    Activation,
    Alert,
    AlertRule,
    ApiToken,
    Approval,
    ApprovalDecision,
    Backfill,
    BackfillItem,
    Backtest,
    BacktestDifference,
    Breaker,
    Checkpoint,
    Consent,
    DeadLetter,
    Decision,
    Event,
    Hold,
    LargeValue,
    ModePolicy,
    Module,
    OutgoingEmail,
    Preference,
    Promotion,
    Redrive,
    RedriveItem,
    Retention,
    ReviewDecision,
    ReviewSchedule,
    Run,
    RunUndo,
    Scenario,
    ScenarioResult,
    Standstill,
    Step,
    Swept,
    Triage,
    TriggerSource,
    UndoneField,
    Workflow,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_rule_that_is_always_there(db: None) -> None:
    AlertRule.objects.all().delete()


WHEN = "2026-03-02T09:00:00Z"
LATER = "2026-03-02T10:00:00Z"
TYPICAL: Mapping[str, Any] = {
    "BigIntegerField": 1,
    "BooleanField": False,
    "CharField": "x",
    "FloatField": 1,
    "DateTimeField": WHEN,
    "DecimalField": 1,
    "DurationField": "1 hour",
    "EmailField": "x@example.org",
    "ForeignKey": 1,
    "JSONField": "{}",
    "OneToOneField": 1,
    "PositiveBigIntegerField": 1,
    "PositiveIntegerField": 1,
    "PositiveSmallIntegerField": 1,
    "SlugField": "x",
    "TextField": "x",
    "URLField": "",
    "UUIDField": "5b0c2f4e-9a5d-4a0e-8f43-2f5b8f3f9d11",
}
"""A value of each kind of column. What foreign keys point at is asked at the commit, which never comes here."""

SOUND: Mapping[type[models.Model], Mapping[str, Any]] = {
    Activation: {"id": 1},
    Alert: {"kind": "failures", "phase": "raised", "resolved_at": None},
    AlertRule: {
        "kind": "failures",
        "team": "",
        "raise_at": 2,
        "clear_at": 1,
        "breaks": False,
        "fallback": False,
        "enabled": True,
    },
    Breaker: {"state": "open", "closed_at": None},
    ApiToken: {"id": TYPICAL["UUIDField"], "scope": "read"},
    Approval: {"kind": "step", "reach": None, "hold_id": None, "state": "pending", "ended_at": None},
    ApprovalDecision: {"verdict": "approve"},
    Backfill: {
        "status": "queued",
        "finished_at": None,
        "mode": "simulate",
        "until": LATER,
        "slots": True,
        "rate": 1,
    },
    BackfillItem: {"state": "waiting", "answer": "", "outcome": "", "slot_at": None},
    Backtest: {
        "status": "queued",
        "finished_at": None,
        "until": LATER,
        "looked_at": 5,
        "is_shadow": False,
        "ended_why": "",
    },
    BacktestDifference: {"kind": "newly_selected"},
    Checkpoint: {"occasion": "save"},
    DeadLetter: {"state": "open"},
    Triage: {"state": "fixed"},
    Decision: {"outcome": "matched"},
    Event: {"state": "pending", "large_id": None},
    Hold: {"bound": "firing", "firing": "x", "state": "pending", "ended_at": None},
    Module: {"kind": "stored", "model_label": ""},
    OutgoingEmail: {"state": "pending"},
    Preference: {"user_id": 1, "theme": "dark", "density": "compact"},
    Redrive: {
        "start": "start",
        "version": "run",
        "status": "queued",
        "finished_at": None,
        "rate": 1,
        "most_failures": 1,
        "among": 1,
    },
    RedriveItem: {"state": "waiting", "outcome": ""},
    ReviewDecision: {"choice": "keep"},
    ReviewSchedule: {"personal": False, "person_id": None},
    Scenario: {"kind": "positive", "origin": "hand", "as_user": "", "as_role": ""},
    ScenarioResult: {"status": "passed"},
    UndoneField: {"restored": False, "why": "x"},
    Run: {
        "mode": "simulate",
        "status": "queued",
        "finished_at": None,
        "lease_token": None,
        "retry_of_id": None,
    },
    Retention: {"days": 30, "held_at": WHEN, "hold_reason": "x", "hold_until": LATER},
    Standstill: {"ends_at": LATER, "module_id": None, "workflow_id": None},
    Step: {"status": "pending", "large_id": None},
    LargeValue: {"hash": "0" * 64},
    Swept: {"kind": "runs"},
    TriggerSource: {"kind": "api"},
    RunUndo: {"takes_back_id": None},
    Consent: {"state": "asked", "given_by_id": None},
    ModePolicy: {
        "rule": "simulate_only",
        "ends_at": LATER,
        "min_events": None,
        "min_hours": None,
        "min_agreement": None,
    },
    Promotion: {"way": "gate"},
    Workflow: {"mode": "simulate", "active_version_id": None, "promotion_id": None},
}
"""Columns of which not every value will do."""

ASKS = {"rule": "shadow", "min_events": 1, "min_hours": 1, "min_agreement": 95}

BROKEN: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("activation_single_row", {"id": 2}),
    ("alert_kind_known", {"kind": "mood"}),
    ("alert_phase_says_when", {"phase": "asleep"}),
    ("alert_phase_says_when", {"phase": "pending"}),
    ("alert_phase_says_when", {"phase": "raised", "raised_at": None}),
    ("alert_phase_says_when", {"phase": "raised", "resolved_at": WHEN}),
    ("alert_phase_says_when", {"phase": "resolved", "resolved_at": None}),
    ("alertrule_kind_known", {"kind": "mood"}),
    ("alertrule_clears_below", {"raise_at": 2, "clear_at": 2}),
    ("alertrule_clears_below", {"raise_at": 2, "clear_at": -1}),
    ("alertrule_one_scope", {"workflow_id": 1, "team": "ops"}),
    ("alertrule_of_everything", {"kind": "queue_lag", "workflow_id": 1}),
    ("alertrule_of_everything", {"kind": "queue_lag", "workflow_id": None, "team": "ops"}),
    ("alertrule_can_break", {"kind": "silence", "breaks": True}),
    ("alertrule_fallback_of_all", {"fallback": True, "workflow_id": 1}),
    ("alertrule_fallback_of_all", {"fallback": True, "workflow_id": None, "enabled": False}),
    ("alertrule_fallback_of_all", {"fallback": True, "workflow_id": None, "kind": "silence"}),
    ("breaker_closed_says_when", {"state": "closed", "closed_at": None}),
    ("breaker_closed_says_when", {"state": "half_open", "closed_at": WHEN}),
    ("breaker_closed_says_when", {"state": "ajar"}),
    ("apitoken_scope_known", {"scope": "all"}),
    ("approval_state_known", {"state": "asleep", "ended_at": WHEN}),
    ("approval_ended_when_terminal", {"state": "pending", "ended_at": WHEN}),
    ("approval_ended_when_terminal", {"state": "approved", "ended_at": None}),
    ("approval_ended_when_terminal", {"state": "cancelled", "ended_at": None}),
    ("approval_of_reach_says_how_far", {"kind": "step", "reach": "{}"}),
    ("approval_of_reach_says_how_far", {"kind": "step", "hold_id": 1}),
    ("approval_of_reach_says_how_far", {"kind": "blast_radius", "reach": None, "hold_id": 1}),
    ("approval_of_reach_says_how_far", {"kind": "mood"}),
    ("approval_verdict_known", {"verdict": "perhaps"}),
    ("backtest_status_known", {"status": "asleep", "finished_at": WHEN}),
    ("backtest_looks_at_some_time", {"since": WHEN, "until": WHEN}),
    ("backtest_looks_at_some_time", {"since": LATER, "until": WHEN}),
    ("backtest_finished_when_terminal", {"status": "queued", "finished_at": WHEN}),
    ("backtest_finished_when_terminal", {"status": "running", "finished_at": WHEN}),
    ("backtest_finished_when_terminal", {"status": "succeeded", "finished_at": None}),
    ("backtest_finished_when_terminal", {"status": "failed", "finished_at": None}),
    ("backtest_finished_when_terminal", {"status": "cancelled", "finished_at": None}),
    ("backtest_counts_each_event_once", {"looked_at": 4}),
    ("backtest_counts_each_event_once", {"looked_at": 6}),
    ("backtest_shadow_has_a_live_version", {"is_shadow": True, "against_id": None}),
    ("backtest_shadow_has_a_live_version", {"ended_why": "Somebody stopped it."}),
    ("backtestdifference_kind_known", {"kind": "same"}),
    ("checkpoint_occasion_known", {"occasion": "lunch"}),
    ("deadletter_state_known", {"state": "asleep"}),
    ("triage_state_known", {"state": "asleep", "fixed_in_id": None}),
    ("triage_version_when_fixed", {"state": "new", "fixed_in_id": 1}),
    ("decision_outcome_known", {"outcome": "perhaps"}),
    ("email_state_known", {"state": "asleep"}),
    ("event_state_known", {"state": "asleep"}),
    ("event_value_in_one_place", {"large_id": "0" * 64}),
    ("event_value_in_one_place", {"snapshot": None}),
    ("largevalue_hash_sound", {"hash": "0" * 63}),
    ("largevalue_hash_sound", {"hash": "G" * 64}),
    ("hold_bound_known", {"bound": "night"}),
    ("hold_state_known", {"state": "asleep", "ended_at": WHEN}),
    ("hold_firing_is_named", {"bound": "firing", "firing": ""}),
    ("hold_firing_is_named", {"bound": "share", "firing": ""}),
    ("hold_firing_is_named", {"bound": "hour", "firing": "x"}),
    ("hold_ended_when_decided", {"state": "pending", "ended_at": WHEN}),
    ("hold_ended_when_decided", {"state": "released", "ended_at": None}),
    ("hold_ended_when_decided", {"state": "rejected", "ended_at": None}),
    ("hold_ended_when_decided", {"state": "expired", "ended_at": None}),
    ("place_counts_from_one", {"number": 0}),
    ("module_native_names_its_model", {"kind": "stored", "model_label": "demo.Order"}),
    ("module_native_names_its_model", {"kind": "native", "model_label": ""}),
    ("module_native_names_its_model", {"kind": "imagined", "model_label": ""}),
    ("consent_state_known", {"state": "asleep"}),
    ("consent_of_somebody_else", {"given_by_id": 1, "asked_by_id": 1}),
    ("consent_given_by_somebody", {"state": "given", "given_at": None}),
    ("consent_given_by_somebody", {"state": "given", "given_by_name": ""}),
    ("modepolicy_rule_known", {"rule": "anarchy"}),
    ("modepolicy_ends_after_it_began", {"ends_at": WHEN}),
    ("modepolicy_shadow_says_how_much", {"rule": "shadow"}),
    ("modepolicy_shadow_says_how_much", {**ASKS, "min_events": 0}),
    ("modepolicy_shadow_says_how_much", {**ASKS, "min_agreement": 101}),
    ("modepolicy_shadow_says_how_much", {"min_events": 1}),
    ("preference_theme_known", {"theme": "loud"}),
    ("preference_density_known", {"density": "airy"}),
    ("promotion_way_known", {"way": "by_night"}),
    ("promotion_glass_broken_with_reason", {"way": "break_glass", "reason": "Hurry!"}),
    ("policyuse_version_pins", {"version_id": None, "revision": 1}),
    ("policyuse_version_pins", {"version_id": 1, "revision": None}),
    ("backfill_status_known", {"status": "asleep", "finished_at": WHEN}),
    ("backfill_finished_when_ended", {"status": "running", "finished_at": WHEN}),
    ("backfill_finished_when_ended", {"status": "done", "finished_at": None}),
    ("backfill_has_a_window", {"until": WHEN}),
    ("backfill_makes_up_for_something", {"slots": False, "events": False}),
    ("backfill_has_a_rate", {"rate": 0}),
    ("backfill_mode_known", {"mode": "half"}),
    ("backfillitem_is_something", {"event_id": None}),
    ("backfillitem_state_known", {"state": "asleep"}),
    ("backfillitem_answer_known", {"answer": "perhaps"}),
    ("backfillitem_outcome_known", {"outcome": "perhaps"}),
    ("redrive_status_known", {"status": "asleep", "finished_at": WHEN}),
    ("redrive_finished_when_ended", {"status": "running", "finished_at": WHEN}),
    ("redrive_finished_when_ended", {"status": "stopped", "finished_at": None}),
    ("redrive_way_known", {"start": "middle"}),
    ("redrive_way_known", {"version": "last"}),
    ("redrive_bounds_sound", {"rate": 0}),
    ("redrive_bounds_sound", {"most_failures": 2, "among": 1}),
    ("redriveitem_state_known", {"state": "asleep"}),
    ("redriveitem_outcome_known", {"outcome": "perhaps"}),
    ("keptreview_of_a_week_that_is_over", {"made_at": WHEN, "ends_at": LATER}),
    ("reviewdecision_choice_known", {"choice": "never"}),
    ("reviewschedule_weekday_known", {"weekday": 7}),
    ("reviewschedule_hour_known", {"hour": 24}),
    ("reviewschedule_person_of_personal", {"personal": False, "person_id": 1}),
    ("retention_days_enough", {"days": 29}),
    ("retention_hold_says_why", {"hold_reason": ""}),
    ("retention_hold_says_why", {"held_at": None, "hold_reason": "x", "hold_until": None}),
    ("retention_hold_says_why", {"held_at": None, "hold_reason": "", "hold_until": LATER}),
    ("run_mode_known", {"mode": "half"}),
    ("run_status_known", {"status": "asleep", "finished_at": WHEN}),
    ("run_status_known", {"status": "", "finished_at": WHEN}),
    ("run_finished_when_terminal", {"status": "queued", "finished_at": WHEN}),
    ("run_finished_when_terminal", {"status": "waiting", "finished_at": WHEN}),
    ("run_finished_when_terminal", {"status": "succeeded", "finished_at": None}),
    ("run_finished_when_terminal", {"status": "failed", "finished_at": None}),
    ("run_finished_when_terminal", {"status": "cancelled", "finished_at": None}),
    ("run_running_holds_lease", {"status": "running", "lease_token": None}),
    ("standstill_ends_after_it_starts", {"starts_at": LATER, "ends_at": WHEN}),
    ("standstill_ends_after_it_starts", {"starts_at": WHEN, "ends_at": WHEN}),
    ("standstill_one_scope", {"module_id": 1, "team": "support"}),
    ("standstill_one_scope", {"workflow_id": 1, "team": "support"}),
    ("standstill_one_scope", {"module_id": 1, "workflow_id": 1}),
    ("step_status_known", {"status": "asleep"}),
    ("step_output_in_one_place", {"large_id": "0" * 64}),
    ("swept_kind_known", {"kind": "dust"}),
    ("triggersource_kind_known", {"kind": "dream"}),
    ("runundo_not_of_itself", {"id": 7, "takes_back_id": 7}),
    ("undonefield_left_says_why", {"restored": False, "why": ""}),
    ("undonefield_left_says_why", {"restored": True, "why": "x"}),
    ("scenario_kind_known", {"kind": "neutral"}),
    ("scenario_origin_known", {"origin": "dream"}),
    ("scenario_as_one", {"as_user": "alice", "as_role": "Admin"}),
    ("scenarioresult_status_known", {"status": "asleep"}),
    ("workflow_executes_only_a_version", {"mode": "execute", "active_version_id": None, "promotion_id": 1}),
    ("workflow_mode_known", {"mode": "half", "active_version_id": 1, "promotion_id": 1}),
    ("workflow_executes_only_what_was_promoted", {"mode": "execute", "active_version_id": 1}),
    ("workflow_executes_only_what_was_promoted", {"mode": "simulate", "promotion_id": 1}),
)
"""What each check refuses."""

TWICE: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "alertrule_one_fallback": ({"fallback": True, "workflow_id": None}, {}),
    "backfillitem_slot_once": ({"slot_at": WHEN, "event_id": None}, {}),
    "backtest_one_shadow": ({"is_shadow": True, "against_id": 1}, {}),
    "reviewschedule_one_a_person": ({"personal": True, "person_id": 1}, {}),
    "hold_one_hour_pending": ({"bound": "hour", "firing": ""}, {}),
    "place_held_by_one": ({}, {"run_id": 2}),
    "run_retried_once": ({"retry_of_id": 1}, {"dedupe_key": "y"}),
    "approval_asked_once": ({"state": "approved", "ended_at": WHEN}, {}),
    "approval_one_pending": ({}, {"round": 2}),
}
"""Where two rows of a kind offend several at once: columns of both, and of the second, that leave one."""

MODELS = list(apps.get_app_config("automations").get_models())


def declared(kind: type[models.BaseConstraint]) -> dict[str, tuple[type[models.Model], Any]]:
    return {
        constraint.name: (model, constraint)
        for model in MODELS
        for constraint in model._meta.constraints
        if isinstance(constraint, kind)
    }


CHECKS, UNIQUES = declared(models.CheckConstraint), declared(models.UniqueConstraint)


def row_of(model: type[models.Model], **columns: Any) -> dict[str, Any]:
    """A sound row by column."""
    row = {
        field.column: TYPICAL[field.get_internal_type()]
        for field in model._meta.concrete_fields
        if not field.primary_key
    }
    return row | dict(SOUND.get(model, {})) | columns


def insert(model: type[models.Model], row: Mapping[str, Any]) -> None:
    columns = ", ".join(map(connection.ops.quote_name, row))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({columns})"  # noqa: S608 - names of our own columns
            f" VALUES ({', '.join(['%s'] * len(row))})",
            list(row.values()),
        )


def refused_by(model: type[models.Model], *rows: Mapping[str, Any]) -> str | None:
    """The name of the constraint that refuses the last of these rows."""
    with transaction.atomic():
        for row in rows[:-1]:
            insert(model, row)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            insert(model, rows[-1])
        transaction.set_rollback(True)
    cause = refused.value.__cause__
    assert isinstance(cause, psycopg.Error)
    return cause.diag.constraint_name


def other(field: models.Field[Any, Any], value: Any) -> Any:
    """Another value for a column."""
    if field.choices:
        return next(choice for choice, _ in field.choices if choice != value)
    values: dict[type, Any] = {str: "y", int: 2, bool: False}
    typical = TYPICAL[field.get_internal_type()]
    return "2027-01-01T00:00:00Z" if typical == WHEN else values[type(typical)]


def test_every_check_of_the_models_is_tried() -> None:
    assert {name for name, _ in BROKEN} == set(CHECKS)


@pytest.mark.parametrize(("name", "columns"), BROKEN)
def test_a_check_refuses_what_it_is_named_for(name: str, columns: Mapping[str, Any]) -> None:
    model, _ = CHECKS[name]
    assert refused_by(model, row_of(model, **columns)) == name


CHOICES = [
    pytest.param(model, field.column, id=f"{model.__name__}.{field.name}")
    for model in MODELS
    for field in model._meta.concrete_fields
    if field.choices
]


@pytest.mark.parametrize(("model", "column"), CHOICES)
def test_no_column_of_choices_takes_a_value_that_is_none_of_them(
    model: type[models.Model], column: str
) -> None:
    assert refused_by(model, row_of(model, **{column: "zz"})) in CHECKS


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Approval, {"kind": "blast_radius", "reach": "{}", "hold_id": 1}),
        (Backtest, {"status": "succeeded", "finished_at": WHEN}),
        (Backtest, {"is_shadow": True, "against_id": 1, "ended_why": "Somebody stopped it."}),
        (Hold, {"bound": "hour", "firing": ""}),
        (Hold, {"state": "released", "ended_at": WHEN}),
        (Module, {"kind": "native", "model_label": "demo.Order"}),
        (RunUndo, {"id": 7, "takes_back_id": 6}),
        (UndoneField, {"restored": True, "why": ""}),
        (Run, {"status": "waiting"}),
        (Run, {"status": "running", "lease_token": str(uuid.uuid4())}),
        (Run, {"status": "succeeded", "finished_at": WHEN}),
        (Workflow, {"mode": "execute", "active_version_id": 1, "promotion_id": 1}),
        (Promotion, {"way": "break_glass", "reason": "It can't wait"}),
    ],
)
def test_a_check_takes_what_is_sound(model: type[models.Model], columns: Mapping[str, Any]) -> None:
    before = model.objects.count()
    with transaction.atomic():
        insert(model, row_of(model, **columns))
        assert model.objects.count() == before + 1
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", UNIQUES)
def test_the_second_of_what_is_unique_is_refused_by_its_name(name: str) -> None:
    model, constraint = UNIQUES[name]
    both, second = TWICE.get(name, ({}, {}))
    row = row_of(model, **both)
    assert refused_by(model, row, row | dict(second)) == name
    for field in constraint.fields:
        with transaction.atomic():
            insert(model, row)
            column = model._meta.get_field(field).column
            insert(model, row | dict(second) | {column: other(model._meta.get_field(field), row[column])})
            transaction.set_rollback(True)


def test_events_without_an_idempotency_key_are_never_the_same() -> None:
    with transaction.atomic():
        for _ in range(2):
            insert(Event, row_of(Event, idempotency_key=None))
        assert Event.objects.filter(idempotency_key=None).count() == 2
        transaction.set_rollback(True)


def test_every_constraint_in_the_database_is_one_that_a_model_names_or_a_field_implies() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, contype::text, conname, (SELECT array_agg(attname ORDER BY attname)"
            " FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey))"
            " FROM pg_constraint WHERE contype IN ('c', 'u') AND convalidated"
        )
        there = {(table, name): (kind, columns) for table, kind, name, columns in cursor.fetchall()}
    for model in MODELS:
        table = model._meta.db_table
        found = {name: what for (of, name), what in there.items() if of == table}
        # One with a condition is an index in the database; that it refuses is tried above.
        named = {
            one.name
            for one in model._meta.constraints
            if not getattr(one, "condition", None) or isinstance(one, models.CheckConstraint)
        }
        implied = {("u", field.column) for field in model._meta.concrete_fields if field.unique}
        implied |= {
            ("c", field.column)
            for field in model._meta.concrete_fields
            if field.get_internal_type().startswith("Positive")
        }
        implied -= {("u", model._meta.pk.column)}
        assert named <= set(found)
        assert {(kind, columns[0]) for name, (kind, columns) in found.items() if name not in named} == implied
