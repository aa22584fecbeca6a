"""How each public function of `automations/services` is called, and what it leaves behind.

A new function belongs here: either it says what it writes in the trail, or why it writes nothing there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from automations.models import Module, Run
from automations.services import (
    audit,
    csv_rows,
    drafts,
    import_mappings,
    modules,
    notifications,
    policies,
    record_imports,
    records,
    run_tests,
    runs,
    sources,
    texts,
    tokens,
    versions,
    workflows,
)
from automations.services.run_tests import RunTestRequest

from .world import FIELDS, MAPPING, NOW, RULE, World, document

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audited:
    """Writes one entry: this action on this argument's object (or on what the call returns, "result")."""

    action: str
    on: str = "result"


@dataclass(frozen=True, slots=True)
class Traced:
    """Changes rows without an audit entry, because these tables name the actor themselves."""

    tables: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Reads:
    """Changes nothing."""


@dataclass(frozen=True, slots=True)
class Call:
    """A service with arguments that it accepts; `arguments` also makes what they need."""

    service: Callable[..., Any]
    arguments: Callable[[World], Arguments]
    leaves: Audited | Traced | Reads

    @property
    def name(self) -> str:
        return f"{self.service.__module__.removeprefix('automations.services.')}.{self.service.__name__}"


def _executing(world: World) -> Any:
    return versions.promote_workflow(workflow=world.fresh(), actor=world.alice)


def _paused(world: World) -> Any:
    return workflows.pause_workflow(workflow=world.fresh(), reason="", actor=world.alice)


def _queued(world: World) -> Run:
    """A run that has not ended."""
    Run.objects.filter(pk=world.run.pk).update(status="queued", finished_at=None)
    return Run.objects.get(pk=world.run.pk)


def _token(world: World) -> Any:
    return tokens.create_token(name="old", scope="read", days=1, actor=world.alice, now=timezone.now())[0]


def _definition(world: World) -> Any:
    return drafts.load_draft(world.workflow).definition


READS = Reads()
HISTORY = Traced(
    ("event", "record", "recordchange"), "the record's history and the event name who changed it to what"
)

CALLS: tuple[Call, ...] = (
    Call(
        audit.write_audit,
        lambda w: {"actor": w.alice, "action": "thing.done", "obj": w.workflow, "reason": "Why"},
        Audited("thing.done", "obj"),
    ),
    Call(csv_rows.read_csv, lambda w: {"file": w.file(), "delimiter": ",", "columns": ["Number"]}, READS),
    Call(csv_rows.unreadable, lambda w: {"code": "c", "message": "m", "hint": "h"}, READS),
    Call(drafts.load_draft, lambda w: {"workflow": w.workflow}, READS),
    Call(drafts.document_of_draft, lambda w: {"workflow": w.workflow}, READS),
    Call(drafts.pin_policies, lambda w: {"definition": _definition(w)}, READS),
    Call(
        drafts.save_draft,
        lambda w: {
            "workflow": w.workflow,
            "document": document("Fourth"),
            "revision": w.fresh().draft_revision,
            "actor": w.bob,
        },
        Audited("draft.saved", "workflow"),
    ),
    Call(import_mappings.read_mapping, lambda w: {"text": MAPPING, "module": w.tickets}, READS),
    Call(
        import_mappings.parse_mapping,
        lambda w: {"document": {"key": "Number", "columns": {"Title": "title"}}, "module": w.tickets},
        READS,
    ),
    Call(
        modules.create_module,
        lambda w: {
            "key": "parcels",
            "name": "Parcels",
            "fields": FIELDS,
            "actor": w.bob,
            "title_field": "title",
            "status_field": "state",
            "transitions": {"open": ["closed"]},
            "team": "Sales",
            "zone": "Europe/Berlin",
        },
        Audited("module.created"),
    ),
    Call(
        modules.update_module,
        lambda w: {
            "module": w.tickets,
            "actor": w.bob,
            "name": "Cases",
            "fields": [*FIELDS, {"key": "more", "type": "text"}],
            "transitions": {"open": ["closed"]},
        },
        Audited("module.updated", "module"),
    ),
    Call(
        notifications.read_notification,
        lambda w: {"notification": w.note, "now": NOW},
        Traced(("notification",), "the row is the person's own and holds when it was read"),
    ),
    Call(
        policies.create_policy,
        lambda w: {
            "key": "small",
            "name": "Small",
            "module": w.tickets,
            "rule": RULE,
            "actor": w.bob,
            "description": "Up to a hundred.",
        },
        Audited("policy.created"),
    ),
    Call(
        policies.publish_policy_revision,
        lambda w: {"policy": w.policy, "rule": {**RULE, "value": "200"}, "actor": w.bob},
        Audited("policy.revised", "policy"),
    ),
    Call(
        record_imports.import_records,
        lambda w: {
            "module": w.tickets,
            "mapping": w.mapping(),
            "file": w.file(),
            "actor": w.bob,
            "at": NOW,
        },
        Audited("records.imported", "module"),
    ),
    Call(
        records.parse_values,
        lambda w: {"module": w.tickets, "raw": {"title": "x"}, "creating": True},
        READS,
    ),
    Call(records.key_problems, lambda w: {"key": "T9"}, READS),
    Call(
        records.create_record,
        lambda w: {
            "module": w.tickets,
            "key": "T9",
            "values": {"title": "Nine", "amount": 9, "extra": {"a": 1}},
            "actor": w.bob,
            "idempotency_key": "nine",
        },
        HISTORY,
    ),
    Call(
        records.update_record,
        lambda w: {
            "module": w.tickets,
            "key": "T1",
            "values": {"title": "Anew"},
            "actor": w.bob,
            "idempotency_key": "anew",
        },
        HISTORY,
    ),
    Call(
        records.comment_record,
        lambda w: {"module": w.tickets, "key": "T1", "text": "Hello", "actor": w.bob},
        Traced(("recordcomment",), "a comment names its author"),
    ),
    Call(
        records.import_rows,
        lambda w: {"module": w.tickets, "rows": [("T1", {"title": "Anew"})], "actor": w.bob},
        Audited("records.imported", "module"),
    ),
    Call(
        run_tests.run_test,
        lambda w: {"workflow": w.fresh(), "request": RunTestRequest(record="T1")},
        READS,
    ),
    Call(
        runs.start_run,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "record_key": "T1", "idempotency_key": "one"},
        Audited("run.started", "workflow"),
    ),
    Call(
        runs.cancel_run,
        lambda w: {"run": _queued(w), "actor": w.bob, "reason": "Wrong one"},
        Audited("run.cancelled", "run"),
    ),
    Call(
        sources.create_source,
        lambda w: {
            "key": "till",
            "name": "Till",
            "actor": w.bob,
            "contract": {"type": "object"},
            "module": w.tickets,
        },
        Audited("source.created"),
    ),
    Call(
        sources.send_event,
        lambda w: {
            "source": w.source,
            "data": {"order": "O-1"},
            "actor": w.bob,
            "record_key": "T1",
            "idempotency_key": "O-1",
        },
        Traced(("event",), "an event names who sent it"),
    ),
    Call(texts.text_problems, lambda w: {"model": Module, "name": "x"}, READS),
    Call(texts.require_texts, lambda w: {"model": Module, "name": "x"}, READS),
    Call(texts.require_object, lambda w: {"value": {}, "path": "data"}, READS),
    Call(texts.slug_problems, lambda w: {"path": "key", "text": "x"}, READS),
    Call(
        tokens.create_token,
        lambda w: {"name": "import", "scope": "write", "days": 7, "actor": w.bob, "now": timezone.now()},
        Audited("token.created"),
    ),
    Call(
        tokens.revoke_token,
        lambda w: {"token": _token(w), "actor": w.bob},
        Audited("token.revoked", "token"),
    ),
    Call(versions.validation_context, lambda w: {"definition": _definition(w)}, READS),
    Call(
        versions.validate_definition_of,
        lambda w: {"workflow": w.workflow, "definition": _definition(w)},
        READS,
    ),
    Call(versions.load_definition, lambda w: {"workflow": w.workflow, "version": 1}, READS),
    Call(versions.require_valid, lambda w: {"workflow": w.workflow, "definition": _definition(w)}, READS),
    Call(
        versions.publish_version,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "mode": "simulate", "note": "Kinder words"},
        Audited("workflow.published", "workflow"),
    ),
    Call(
        versions.promote_workflow,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "reason": "It did well"},
        Audited("workflow.promoted", "workflow"),
    ),
    Call(
        versions.demote_workflow,
        lambda w: {"workflow": _executing(w), "actor": w.bob, "reason": "It did not"},
        Audited("workflow.demoted", "workflow"),
    ),
    Call(
        versions.rollback_workflow,
        lambda w: {"workflow": w.workflow, "number": 1, "actor": w.bob, "reason": "It was better"},
        Audited("workflow.rolled_back", "workflow"),
    ),
    Call(
        workflows.create_workflow,
        lambda w: {
            "name": "Remind",
            "actor": w.bob,
            "key": "remind",
            "module": w.tickets,
            "description": "Reminds.",
            "team": "Sales",
            "zone": "Europe/Berlin",
        },
        Audited("workflow.created"),
    ),
    Call(
        workflows.update_workflow,
        lambda w: {"workflow": w.workflow, "changes": {"name": "Greet all", "owner": w.bob}, "actor": w.bob},
        Audited("workflow.updated", "workflow"),
    ),
    Call(
        workflows.pause_workflow,
        lambda w: {"workflow": w.workflow, "reason": "Maintenance", "actor": w.bob},
        Audited("workflow.paused", "workflow"),
    ),
    Call(
        workflows.resume_workflow,
        lambda w: {"workflow": _paused(w), "actor": w.bob},
        Audited("workflow.resumed", "workflow"),
    ),
    Call(
        workflows.archive_workflow,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "reason": "No longer needed"},
        Audited("workflow.archived", "workflow"),
    ),
)

BY_NAME = {call.name: call for call in CALLS}
