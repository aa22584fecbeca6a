"""What differs between two definitions: steps by their ids, so that a rename is a rename; positions never."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from automations.engine.documents import Definition, Edge, Node, canonical_json
from automations.engine.fingerprints import flat
from automations.engine.starts import started_by

LIVE = "live"
"""Stands for a version of before there were pins: whatever is live is started."""

Kind = Literal["added", "removed", "renamed", "changed"]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One setting; `path` leads to it within the step: config.rule.all[0].value. None stands for nothing."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A step that was added, removed, renamed (nothing but its title), or changed."""

    node: str
    title: str
    kind: Kind
    values: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs. `policies`, `workflows` and `settings` are what a version holds beside its graph: revisions of
    policies, versions of the workflows that it starts, fingerprints of the things outside that it uses."""

    nodes: tuple[NodeChange, ...]
    added_edges: tuple[Edge, ...]
    removed_edges: tuple[Edge, ...]
    policies: tuple[ValueChange, ...]
    workflows: tuple[ValueChange, ...]
    fingerprints: tuple[ValueChange, ...]
    settings: tuple[ValueChange, ...]

    @property
    def same(self) -> bool:
        edges = self.added_edges or self.removed_edges
        beside = self.policies or self.workflows or self.fingerprints or self.settings
        return not (self.nodes or edges or beside)


def difference(before: Definition, after: Definition) -> Difference:
    """What leads from one definition to the other, in the order of the newer one, what is gone at the end."""
    old = {node.id: node for node in before.nodes}
    new = {node.id: node for node in after.nodes}
    nodes = [change for node in after.nodes for change in _node(old.get(node.id), node)]
    nodes += [NodeChange(node.id, node.label, "removed") for node in before.nodes if node.id not in new]
    return Difference(
        nodes=tuple(nodes),
        added_edges=tuple(edge for edge in dict.fromkeys(after.edges) if edge not in set(before.edges)),
        removed_edges=tuple(edge for edge in dict.fromkeys(before.edges) if edge not in set(after.edges)),
        policies=tuple(_values(_revisions(before), _revisions(after), "")),
        workflows=tuple(_pins(before, after)),
        fingerprints=tuple(_values(flat(before.fingerprints), flat(after.fingerprints), "")),
        settings=tuple(_values(before.settings, after.settings, "")),
    )


def _revisions(definition: Definition) -> dict[str, Any]:
    return {key: pinned["revision"] for key, pinned in definition.policies.items()}


def _pins(before: Definition, after: Definition) -> Iterator[ValueChange]:
    """The started workflows of which another version is pinned, by the versions' numbers."""
    old, new = _pinned(before), _pinned(after)
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            yield ValueChange(key, _number(old.get(key)), _number(new.get(key)))


def _pinned(definition: Definition) -> Mapping[str, Any]:
    if definition.workflows is None:
        return dict.fromkeys(started_by(definition), LIVE)
    return definition.workflows


def _number(pin: Any) -> Any:
    return pin["version"] if isinstance(pin, Mapping) else pin


def _node(before: Node | None, after: Node) -> Iterator[NodeChange]:
    if before is None:
        yield NodeChange(after.id, after.label, "added")
        return
    values = tuple(_values(_parts(before), _parts(after), ""))
    if [change.path for change in values] == ["title"]:
        yield NodeChange(after.id, after.label, "renamed", values)
    elif values:
        yield NodeChange(after.id, after.label, "changed", values)


def _parts(node: Node) -> dict[str, Any]:
    return {
        "type": node.type,
        "title": node.title,
        "team": node.lane,
        "disabled": node.disabled,
        "config": node.config,
    }


def _values(before: Any, after: Any, path: str) -> Iterator[ValueChange]:
    """The deepest places where two JSON values differ. Lists of another length differ as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            place = f"{path}.{key}" if path else key
            if (key in before) is not (key in after):
                yield ValueChange(place, before.get(key), after.get(key))
            else:
                yield from _values(before[key], after[key], place)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _values(old, new, f"{path}[{index}]")
    elif canonical_json(before) != canonical_json(after):
        yield ValueChange(path, before, after)
