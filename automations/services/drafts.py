"""The draft: a document for people and programs, rows in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import F

from automations.engine.documents import (
    NODE_ID,
    Definition,
    Edge,
    Node,
    edge_to_json,
    node_to_json,
    parse_document,
    unstorable,
)
from automations.engine.errors import Problem
from automations.engine.rule_places import policies_in
from automations.engine.starts import started_by
from automations.errors import ConflictError, InvalidError
from automations.models import Action, AuditEntry, Condition, PolicyRevision, Trigger, Workflow
from automations.models import Edge as EdgeRow
from automations.services.audit import write_audit
from automations.services.outside import fingerprints_of
from automations.services.rule_index import index_draft

TABLES: dict[str, Any] = {"trigger": Trigger, "condition": Condition, "action": Action}
MAX_LAYOUT = 1_000
MAX_NOTES = 100
MAX_NOTE_LENGTH = 2_000
MAX_PLACE = 10_000_000
"""Pixels from the origin. What is no number at all (NaN) is not within them either."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as a value: its definition with what publishing would pin, its save counter, its layout, its notes."""

    definition: Definition
    revision: int
    layout: Mapping[str, Any]
    notes: Sequence[Mapping[str, Any]] = ()

    def to_document(self) -> dict[str, Any]:
        """What `GET …/graph` answers and `PUT …/graph` takes."""
        return {
            "schema": 1,
            "revision": self.revision,
            "nodes": [node_to_json(node) for node in self.definition.nodes],
            "edges": [edge_to_json(edge) for edge in self.definition.edges],
            "layout": dict(self.layout),
            "notes": [dict(note) for note in self.notes],
        }


def load_draft(workflow: Workflow) -> Draft:
    """The draft from its rows, with the pins that publishing would give it."""
    definition = load_definitions([workflow])[workflow.pk]
    stored = Workflow.objects.values_list("draft_revision", "layout", "notes")
    revision, layout, notes = stored.get(pk=workflow.pk)
    return Draft(definition, revision, layout, notes)


def load_definitions(workflows: Sequence[Workflow]) -> dict[int, Definition]:
    """The drafts of workflows, by their ids, with the pins that publishing would give them; as many queries for one as
    for all."""
    ids = [workflow.pk for workflow in workflows]
    nodes: dict[int, list[tuple[int, Node]]] = {key: [] for key in ids}
    edges: dict[int, list[Edge]] = {key: [] for key in ids}
    for table in TABLES.values():
        for row in table.objects.filter(workflow__in=ids):
            node = Node(row.node_id, row.type, row.title, row.lane, row.config, row.disabled)
            nodes[row.workflow_id].append((row.position, node))
    for row in EdgeRow.objects.filter(workflow__in=ids):
        edges[row.workflow_id].append(Edge(row.source, row.target, row.branch))
    return pin_definitions(
        {
            workflow: Definition(
                nodes=tuple(node for _, node in sorted(nodes[workflow.pk], key=lambda pair: pair[0])),
                edges=tuple(edges[workflow.pk]),
                settings={
                    "zone": workflow.zone,
                    **({"retry": workflow.retry} if workflow.retry else {}),
                },
            )
            for workflow in workflows
        }
    )


def pin_definitions(drawn: Mapping[Workflow, Definition]) -> dict[int, Definition]:
    """What is drawn for workflows, by their ids, with what a version of it would pin: the newest revision of each policy
    that it names, the live version of each workflow that it starts, the fingerprints of what it uses outside. A workflow that starts itself starts the version that
    runs, whichever that is; one that has no live version is not pinned, and can't be started."""
    named = {workflow: _policies_of(definition) for workflow, definition in drawn.items()}
    started = {workflow: started_by(definition) for workflow, definition in drawn.items()}
    policies = newest_policies(set().union(*named.values()))
    others = {key for workflow, keys in started.items() for key in keys if key != workflow.key}
    versions = live_versions(others)
    prints = fingerprints_of({workflow.pk: definition for workflow, definition in drawn.items()})
    return {
        workflow.pk: replace(
            definition,
            policies={key: policies[key] for key in named[workflow] if key in policies},
            workflows={
                key: versions[key] for key in started[workflow] if key in versions and key != workflow.key
            }
            if started[workflow]
            else None,
            fingerprints=prints[workflow.pk],
        )
        for workflow, definition in drawn.items()
    }


def document_of_draft(workflow: Workflow) -> dict[str, Any]:
    return load_draft(workflow).to_document()


def newest_policies(keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """The newest revision of each of these policies, as definitions pin it."""
    if not keys:
        return {}
    newest = (
        PolicyRevision.objects.filter(policy__key__in=keys)
        .order_by("policy_id", "-number")
        .distinct("policy_id")
    )
    return {
        row.policy.key: {"revision": row.number, "rule": row.rule} for row in newest.select_related("policy")
    }


def live_versions(keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """The live version of each of these workflows that has one and is not archived, as definitions pin it."""
    if not keys:
        return {}
    live = Workflow.objects.filter(key__in=keys, archived_at=None, active_version__isnull=False)
    rows = live.values_list("key", "active_version__number", "active_version__digest")
    return {key: {"version": number, "digest": digest} for key, number, digest in rows}


def _policies_of(definition: Definition) -> set[str]:
    return policies_in([node.config for node in definition.nodes])


@transaction.atomic
def save_draft(*, workflow: Workflow, document: Any, revision: int | None, actor: Any) -> Draft:
    """Replace the draft by a document that was edited from `revision` (None: whatever is there).

    An unfinished draft may be saved; a document that does not parse is refused whole (InvalidError, nothing
    stored). Raises ConflictError when somebody saved since `revision`, naming who and when. A save that moves
    nodes or writes notes only leaves no audit entry and keeps the revision. A document without notes keeps them.
    """
    definition, problems = parse_document(document)
    if definition is None:
        raise InvalidError(problems)
    unknown = [
        Problem(
            "unknown-node-type",
            f"nodes[{i}].type",
            f"“{node.type}” is no type.",
            "Use trigger., condition. or action. kinds.",
            node.id,
        )
        for i, node in enumerate(definition.nodes)
        if node.family not in TABLES
    ]
    if unknown:
        raise InvalidError(unknown)
    layout = _layout(document, definition)
    before = load_draft(workflow)
    notes = before.notes if document.get("notes") is None else _notes(document["notes"])
    if (definition.nodes, definition.edges) == (before.definition.nodes, before.definition.edges):
        if (layout, notes) != (before.layout, before.notes):
            Workflow.objects.filter(pk=workflow.pk).update(layout=layout, notes=notes)
        return replace(before, layout=layout, notes=notes)
    wanted = before.revision if revision is None else revision
    changed = Workflow.objects.filter(pk=workflow.pk, draft_revision=wanted).update(
        draft_revision=F("draft_revision") + 1, layout=layout, notes=notes
    )
    if not changed:
        raise _faster(workflow)
    _write_rows(workflow, definition)
    index_draft(workflow=workflow, definition=definition)
    after = load_draft(workflow)
    write_audit(
        actor=actor,
        action="draft.saved",
        obj=workflow,
        before={"revision": before.revision, "digest": before.definition.digest()},
        after={
            "revision": after.revision,
            "digest": after.definition.digest(),
            "nodes": len(definition.nodes),
        },
    )
    return after


def _layout(document: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
    """Positions of nodes that exist, as numbers that a canvas can show; anything else in the layout is dropped."""
    raw = document.get("layout") or {}
    layout: dict[str, Any] = {}
    for node in definition.nodes[:MAX_LAYOUT]:
        place = raw.get(node.id)
        if isinstance(place, Mapping) and all(
            isinstance(place.get(axis), int | float) and abs(place[axis]) <= MAX_PLACE for axis in ("x", "y")
        ):
            layout[node.id] = {"x": place["x"], "y": place["y"]}
    return layout


def _notes(raw: Any) -> list[dict[str, Any]]:
    """Notes as they are stored. Raises InvalidError rather than lose what somebody wrote."""
    if not isinstance(raw, list) or len(raw) > MAX_NOTES:
        message = f"“notes” must be a list of at most {MAX_NOTES} notes."
        raise InvalidError([Problem("malformed-document", "notes", message, "Remove some.")])
    notes: dict[str, dict[str, Any]] = {}
    for index, note in enumerate(raw):
        problem = _note_problem(note, f"notes[{index}]", notes)
        if problem is not None:
            raise InvalidError([problem])
        notes[note["id"]] = {key: note[key] for key in ("id", "text", "x", "y", "width", "height")}
    return list(notes.values())


def _note_problem(note: Any, path: str, seen: Mapping[str, Any]) -> Problem | None:
    if not isinstance(note, Mapping) or not isinstance(note.get("id"), str):
        return Problem("malformed-note", path, "A note must be an object with an id.", "Give it an id.")
    if not NODE_ID.fullmatch(note["id"]) or note["id"] in seen:
        message = "A note needs an id of its own, of letters, digits, “-” and “_”, at most 64 long."
        return Problem("malformed-note", f"{path}.id", message, "Give it an id such as “n1”.")
    text = note.get("text")
    if not isinstance(text, str) or len(text) > MAX_NOTE_LENGTH or unstorable(text):
        message = f"A note's text must have at most {MAX_NOTE_LENGTH:,} characters, and no NUL."
        return Problem("malformed-note", f"{path}.text", message, "Shorten it, or make two notes.")
    for key, least in (("x", -MAX_PLACE), ("y", -MAX_PLACE), ("width", 1), ("height", 1)):
        value = note.get(key)
        if not isinstance(value, int | float) or not least <= value <= MAX_PLACE:
            message = f"“{key}” must be a number from {least:,} to {MAX_PLACE:,}."
            return Problem("malformed-note", f"{path}.{key}", message, "Correct it.")
    return None


def _faster(workflow: Workflow) -> ConflictError:
    """The refusal of a save that came second; it tells who was first and when."""
    last = AuditEntry.objects.filter(
        object_type="workflow", object_id=str(workflow.pk), action="draft.saved"
    ).first()
    who = f"{last.actor_name} at {last.at:%H:%M:%S} UTC" if last is not None else "somebody else"
    detail = f"This draft was changed by {who}. Load it again, or save yours as a copy."
    facts = {"by": last.actor_name, "at": last.at.isoformat()} if last is not None else {}
    return ConflictError(detail, code="draft-changed", facts=facts)


def _write_rows(workflow: Workflow, definition: Definition) -> None:
    tables: tuple[Any, ...] = (*TABLES.values(), EdgeRow)
    for table in tables:
        table.objects.filter(workflow=workflow).delete()
    for family, table in TABLES.items():
        table.objects.bulk_create(
            [
                table(
                    workflow=workflow,
                    position=position,
                    node_id=node.id,
                    type=node.type,
                    title=node.title,
                    lane=node.lane,
                    disabled=node.disabled,
                    config=dict(node.config),
                )
                for position, node in enumerate(definition.nodes)
                if node.family == family
            ]
        )
    EdgeRow.objects.bulk_create(
        [
            EdgeRow(
                workflow=workflow,
                position=position,
                source=edge.source,
                target=edge.target,
                branch=edge.branch,
            )
            for position, edge in enumerate(dict.fromkeys(definition.edges))
        ]
    )
