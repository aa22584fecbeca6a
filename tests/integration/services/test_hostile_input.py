"""Whatever a service is handed, it answers with the place and the fault, or does its work; never with half of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from automations.errors import InvalidError, NotFoundError
from automations.models import Workflow
from automations.services import records, releases, run_tests, runs, versions
from automations.services.run_tests import RunTestRequest
from automations.services.runs import MAX_RECORDS
from automations.testing import make_workflow

from .calls import BY_NAME, CALLS, Call, Reads
from .world import RULE, World, contents, document

pytestmark = pytest.mark.django_db

HUGE = "x" * 1_000_000
TEXTS: tuple[Any, ...] = ("a\0b", "a\ud800b", HUGE, 7, ["a"], {"a": 1})
DEEP: Any = 1
for _ in range(5_000):
    DEEP = [DEEP]

STORED = {
    "action",
    "answer",
    "as_role",
    "as_user",
    "choice",
    "description",
    "digest",
    "idempotency_key",
    "key",
    "kind",
    "mode",
    "name",
    "note",
    "occasion",
    "origin",
    "plan_hash",
    "question",
    "reason",
    "record_key",
    "scope",
    "state",
    "status_field",
    "team",
    "text",
    "title_field",
    "verdict",
    "zone",
}
"""Arguments that end as a text in a row."""

SOUGHT = {
    ("records.update_record", "key"),
    ("records.comment_record", "key"),
    ("runs.start_run", "record_key"),
}
"""Texts that name a thing instead: of those that can't be stored there is none."""

STRUCTURED: Mapping[str, tuple[tuple[Any, str], ...]] = {
    "raise_at": (
        ("3", "raise_at"),
        (0, "raise_at"),
        (True, "raise_at"),
        (math.nan, "raise_at"),
        (math.inf, "raise_at"),
        (10**30, "raise_at"),
    ),
    "alerts.change_rule changes": (
        ("text", "changes"),
        ([], "changes"),
        ({"name": " "}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"raise_at": None}, "raise_at"),
        ({"clear_at": 2}, "clear_at"),
        ({"window_seconds": 1.5}, "window_seconds"),
        ({"least": 0}, "least"),
        ({"retry_minutes": "x"}, "retry_minutes"),
        ({"breaks": "no"}, "breaks"),
        ({"enabled": None}, "enabled"),
        ({"tell_owner": 7}, "tell_owner"),
        ({"workflow": None}, "workflow"),
        ({"fallback": True}, "fallback"),
    ),
    "weekday": (("1", "weekday"), (7, "weekday"), (-1, "weekday"), (True, "weekday"), (1.5, "weekday")),
    "hour": (("1", "hour"), (24, "hour"), (None, "hour"), (10**30, "hour")),
    "reviews.change_schedule changes": (
        ("text", "changes"),
        ([], "changes"),
        ({"zone": None}, "zone"),
        ({"zone": "a\0b"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"weekday": 7}, "weekday"),
        ({"hour": "8"}, "hour"),
        ({"enabled": "no"}, "enabled"),
        ({"team": "Desk"}, "team"),
        ({"person_id": 1}, "person_id"),
    ),
    "edit": (
        ("text", "edit"),
        ([], "edit"),
        ({}, "edit"),
        ({"set": DEEP}, "edit"),
        ({"set": {"team": "a\0b"}}, "edit"),
        ({"set": {"owner__password": 1}}, "edit.set.owner__password"),
        ({"set": {HUGE: 1}}, "edit.set"),
        ({"remove": ["team", 7]}, "edit.remove[1]"),
        ({"sql": "x"}, "edit.sql"),
    ),
    "asked": (("text", "asked"), ([], "asked"), ({"a": "a\0b"}, "asked"), ({"a": DEEP}, "asked")),
    "answers": (("text", "answers"), ([], "answers"), ({"a": "a\0b"}, "answers"), ({"a": DEEP}, "answers")),
    "changes": (
        ("text", "changes"),
        ({"team": "a\0b"}, "team"),
        ({"team": "x" * 81}, "team"),
        ({"name": " "}, "name"),
        ({"owner": "alice"}, "owner"),
        ({"run_as": 7}, "run_as"),
        ({"mode": "execute"}, "mode"),
        ({"owner__password": "x"}, "owner__password"),
        ({"runbook_url": "javascript:alert(1)"}, "runbook_url"),
        ({"zone": None}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"limits": [1]}, "limits"),
        ({"limits": {"blast_radius": 0}}, "limits.blast_radius"),
        ({"retry": [1]}, "retry"),
        ({"retry": {"max_attempts": 0}}, "retry.max_attempts"),
        ({"retry": {"sql": "x"}}, "retry.sql"),
        ({"limits": {"at_once": 1_001}}, "limits.at_once"),
        ({"limits": {"at_once": 1, "at_once_per": "event.a; DROP"}}, "limits.at_once_per"),
        ({"limits": {"at_once": 1, "at_once_per": ["event.record"]}}, "limits.at_once_per"),
        ({"limits": {"at_once": 1, "when_full": {"a": DEEP}}}, "limits.when_full"),
        ({"limits": {"when_full": "skip"}}, "limits.when_full"),
    ),
    "policies.update_policy changes": (
        ("text", "changes"),
        ([], "changes"),
        ({"name": " "}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"description": "a\0b"}, "description"),
        ({"description": None}, "description"),
        ({"owner": "alice"}, "owner"),
        ({"owner": 7}, "owner"),
        ({"key": "other"}, "key"),
        ({HUGE: 1}, HUGE),
        ({"owner__password": "x"}, "owner__password"),
    ),
    "preferences.change_preference changes": (
        ("text", "changes"),
        ({"theme": "pink"}, "theme"),
        ({"theme": 7}, "theme"),
        ({"density": "a\0b"}, "density"),
        ({"single_keys": "no"}, "single_keys"),
        ({"first_steps": {}}, "first_steps"),
        ({"user_id": 1}, "user_id"),
    ),
    "contract": (
        ("text", "contract"),
        ([], "contract"),
        ({"title": "a\0b"}, "contract"),
        ({"minimum": math.nan}, "contract"),
        ({"default": DEEP}, "contract"),
        ({"type": "nothing"}, "contract.type"),
        ({"properties": {"a": {"$ref": "http://localhost/"}}}, "contract.properties.a.$ref"),
    ),
    "expected": (
        ("text", "expected"),
        ([], "expected"),
        ({"outcome": "a\0b"}, "expected"),
        ({"outcome": DEEP}, "expected"),
        ({"outcome": "happy"}, "expected.outcome"),
        ({"path": {"c1": "true"}}, "expected.path.c1"),
        ({"effects": [{"node": "a1"}]}, "expected.effects[0].kind"),
        ({"effects": [{"kind": "x", "changes": [{"field": 7}]}]}, "expected.effects[0].changes[0].field"),
        ({"fires": True}, "expected.fires"),
        ({"fields": {"title": HUGE}}, "expected"),
    ),
    "given": (
        ("text", "given"),
        (None, "given"),
        ({"input": {"a": "a\0b"}}, "given"),
        ({"input": DEEP}, "given"),
        ({"input": {"a": ["x" * 60_000] * 4}}, "given"),
        ({"owner__password": 1}, "given.owner__password"),
        ({"record": {"key": "T1"}}, "given.record.module"),
        ({"record": {"module": "gone", "key": "T1", "values": {}}}, "given.record.module"),
        (
            {"record": {"module": "tickets", "key": "T1", "values": {"amount": "much"}}},
            "given.record.values.amount",
        ),
        ({"event": {"before": "x"}}, "given.event.before"),
        ({"event": {"changed": [7]}}, "given.event.changed[0]"),
        ({"answers": {"p1": "perhaps"}}, "given.answers.p1"),
    ),
    "scenarios.edit_scenario changes": (
        ("text", "changes"),
        ({"workflow_id": 1}, "workflow_id"),
        ({"name": " "}, "name"),
        ({"kind": "neutral"}, "kind"),
        ({"at": "2026-03-29"}, "at"),
        ({"as_user": "alice", "as_role": "Admin"}, "as_role"),
        ({"given": []}, "given"),
    ),
    "data": (
        ("text", "data"),
        ([], "data"),
        (None, "data"),
        ({"a": "a\0b"}, "data"),
        ({"a\ud800b": 1}, "data"),
        ({"a": math.inf}, "data"),
        ({"a": DEEP}, "data"),
    ),
    "backtests.start_backtest days": (
        (0, "days"),
        (367, "days"),
        (10**30, "days"),
        ("7", "days"),
        (math.nan, "days"),
        (True, "days"),
    ),
    "backtests.start_shadow days": (
        (0, "days"),
        (91, "days"),
        (10**30, "days"),
        ("7", "days"),
        (math.nan, "days"),
        (True, "days"),
    ),
    "retention.set_retention days": (
        (0, "days"),
        (29, "days"),
        (36_501, "days"),
        (10**30, "days"),
        ("90", "days"),
        (math.nan, "days"),
        (True, "days"),
    ),
    "days": ((0, "days"), (366, "days"), (10**30, "days"), ("7", "days"), (math.nan, "days"), (True, "days")),
    "document": (
        ("text", ""),
        ({"nodes": 7}, "nodes"),
        (document("a\0b"), "nodes[1].config"),
        ({**document("x"), "layout": "text"}, "layout"),
    ),
    "fields": (
        ("text", "fields"),
        ([7], "fields[0]"),
        ([{"key": "a\0b", "type": "text"}], "fields[0].key"),
        ([{"key": "a", "type": "text", "label": "a\0b"}], "fields[0].label"),
        ([{"key": "a", "type": "text", "help": "a\ud800b"}], "fields[0].help"),
        ([{"key": "a", "type": "choice", "choices": ["a\0b"]}], "fields[0].choices"),
        ([{"key": "a", "type": "choice", "choices": [HUGE]}], "fields[0].choices"),
    ),
    "record_keys": (
        ("T1", "records"),
        (7, "records"),
        ({"T1": 1}, "records"),
        ([], "records"),
        ([f"T{number}" for number in range(MAX_RECORDS + 1)], "records"),
        (["T1", 7], "records[1]"),
        ([["T1"]], "records[0]"),
        (["a\0b"], "records[0]"),
        (["a\ud800b"], "records[0]"),
        ([HUGE], "records[0]"),
    ),
    "rights": (
        ("text", "rights"),
        (7, "rights"),
        ({"run": True}, "rights"),
        ([], "rights"),
        (["run", "everything"], "rights[1]"),
        ([7], "rights[0]"),
        ([["run"]], "rights[0]"),
        (["a\0b"], "rights[0]"),
        ([HUGE], "rights[0]"),
    ),
    "role": ((7, "role"), (["Admin"], "role"), ({"a": 1}, "role"), ("Emperor", "role"), ("a\0b", "role")),
    "rule": (
        ("text", "rule"),
        ({**RULE, "value": math.nan}, "rule.value"),
        ({"field": "title", "op": "eq", "value": "a\0b"}, "rule.value"),
        ({"field": "owner__password", "op": "eq", "value": "x"}, "rule.field"),
    ),
    "mode_policies.set_mode_policy rule": (
        (7, "rule"),
        ("a\0b", "rule"),
        ("anarchy", "rule"),
    ),
    "workflows.update_workflow seen": (
        (7, "seen"),
        ("name", "seen"),
        ({"mode": "simulate"}, "seen.mode"),
        ({HUGE: 1}, f"seen.{HUGE[:63]}"),
    ),
    "seen": (
        (7, "seen"),
        (["a"], "seen"),
        ({"a": 1}, "seen"),
        ("a\0b", "seen"),
        ("a\ud800b:x:y", "seen"),
        (HUGE, "seen"),
    ),
    "transitions": (
        ("text", "transitions"),
        ({"open": 7}, "transitions"),
        ({"open": "closed"}, "transitions"),
        ({"open": [{}]}, "transitions"),
        ({"open": ["a\0b"]}, "transitions.open"),
    ),
    "user_input": (("text", "input"), ([], "input"), ({"a": "a\0b"}, "input"), ({"a": DEEP}, "input")),
    "values": (
        ("text", "values"),
        (None, "values"),
        ({"title": "a\0b"}, "title"),
        ({"title": HUGE}, "title"),
        ({"title": {"a": 1}}, "title"),
        ({"amount": "much"}, "amount"),
        ({"state": "gone"}, "state"),
        ({"extra": {"a": math.nan}}, "extra"),
        ({"extra": DEEP}, "extra"),
        ({"a\0b": 1}, "a\0b"),
        ({"owner__password": 1}, "owner__password"),
    ),
}
"""What is wrong with arguments that have a form of their own, and the path of the problem."""

GIVEN = {
    "actor",
    "alert",
    "alert_rule",
    "approval",
    "at",
    "backfill",
    "backtest",
    "by_link",
    "candidates",
    "checklist",
    "definition",
    "draft",
    "ends_at",
    "expected_version",
    "file",
    "fixed_in",
    "gate",
    "holder",
    "letters",
    "mail",
    "mapping",
    "module",
    "notification",
    "now",
    "number",
    "obj",
    "person",
    "policy",
    "press",
    "promotion",
    "readers",
    "receiver",
    "redrive",
    "review",
    "revision",
    "rows",
    "run",
    "runs",
    "scenario",
    "schedule",
    "session",
    "source",
    "standstill",
    "target",
    "thing",
    "token",
    "triage",
    "undo",
    "until",
    "user",
    "version",
    "watch",
    "week",
    "window",
    "workflow",
}
"""What only code of ours hands over: rows, people, functions, moments and numbers, looked up or parsed before."""

CHANGING = [call for call in CALLS if not isinstance(call.leaves, Reads)]


def hostile(call: Call, name: str) -> list[tuple[Any, str]]:
    """The values that this argument must be refused for, each with the path of its problem."""
    for key in (f"{call.name} {name}", name):
        if key in STRUCTURED:
            return list(STRUCTURED[key])
    return [(value, name) for value in TEXTS]


def tried(call: Call, arguments: Mapping[str, Any]) -> list[str]:
    return [name for name in arguments if name not in GIVEN and (call.name, name) not in SOUGHT]


@pytest.mark.parametrize("call", CHANGING, ids=lambda call: call.name)
def test_hostile_arguments_are_refused_by_their_path_and_change_nothing(call: Call, world: World) -> None:
    arguments = dict(call.arguments(world))
    if call.name == "runs.start_run":
        arguments["user_input"] = {"a": 1}
    if call.name == "shares.share_object":
        arguments["role"] = ""
    names = tried(call, arguments)
    assert set(names) <= {*STORED, *STRUCTURED}
    before = contents()
    for name in names:
        for value, path in hostile(call, name):
            with pytest.raises(InvalidError) as refused:
                call.service(**{**arguments, name: value})
            problems = refused.value.problems
            assert path in [problem.path for problem in problems], (name, repr(value)[:60], problems)
            assert all(problem.message and problem.hint for problem in problems)
            assert max(len(problem.message) for problem in problems) < 500
        assert contents() == before, name
    call.service(**arguments)  # so that it was the hostile value, and nothing else, that was refused


def test_what_can_not_be_named_is_not_found(world: World) -> None:
    for service, name in sorted(SOUGHT):
        arguments = dict(BY_NAME[service].arguments(world))
        before = contents()
        for value in ("a\0b", "a\ud800b", HUGE, 7, "M1"):
            with pytest.raises((NotFoundError, InvalidError)):
                BY_NAME[service].service(**{**arguments, name: value})
        assert contents() == before


FOREIGN: Mapping[str, Callable[[World, Workflow], Any]] = {
    "a version of another workflow, to roll back to": lambda w, other: releases.rollback_workflow(
        workflow=other, number=2, reason="", actor=w.alice
    ),
    "a version of another workflow, to read": lambda w, other: versions.load_definition(other, 2),
    "a record of another module, to change": lambda w, _: records.update_record(
        module=w.tickets, key="M1", values={"title": "x"}, actor=w.bob
    ),
    "a record of another module, to comment": lambda w, _: records.comment_record(
        module=w.tickets, key="M1", text="x", actor=w.bob
    ),
    "a record of another module, to start on": lambda w, _: runs.start_run(
        workflow=w.workflow, actor=w.bob, record_key="M1"
    ),
    "a record of another module, to rehearse": lambda w, _: run_tests.run_test(
        workflow=w.workflow, request=RunTestRequest(record="M1")
    ),
    "a trigger that the workflow lacks": lambda w, _: run_tests.run_test(
        workflow=w.workflow, request=RunTestRequest(record="T1", trigger="t9")
    ),
    "a version by no number": lambda w, _: versions.load_definition(w.workflow, "1; DROP TABLE"),
}


def test_what_belongs_elsewhere_is_not_found(world: World) -> None:
    other = make_workflow("other", document("Other"), owner=world.bob)
    for what, ask in FOREIGN.items():
        before = contents()
        with pytest.raises(NotFoundError):
            ask(world, other)
        assert contents() == before, what
