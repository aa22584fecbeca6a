"""References of a config to what a run knows, {"ref": "steps.a1.output.y"} and {{ steps.a1.output.y }}: does what
they name exist, and will it be known by then?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from automations.engine.documents import Node
from automations.engine.errors import Problem
from automations.engine.fields import FieldType
from automations.engine.graph import Graph, ancestors
from automations.engine.kinds import ModuleFacts
from automations.engine.schemas import JsonSchema, listed, nearest
from automations.engine.scopes import ROOTS
from automations.engine.templating import MAX_TEMPLATE

EXAMPLES = {
    "event": "event.data.amount",
    "record": "record.title",
    "steps": "steps.a1.output.name",
    "variables": "variables.name",
}
_TEMPLATE_PATH = re.compile(r"\{\{\s*([A-Za-z_][\w.-]*)")


class References:
    """Judges the references of one document's nodes. `module` is that of its records, None when it has none or
    when what its triggers name is at fault; `names_module` tells these apart."""

    def __init__(self, graph: Graph, module: ModuleFacts | None, *, names_module: bool) -> None:
        self._graph = graph
        self._module = module
        self._judges_fields = module is not None or not names_module
        self._before = ancestors(graph)
        self._bit = {key: 1 << place for place, key in enumerate(graph.order)}

    def problems(self, node: Node, schema: JsonSchema, path: str) -> Iterator[Problem]:
        """Problems of all references in a node's config; `path` leads to the node.

        An object that stands directly in the config holds names and their values where the kind's `schema`
        says no more of it than that it is one; a name “ref” is a name there, not a reference.
        """
        known = schema.get("properties", {})
        for key, value in node.config.items():
            place = f"{path}.config.{key}"
            if isinstance(value, Mapping) and known.get(key, {}).get("type") == "object":
                for name, inner in value.items():
                    yield from self._judged(node, inner, f"{place}.{name}")
            else:
                yield from self._judged(node, value, place)

    def _judged(self, node: Node, value: object, path: str) -> Iterator[Problem]:
        for place, reference in _references(value, path):
            message, hint = self._judge(reference, node)
            if message:
                yield Problem("bad-reference", place, message, hint, node=node.id)

    def _judge(self, reference: str, node: Node) -> tuple[str, str]:
        """What is wrong with a reference and how to mend it; ("", "") when nothing is."""
        root, _, rest = reference.partition(".")
        if root not in ROOTS:
            meant = nearest(root, ROOTS)
            hint = f"Did you mean “{meant}”?" if meant else f"Start with one of {listed(ROOTS)}."
            return f"“{reference[:80]}” begins with “{root[:40]}”, which is nothing a run knows.", hint
        if not rest and root != "now":
            return f"“{root}” alone names no value.", f"Say which one, as in “{EXAMPLES[root]}”."
        if root == "steps":
            return self._judge_step(rest, node)
        if root == "record" and self._judges_fields:
            return _judge_field(rest, self._module)
        return "", ""

    def _judge_step(self, rest: str, node: Node) -> tuple[str, str]:
        step, _, tail = rest.partition(".")
        named = self._graph.nodes.get(step)
        if named is None:
            meant = nearest(step, list(self._graph.nodes))
            hint = f"Did you mean “{meant}”?" if meant else "Name the id of a step before this one."
            return f"There is no step “{step[:64]}”.", hint
        if named.family == "trigger":
            return (
                f"“{named.label}” is a trigger and has no output.",
                "Use “event.data” for what started the run.",
            )
        if not self._is_before(step, node.id):
            return (
                f"“{named.label}” does not come before “{node.label}”, so that its output is not known here.",
                f"Connect “{named.label}” so that it comes before, or refer to another step.",
            )
        if tail.partition(".")[0] != "output":
            return f"Of a step only the output is known, not “{tail[:40]}”.", f"Write “steps.{step}.output”."
        return "", ""

    def _is_before(self, step: str, key: str) -> bool:
        """Whether one node stands before another; taken to be so where a cycle leaves the order open."""
        return key not in self._before or bool(self._before[key] & self._bit.get(step, 0))


def _references(config: object, path: str) -> Iterator[tuple[str, str]]:
    """(path, referenced path) of each reference, in the order of the config."""
    if isinstance(config, str):
        if "{{" in config:
            for found in _TEMPLATE_PATH.finditer(config, 0, MAX_TEMPLATE):
                yield path, found[1]
    elif isinstance(config, Mapping):
        reference = config.get("ref")
        if len(config) == 1 and isinstance(reference, str):
            yield f"{path}.ref", reference
            return
        for key, value in config.items():
            yield from _references(value, f"{path}.{key}")
    elif isinstance(config, list):
        for index, value in enumerate(config):
            yield from _references(value, f"{path}[{index}]")


def _judge_field(rest: str, module: ModuleFacts | None) -> tuple[str, str]:
    if module is None:
        return (
            "There is no record here: no trigger names a module.",
            "Set the trigger's module or use “event.data”.",
        )
    key, _, inner = rest.partition(".")
    spec = module.schema.get(key)
    if spec is None:
        meant = nearest(key, list(module.schema))
        hint = f"Did you mean “{meant}”?" if meant else f"Known are {listed(list(module.schema))}."
        return f"“{module.name}” has no field “{key[:64]}”.", hint
    if inner and spec.type is not FieldType.JSON:
        return f"“{spec.label}” holds one value, nothing inside it.", f"Write “record.{key}”."
    return "", ""
