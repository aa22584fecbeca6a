"""What everything that looks at a workflow needs to know of it: its live definition, and what that uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from automations import permissions
from automations.engine.documents import Definition, Node, parse_document
from automations.grants import MODELS, noun_of
from automations.insight.diagnosis.parts import Finding, Thing
from automations.models import Policy, Workflow, WorkflowVersion
from automations.registry import Registry
from automations.runtime.needs import Need, needs_of
from automations.runtime.standstills import Held, read_standing

PAGES: dict[str, str] = {
    "module": "records/{key}/",
    "policy": "conditions/{key}/",
    "workflow": "workflows/{pk}/",
}
"""The page of a thing of each kind; other apps add theirs."""


@dataclass(frozen=True)
class Scene:
    """The workflow as one person looks at it, at one moment."""

    actor: Any
    workflow: Workflow
    now: datetime

    @cached_property
    def version(self) -> WorkflowVersion | None:
        return self.workflow.active_version

    @cached_property
    def definition(self) -> Definition | None:
        """Of the live version; None where there is none that can be read."""
        return parse_document(self.version.document)[0] if self.version is not None else None

    @cached_property
    def nodes(self) -> dict[str, Node]:
        return {node.id: node for node in self.definition.nodes} if self.definition is not None else {}

    @cached_property
    def needs(self) -> Sequence[Need]:
        return list(needs_of(self.definition)) if self.definition is not None else []

    @cached_property
    def things(self) -> Sequence[Thing]:
        """What the live version uses: modules, policies, workflows that it starts, and what other apps bring."""
        nodes: dict[tuple[str, int], set[str]] = defaultdict(set)
        rows: dict[tuple[str, int], Any] = {}
        for need in self.needs:
            key = (noun_of(need.thing), need.thing.pk)
            rows[key] = need.thing
            nodes[key].add(need.node.id)
        if self.definition is not None and self.definition.policies:
            for policy in Policy.objects.filter(key__in=list(self.definition.policies)):
                rows["policy", policy.pk] = policy
        found = [thing_of(row, frozenset(nodes[key])) for key, row in rows.items()]
        for _, clues in CLUES.items():
            found += clues.beneath(found)
        return found

    @cached_property
    def held(self) -> Held | None:
        """The standstill that holds it now."""
        return read_standing(now=self.now).among([self.workflow]).get(self.workflow.pk)

    def rights(self, right: str) -> bool:
        return right in self._rights

    @cached_property
    def _rights(self) -> frozenset[str]:
        return permissions.rights_on(self.actor, self.workflow)

    @cached_property
    def sees_all(self) -> bool:
        """Whether the viewer sees everything that the live version names, which it takes to run it. A query for each kind
        of thing; secrets, which no step names, aside."""
        asked: dict[str, list[int]] = defaultdict(list)
        for thing in self.things:
            if thing.nodes and thing.noun in MODELS and not thing.behind:
                asked[thing.noun].append(thing.row.pk)
        return all(
            permissions.things_seen(self.actor, noun).filter(pk__in=pks).count() == len(set(pks))
            for noun, pks in asked.items()
        )

    @cached_property
    def _held(self) -> dict[tuple[str, str, str], bool]:
        return {}

    @cached_property
    def _seen(self) -> dict[str, set[int]]:
        return {}

    def sees(self, thing: Thing) -> bool:
        """Whether the viewer can open the thing's page. Asked once for each kind."""
        if thing.noun not in MODELS:
            return True
        if thing.noun not in self._seen:
            pks = [one.row.pk for one in self.things if one.noun == thing.noun]
            rows = permissions.things_seen(self.actor, thing.noun).filter(pk__in=pks)
            self._seen[thing.noun] = set(rows.values_list("pk", flat=True))
        return thing.row.pk in self._seen[thing.noun]

    def holds(self, right: str, thing: Thing) -> bool:
        """Whether the viewer has a right on a thing; “share”: may give rights on it. Asked once for each."""
        asked = (right, thing.noun, thing.pk)
        if asked not in self._held:
            self._held[asked] = (
                permissions.may_share(self.actor, thing.row)
                if right == "share"
                else permissions.holds(self.actor, right, thing.row)
            )
        return self._held[asked]

    def label(self, node: str) -> str:
        """What a step is called, in quotes."""
        known = self.nodes.get(node)
        return f"“{known.label if known is not None else node}”"

    def used_by(self, node: str, noun: str = "") -> list[Thing]:
        """The things that a step uses, of one kind or of all."""
        return [thing for thing in self.things if node in thing.nodes and noun in ("", thing.noun)]


def thing_of(row: Any, nodes: frozenset[str] = frozenset(), *, behind: bool = False) -> Thing:
    noun = noun_of(row)
    page = PAGES.get(noun, "").format(key=row.key, pk=row.pk)
    return Thing(noun, row.key, getattr(row, "name", "") or row.key, page, row, nodes, behind)


@dataclass(frozen=True, slots=True)
class Clues:
    """What another app knows of a workflow: `findings` are what is wrong with the things that it has brought, `beneath`
    gives more things that stand behind those given (the secrets of a destination). Each in as many queries for one thing
    as for many."""

    findings: Callable[[Scene], Sequence[Finding]]
    beneath: Callable[[Sequence[Thing]], Sequence[Thing]]


CLUES: Registry[Clues] = Registry("source of clues")
