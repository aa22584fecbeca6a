"""What a run starts: the version of the other workflow that its own version is pinned to, and whether that may act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from automations.engine.outcomes import Failed
from automations.models import ActiveTrigger, Mode, Promotion, Workflow, WorkflowVersion

MANUAL = "trigger.manual"


@dataclass(frozen=True, slots=True)
class Target:
    """The manual trigger that a step fires. `version` is the row of the version that it is pinned to; None where the live
    one is meant. `number` is its number, `simulates` why it only simulates, "" where it may act."""

    workflow: int
    node: str
    version: int | None = None
    number: int | None = None
    simulates: str = ""

    @property
    def said(self) -> str:
        """“ at version 3”, to stand in a sentence."""
        return "" if self.number is None else f" at version {self.number}"


def with_passed(versions: QuerySet[WorkflowVersion]) -> QuerySet[WorkflowVersion]:
    """The versions, each with `passed`: whether it went through its workflow's gate, now or earlier, so that it may act
    although another one is live."""
    through = Promotion.objects.filter(Promotion.THROUGH, version=OuterRef("pk"))
    return versions.annotate(passed=Exists(through))


def why_it_simulates(workflow: Workflow, version: WorkflowVersion) -> str:
    """Why a version that came from `with_passed` only simulates when it is started by a pin, as a sentence; "" where it
    acts: its workflow does, and it is the live version, or has passed the gate."""
    if workflow.mode != Mode.EXECUTE:
        return f"It only simulates: “{workflow.name}” is in simulate."
    if workflow.active_version_id == version.pk or version.passed:  # type: ignore[attr-defined]
        return ""
    return f"It only simulates: version {version.number} of “{workflow.name}” has never passed its gate."


def find_live(key: str) -> Target | Failed:
    """The live version of a workflow, for versions of before there were pins."""
    row = ActiveTrigger.objects.filter(workflow__key=key, kind=MANUAL, workflow__archived_at=None).first()
    if row is None:
        return Failed("workflow-not-active", f"“{key}” has no active version with a manual trigger.")
    return Target(row.workflow_id, row.node)


def find_pinned(key: str, pin: Mapping[str, Any] | None) -> Target | Failed:
    """The version of a workflow that is pinned, if it can be started still."""
    if pin is None:
        message = f"“{key}” had no version when this one was published. Publish it, then this workflow anew."
        return Failed("workflow-not-pinned", message)
    rows = WorkflowVersion.objects.filter(workflow__key=key, number=pin["version"], digest=pin["digest"])
    version = with_passed(rows).select_related("workflow").first()
    if version is None or version.workflow.archived_at is not None:
        gone = f"has no version {pin['version']} as it was pinned" if version is None else "is archived"
        return Failed("workflow-not-active", f"“{key}” {gone}.")
    node = manual_trigger(version.document.get("nodes", ()))
    if node is None:
        message = f"Version {version.number} of “{key}” has no manual trigger."
        return Failed("workflow-not-active", message)
    why = why_it_simulates(version.workflow, version)
    return Target(version.workflow_id, node, version.pk, version.number, why)


def manual_trigger(nodes: Iterable[Mapping[str, Any]]) -> str | None:
    """The manual trigger that others start, of a document's nodes: the first by its id, as among those that are live."""
    return min((str(node["id"]) for node in nodes if node.get("type") == MANUAL), default=None)
