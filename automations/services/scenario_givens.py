"""What a scenario is given: copies of a record, an event or a run as they were, checked before they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from automations.engine.documents import canonical_json
from automations.engine.errors import EngineError, Problem
from automations.engine.fields import canonical
from automations.engine.program import VERDICTS
from automations.engine.schemas import check_config
from automations.errors import InvalidError, NotFoundError
from automations.models import Event, Module, Run, Scenario, Workflow
from automations.modules.adapter import adapter_for
from automations.modules.schema import facts_of
from automations.runtime.subscriptions import module_of
from automations.services.drafts import load_draft
from automations.services.texts import require_object

MAX_CHARACTERS = 200_000
"""Of what is given, and of what is expected, as JSON."""

NOTHING: Mapping[str, Any] = {"trigger": "", "event": None, "record": None, "input": {}, "answers": {}}

CALL = r"^([1-5][0-9][0-9]|timeout|connection-failed)$"
"""How a call to others ends, as a scenario says it: the status of the answer, or why there is none."""

_SHORT = {"type": "string", "maxLength": 120}
_VALUES: Mapping[str, Any] = {"type": ["object", "null"]}
GIVEN_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "trigger": {"type": "string", "maxLength": 64},
        "event": {
            "type": ["object", "null"],
            "properties": {
                "type": _SHORT,
                "module": {"type": ["string", "null"], "maxLength": 120},
                "record": {"type": ["string", "null"], "maxLength": 120},
                "data": {"type": "object"},
                "before": _VALUES,
                "after": _VALUES,
                "changed": {"type": "array", "maxItems": 500, "items": _SHORT},
            },
        },
        "record": {
            "type": ["object", "null"],
            "properties": {"module": _SHORT, "key": _SHORT, "values": {"type": "object"}},
            "required": ["module", "key", "values"],
            "additionalProperties": False,
        },
        "input": {"type": "object"},
        "answers": {"type": "object", "additionalProperties": {"type": "string", "enum": list(VERDICTS)}},
        "calls": {"type": "object", "additionalProperties": {"type": "string", "pattern": CALL}},
    },
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Given:
    """What a scenario starts from, the moment that stands in for now, and where it was taken from."""

    content: Mapping[str, Any]
    at: datetime
    origin: str = Scenario.Origin.HAND


def given_from_record(module: Module, key: str, *, at: datetime | None = None) -> Given:
    """A record as it is now. Raises NotFoundError."""
    state = adapter_for(module).load([key], lock=False).get(key)
    if state is None:
        raise NotFoundError(f"{module.name} have no record “{key[:120]}”.")
    record = {"module": module.key, "key": state.key, "values": dict(state.values)}
    return Given({"record": record}, at or timezone.now(), Scenario.Origin.RECORD)


def given_from_event(event: Event) -> Given:
    """A past event, and its record as the event left it, at the moment it happened."""
    snapshot = {name: value for name, value in event.value.items() if name != "id"}
    content: dict[str, Any] = {"event": snapshot}
    after = snapshot.get("after")
    if event.module is not None and event.record_key and isinstance(after, Mapping):
        content["record"] = {"module": event.module.key, "key": event.record_key, "values": dict(after)}
    return Given(content, event.occurred_at, Scenario.Origin.EVENT)


def given_from_run(run: Run) -> Given:
    """What a past run began with: its event, its trigger, its input and what people answered."""
    event = run.event
    if event is None:
        raise NotFoundError("The event that started this run is not kept any more.")
    verdicts = {row.node: row.state for row in run.approvals.order_by("pk") if row.state in VERDICTS}
    content = {
        **given_from_event(event).content,
        "trigger": run.trigger_node,
        "input": dict(run.input),
        "answers": verdicts,
    }
    return Given(content, event.occurred_at, Scenario.Origin.RUN)


def module_of_draft(workflow: Workflow) -> Module | None:
    """The module that the draft's triggers are about."""
    return module_of(load_draft(workflow).definition)


def checked_given(raw: object) -> dict[str, Any]:
    """What is given, whole and canonical. Raises InvalidError with every problem: a wrong shape, a module that is not
    there, values that its fields can't hold. Fields that the module does not have are kept: it may have had them."""
    require_object(raw, "given")
    assert isinstance(raw, Mapping)
    require_small(raw, "given")
    problems = check_config(raw, GIVEN_SCHEMA, "given")
    if problems:
        raise InvalidError(problems)
    given = {**NOTHING, **raw}
    record, event = given["record"], given["event"]
    if record is not None:
        module = Module.objects.filter(key=record["module"]).first()
        if module is None:
            message = f"There is no module “{record['module']}”."
            problem = Problem("unknown-module", "given.record.module", message, "Name one that is there.")
            raise InvalidError([problem])
        values, problems = _canonical(module, record["values"], "given.record.values")
        given["record"] = {**record, "values": values}
        if event is not None:
            given["event"] = dict(event)
            for side in ("before", "after"):
                if event.get(side) is not None:
                    values, more = _canonical(module, event[side], f"given.event.{side}")
                    given["event"][side] = values
                    problems += more
    if problems:
        raise InvalidError(problems)
    return given


def require_small(value: Mapping[str, Any], path: str) -> None:
    """Raise InvalidError for JSON that is too long to be kept with a scenario."""
    if len(canonical_json(value)) > MAX_CHARACTERS:
        message = f"This has more than {MAX_CHARACTERS:,} characters as JSON."
        raise InvalidError([Problem("too-long", path, message, "Leave out what the workflow does not read.")])


def _canonical(module: Module, raw: Mapping[str, Any], path: str) -> tuple[dict[str, Any], list[Problem]]:
    schema, zone = facts_of(module).schema, ZoneInfo(module.zone)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in raw.items():
        spec = schema.get(key)
        try:
            values[key] = canonical(spec, value, zone) if spec is not None else value
        except EngineError as error:
            problems.append(
                Problem(
                    error.code, f"{path}.{key}", f"{spec.label if spec else key}: {error.message}", error.hint
                )
            )
    return values, problems
