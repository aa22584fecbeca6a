"""run-test: what a draft or version would do, on an event, on records named, or on the live records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from automations.engine.documents import Definition
from automations.engine.errors import Problem
from automations.engine.rules import Scope, compile_rule
from automations.errors import NotFoundError
from automations.models import Event, Scenario, Workflow
from automations.modules.adapter import RecordState, adapter_for
from automations.runtime.foresight import described
from automations.runtime.nearest import nearest_to
from automations.runtime.rehearsal import Rehearsal, Rehearsed
from automations.services.identities import publisher_of
from automations.services.scenario_runs import identity_of, walk_given
from automations.services.versions import load_definition, require_valid

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


@dataclass(frozen=True, slots=True)
class RunTestRequest:
    """What to rehearse: a `version` ("draft" or its number) on one of `event`, `past_event`,
    `scenario`, `record`, `records`.

    `past_event` is one that was accepted: rules see what they saw then, conditions and actions the record as it is now.
    `scenario` gives what it was given, its own moment and whom it acts as.
    `records` is "live" (what the trigger selects now) or a list of record keys. `at` stands in for now.
    """

    version: str | int = "draft"
    trigger: str = ""
    event: Mapping[str, Any] | None = None
    past_event: Event | None = None
    scenario: Scenario | None = None
    record: str = ""
    records: str | Sequence[str] | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    limit: int = DEFAULT_LIMIT
    at: datetime | None = None


def run_test(*, workflow: Workflow, request: RunTestRequest, actor: Any = None) -> dict[str, Any]:
    """Rehearse and describe; nothing is written. Where the workflow runs as nobody the actor stands for the draft.

    Returns {"run": null, "mode": "simulate", "matched", "decision", "candidates", "logs", "problems"}; see
    `docs/reference/api.md`. Raises InvalidError with all problems when the definition does not validate, and
    NotFoundError for a version, trigger or record that is not there.
    """
    definition = load_definition(workflow, request.version)
    problems = require_valid(workflow, definition)
    if request.scenario is not None:
        return _whole(_on_scenario(workflow, definition, request, actor), problems)
    rehearsal = Rehearsal(
        workflow=workflow,
        definition=definition,
        trigger=_trigger(definition, request.trigger),
        now=request.at or timezone.now(),
        publisher=publisher_of(workflow, request.version, actor),
    )
    limit = max(1, min(request.limit, MAX_LIMIT))
    if request.past_event is not None:
        answer = _on_event(rehearsal, replace(request, event=request.past_event.value))
    elif request.event is not None:
        answer = _on_event(rehearsal, request)
    elif request.record:
        answer = _on_records(rehearsal, [request.record], request, limit)
    elif isinstance(request.records, Sequence) and not isinstance(request.records, str):
        answer = _on_records(rehearsal, list(request.records), request, limit)
    else:
        answer = _on_live(rehearsal, request, limit)
    return _whole(answer, problems)


def _whole(answer: Mapping[str, Any], problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "run": None,
        "mode": "simulate",
        **answer,
        "problems": [problem.to_json() for problem in problems],
    }


def _on_scenario(
    workflow: Workflow, definition: Definition, request: RunTestRequest, actor: Any
) -> dict[str, Any]:
    scenario = request.scenario
    assert scenario is not None
    walked = walk_given(
        workflow=workflow,
        definition=definition,
        given=scenario.given,
        at=scenario.at,
        identity=identity_of(scenario.as_user, scenario.as_role),
        publisher=publisher_of(workflow, request.version, actor),
    )
    return _answer([walked], 1, [])


def _trigger(definition: Definition, wanted: str) -> str:
    triggers = [node.id for node in definition.nodes if node.family == "trigger"]
    if wanted and wanted not in triggers:
        raise NotFoundError(f"There is no trigger “{wanted}”; there are {', '.join(triggers)}.")
    return wanted or triggers[0]


def _on_event(rehearsal: Rehearsal, request: RunTestRequest) -> dict[str, Any]:
    event = dict(request.event or {})
    key = str(event.get("record") or "")
    state = _records(rehearsal, [key])[0] if key and rehearsal.module is not None else None
    event = {"id": 0, "data": {}, "before": None, "changed": [], "actor": None, **event}
    event.setdefault("after", dict(state.values) if state is not None else None)
    event.setdefault("type", rehearsal.trigger.type.partition(".")[2])
    return _answer([rehearsal.walk_event(event, state, request.input)], 1, [])


def _on_records(rehearsal: Rehearsal, keys: list[str], request: RunTestRequest, limit: int) -> dict[str, Any]:
    states = _records(rehearsal, keys[:limit])
    return _answer(rehearsal.walk_records(states, request.input), len(keys), [])


def _on_live(rehearsal: Rehearsal, request: RunTestRequest, limit: int) -> dict[str, Any]:
    if rehearsal.module is None:
        event: dict[str, Any] = {"type": rehearsal.trigger.type.partition(".")[2], "after": None, "data": {}}
        return _answer(
            [rehearsal.walk_event({"id": 0, "before": None, "changed": [], **event}, None, request.input)],
            1,
            [],
        )
    adapter = adapter_for(rehearsal.module)
    rule = rehearsal.selection()
    selected, second_pass = rehearsal.select(rule)
    if second_pass:
        states = _second_pass(rehearsal, rule, adapter.iterate(selected))
        total = len(states)
        shown = states[:limit]
    else:
        total = selected.count()
        shown = adapter.page(selected, limit)
    branches = []
    for node, branch, branch_rule in rehearsal.branches():
        queryset, partial = rehearsal.select(branch_rule)
        count = (
            len(_second_pass(rehearsal, branch_rule, adapter.iterate(queryset)))
            if partial
            else queryset.count()
        )
        branches.append({"node": node, "branch": branch, "total": count})
    answer = _answer(rehearsal.walk_records(shown, request.input), total, branches, adapter.all().count())
    answer["candidates"]["nearest"] = nearest_to(rehearsal, rule) if total == 0 else []
    return answer


def _second_pass(rehearsal: Rehearsal, rule: Any, states: Any) -> list[RecordState]:
    """Records that a rule really selects, where SQL could only narrow them down (RE2 patterns)."""
    assert rehearsal.facts is not None
    test = compile_rule(rule, rehearsal.facts.schema, policies=rehearsal.definition.rules()).test
    return [
        state
        for state in states
        if test(
            Scope(
                record=state.values,
                event={},
                now=rehearsal.now,
                zone=rehearsal.zone,
                variables={},
                steps={},
                assume_changed=True,
            )
        )
    ]


def _records(rehearsal: Rehearsal, keys: list[str]) -> list[RecordState]:
    if rehearsal.module is None:
        raise NotFoundError("This workflow has no module, so there are no records to test on.")
    found = adapter_for(rehearsal.module).load(keys, lock=False)
    missing = [key for key in keys if key not in found]
    if missing:
        raise NotFoundError(f"{rehearsal.module.name} have no record “{missing[0]}”.")
    return [found[key] for key in keys]


def _answer(
    rehearsed: Sequence[Rehearsed], total: int, branches: list[dict[str, Any]], records: int | None = None
) -> dict[str, Any]:
    first = rehearsed[0] if rehearsed else None
    lines = [entry for entry in rehearsed if entry.worked is not None]
    logs: list[dict[str, Any]] = []
    for entry in lines:
        assert entry.worked is not None
        for at, line in entry.worked.logs:
            logs.append(
                {
                    "seq": len(logs) + 1,
                    "at": at.isoformat(),
                    "level": line.level,
                    "node": line.node,
                    "record": entry.state.key if entry.state else None,
                    "message": line.message,
                    "data": line.data,
                }
            )
    return {
        "matched": any(entry.worked is not None for entry in rehearsed),
        "decision": {"outcome": first.match.outcome, "reason": dict(first.match.reason)}
        if first
        else {"outcome": "filtered", "reason": {"why": "No record is in the trigger's scope."}},
        "candidates": {
            "total": total,
            "shown": len(lines),
            "records": records,
            "branches": branches,
            "nearest": [],
            "items": [_candidate(entry) for entry in lines],
        },
        "logs": logs,
    }


def _candidate(entry: Rehearsed) -> dict[str, Any]:
    worked = entry.worked
    assert worked is not None
    steps = worked.decision.journal.steps
    walked = [
        (node, steps[node.id])
        for node in worked.program.walk
        if node.id in steps and steps[node.id].status != "skipped"
    ]
    branch = next(
        (", ".join(s.branches) for node, s in reversed(walked) if node.type.startswith("condition.")), ""
    )
    return {
        "record": entry.state.key if entry.state else None,
        "branch": branch,
        "path": [
            {"node": node.id, "branches": [name for name in state.branches if name]} for node, state in walked
        ],
        "status": worked.decision.status.value,
        "inconclusive": worked.inconclusive,
        "actions": described(worked),
    }
