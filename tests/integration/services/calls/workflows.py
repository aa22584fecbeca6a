"""How the services of workflows are called: drafts, versions, files."""

from __future__ import annotations

from typing import Any

from guardian.shortcuts import assign_perm

from automations import permissions
from automations.engine.documents import Definition, Node
from automations.models import Workflow
from automations.services import (
    checkpoints,
    draft_problems,
    drafts,
    findings,
    loops,
    pins,
    rule_index,
    templates,
    versions,
    workflow_files,
    workflows,
)

from ..world import RULE, World, document
from .shapes import READS, Audited, Call, Traced, definition_of


def _archived(world: World) -> Any:
    return workflows.archive_workflow(workflow=world.fresh(), actor=world.alice)


def _paused(world: World) -> Any:
    return workflows.pause_workflow(workflow=world.fresh(), reason="", actor=world.alice)


def _seen_by(world: World, person: Any) -> Workflow:
    assign_perm(permissions.codename("view"), person, world.workflow)
    return world.fresh()


def _file(world: World) -> Any:
    return workflow_files.read_file(
        workflow_files.export_workflow(world.fresh(), definition_of(world), world.workflow.layout)
    )


def _ruled(world: World) -> Definition:
    """A definition with a rule and a policy in it."""
    nodes = (
        Node("t1", "trigger.record", config={"module": "tickets", "on": ["created"], "filter": RULE}),
        Node("c1", "condition.if", config={"rule": {"policy": "large"}}),
    )
    return Definition(nodes, (), {"large": {"revision": 1, "rule": RULE}})


CALLS: tuple[Call, ...] = (
    Call(
        checkpoints.add_checkpoint,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "occasion": "save", "name": "Good"},
        Traced(("checkpoint",), "a checkpoint names who made it, and changes no draft"),
    ),
    Call(checkpoints.draft_to_keep, lambda w: {"workflow": w.workflow}, READS),
    Call(
        checkpoints.changes_since,
        lambda w: {"checkpoint": w.workflow.checkpoints.first(), "definition": definition_of(w)},
        READS,
    ),
    Call(drafts.load_draft, lambda w: {"workflow": w.workflow}, READS),
    Call(drafts.document_of_draft, lambda w: {"workflow": w.workflow}, READS),
    Call(drafts.load_definitions, lambda w: {"workflows": [w.workflow]}, READS),
    Call(drafts.newest_policies, lambda w: {"keys": ["large"]}, READS),
    Call(drafts.live_versions, lambda w: {"keys": ["greet"]}, READS),
    Call(drafts.pin_definitions, lambda w: {"drawn": {w.workflow: definition_of(w)}}, READS),
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
    Call(
        draft_problems.count_problems,
        lambda w: {"workflows": Workflow.objects.all(), "viewer": w.alice},
        READS,
    ),
    Call(
        findings.findings_across,
        lambda w: {"drafts": [(w.workflow, definition_of(w))], "viewer": w.alice},
        READS,
    ),
    Call(
        findings.approver_findings,
        lambda w: {"workflow": w.workflow, "definition": definition_of(w)},
        READS,
    ),
    Call(
        loops.find_loops,
        lambda w: {"drafts": [(w.workflow, definition_of(w))], "viewer": w.alice},
        READS,
    ),
    Call(
        rule_index.index_draft,
        lambda w: {"workflow": w.workflow, "definition": _ruled(w)},
        Traced(
            ("policyuse", "ruleplace"), "what a draft names follows from the draft, whose save is audited"
        ),
    ),
    Call(
        rule_index.index_version,
        lambda w: {"version": w.workflow.versions.first(), "definition": _ruled(w)},
        Traced(("policyuse",), "what a version pins stands in the version, whose publishing is audited"),
    ),
    Call(templates.list_templates, lambda w: {"actor": w.alice}, READS),
    Call(
        workflow_files.export_workflow,
        lambda w: {"workflow": w.fresh(), "definition": definition_of(w), "layout": {}},
        READS,
    ),
    Call(
        workflow_files.read_file,
        lambda w: {"text": "automations: 1\nkey: k\nname: K\nnodes: []\n"},
        READS,
    ),
    Call(
        workflow_files.import_workflow,
        lambda w: {"file": _file(w), "workflow": w.fresh(), "actor": w.bob},
        READS,  # the same file again changes nothing; its parts are services of their own
    ),
    Call(pins.with_pins, lambda w: {"versions": list(w.workflow.versions.all()), "viewer": w.bob}, READS),
    Call(pins.start_facts, lambda w: {"workflow": w.fresh(), "definition": definition_of(w)}, READS),
    Call(
        pins.limit_facts,
        lambda w: {"workflow": w.fresh(), "version": w.fresh().active_version},
        READS,
    ),
    Call(versions.describe_definition, lambda w: {"definition": definition_of(w)}, READS),
    Call(versions.validation_context, lambda w: {"definition": definition_of(w)}, READS),
    Call(
        versions.validate_definition_of,
        lambda w: {"workflow": w.workflow, "definition": definition_of(w)},
        READS,
    ),
    Call(
        versions.judge_definition,
        lambda w: {
            "workflow": w.workflow,
            "definition": definition_of(w),
            "context": versions.validation_context(definition_of(w)),
        },
        READS,
    ),
    Call(versions.load_definition, lambda w: {"workflow": w.workflow, "version": 1}, READS),
    Call(versions.require_valid, lambda w: {"workflow": w.workflow, "definition": definition_of(w)}, READS),
    Call(
        versions.publish_version,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "note": "Kinder words"},
        Audited("workflow.published", "workflow"),
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
        lambda w: {
            "workflow": _seen_by(w, w.bob),
            "changes": {"name": "Greet all", "owner": w.bob, "run_as": w.bob, "limits": {"share": 20}},
            "actor": w.alice,
            "seen": {"name": "Greet", "owner": "alice", "run_as": None},
        },
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
    Call(
        workflows.restore_workflow,
        lambda w: {"workflow": _archived(w), "actor": w.bob, "reason": "Needed again"},
        Audited("workflow.restored", "workflow"),
    ),
)
