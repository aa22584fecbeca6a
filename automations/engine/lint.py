"""Advice on a definition that could run: what its owner will probably regret. Every finding is a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, combinations
from typing import Any

from automations.engine.documents import Definition, Node, canonical_json, capped
from automations.engine.errors import Problem
from automations.engine.graph import Graph, build_graph, reachable
from automations.engine.kinds import ActionKind, Risk
from automations.engine.program import APPROVAL, OTHERWISE
from automations.engine.rules import normal_form
from automations.engine.schemas import listed

GIANT = 60
"""Beyond so many nodes a workflow is called a giant."""

NOISY = ("created", "updated")
"""What happens to records all the time."""

CONSENT = "approved"
"""The way out of an approval on which people have agreed."""


def lint_definition(
    definition: Definition, *, actions: Mapping[str, ActionKind], has_owner: bool
) -> list[Problem]:
    """Warnings about a definition, at most 200. It may still have errors; nothing is raised for these."""
    lint = _Lint(definition, build_graph(definition), actions)
    return capped(
        chain(lint.owner(has_owner), lint.size(), lint.nodes(), lint.effects(), lint.repeated_rules())
    )


class _Lint:
    """One pass over one definition."""

    def __init__(self, definition: Definition, graph: Graph, actions: Mapping[str, ActionKind]) -> None:
        self.definition = definition
        self.graph = graph
        self.actions = actions
        self.triggers = [node for node in definition.nodes if node.family == "trigger"]

    def owner(self, has_owner: bool) -> Iterator[Problem]:
        if not has_owner:
            yield _warning(
                "no-owner", "", "", "Nobody owns this workflow.", "Name an owner, who is told when it fails."
            )

    def size(self) -> Iterator[Problem]:
        count = len(self.definition.nodes)
        if count > GIANT:
            yield _warning(
                "giant-workflow",
                "nodes",
                "",
                f"{count} nodes are hard to follow and to test; {GIANT} are plenty.",
                "Split the workflow and connect the parts with “start workflow”.",
            )
        parts = self._parts()
        lanes = sorted(sorted({self.graph.nodes[key].lane for key in part} - {""}) for part in parts)
        if any(set(one).isdisjoint(other) for one, other in combinations(filter(None, lanes), 2)):
            yield _warning(
                "unrelated-processes",
                "nodes",
                "",
                f"{len(parts)} processes that share no step stand in one workflow: "
                f"{listed([', '.join(names) or 'no lane' for names in lanes])}.",
                "Make each its own workflow, with its own owner.",
            )

    def nodes(self) -> Iterator[Problem]:
        unapproved = self._reached_without_consent()
        for index, node in enumerate(self.definition.nodes):
            path = f"nodes[{index}]"
            if node.type == "trigger.record":
                yield from self._noisy_trigger(node, path)
            elif node.family == "condition":
                yield from self._condition(node, path)
            elif node.family == "action":
                yield from self._action(node, path, node.id in unapproved)

    def effects(self) -> Iterator[Problem]:
        actions = [node for node in self.definition.nodes if node.family == "action"]
        if actions and all(node.disabled for node in actions):
            message = "Every action is disabled, so that a run does nothing."
            yield _warning("nothing-enabled", "nodes", "", message, "Enable the actions that it is for.")

    def repeated_rules(self) -> Iterator[Problem]:
        """Rules that stand in several conditions; a policy would say them once."""
        seen: dict[str, Node] = {}
        for index, node in enumerate(self.definition.nodes):
            for rule, place in _rules_of(node):
                if "policy" in rule:
                    continue
                first = seen.setdefault(_form(rule), node)
                if first is not node:
                    yield _warning(
                        "repeated-rule",
                        f"nodes[{index}].{place}",
                        node.id,
                        f"“{node.label}” asks the same as “{first.label}”.",
                        "Make the rule a policy and use it in both, so that they change together.",
                    )

    def _noisy_trigger(self, node: Node, path: str) -> Iterator[Problem]:
        events = node.config.get("on")
        noisy = [name for name in events if name in NOISY] if isinstance(events, list) else []
        if noisy and not node.config.get("filter") and not node.config.get("scope"):
            yield _warning(
                "trigger-without-filter",
                f"{path}.config.filter",
                node.id,
                f"“{node.label}” starts a run for every record that is {' or '.join(noisy)}.",
                "Add a filter, so that only the records that matter start a run.",
            )

    def _condition(self, node: Node, path: str) -> Iterator[Problem]:
        used = {edge.branch for edge in self.graph.outgoing[node.id]}
        if not used:
            message = f"Nothing follows “{node.label}”, so that its answer changes nothing."
            yield _warning(
                "unused-condition", path, node.id, message, "Connect a branch, or remove the condition."
            )
        if node.type != "condition.switch":
            return
        forms: dict[str, str] = {}
        for (rule, place), case in zip(_rules_of(node), _cases(node), strict=True):
            branch = str(case.get("branch"))
            earlier = forms.setdefault(_form(rule), branch)
            if earlier != branch and node.config.get("match", "first") == "first":
                message = f"“{branch}” can never be taken: “{earlier}” has the same rule and comes first."
                yield _warning(
                    "never-taken-branch", f"{path}.{place}", node.id, message, "Change or remove the case."
                )
            elif used and branch not in used:
                message = f"The branch “{branch}” of “{node.label}” leads nowhere."
                hint = f"Connect it, or remove the case: “{OTHERWISE}” covers it then."
                yield _warning("unused-branch", f"{path}.{place}", node.id, message, hint)

    def _action(self, node: Node, path: str, unapproved: bool) -> Iterator[Problem]:
        if node.disabled:
            return
        kind = self.actions.get(node.type.partition(".")[2])
        if kind is not None and kind.risk is Risk.SENSITIVE and unapproved:
            message = f"“{node.label}” is a sensitive action and nobody approves it."
            yield _warning("sensitive-without-approval", path, node.id, message, "Put an approval before it.")
        if node.type == "action.stop" and self.graph.outgoing[node.id]:
            message = f"“{node.label}” ends the run, so that what follows it never runs."
            yield _warning("steps-after-stop", path, node.id, message, "Remove what follows, or the stop.")

    def _reached_without_consent(self) -> set[str]:
        """The nodes that a run can come to without an approval having been given."""
        seen = {node.id for node in self.triggers}
        stack = list(seen)
        while stack:
            key = stack.pop()
            asks = self.graph.nodes[key].type == APPROVAL
            for edge in self.graph.outgoing[key]:
                if edge.target not in seen and not (asks and edge.branch == CONSENT):
                    seen.add(edge.target)
                    stack.append(edge.target)
        return seen

    def _parts(self) -> list[set[str]]:
        """What the triggers lead to, in groups that share no node."""
        live = reachable(self.graph, [trigger.id for trigger in self.triggers])
        parts: list[set[str]] = []
        while live:
            part = {live.pop()}
            stack = list(part)
            while stack:
                key = stack.pop()
                beside = {edge.target for edge in self.graph.outgoing[key]}
                beside |= {edge.source for edge in self.graph.incoming[key]}
                stack += beside & live
                part |= beside & live
                live -= beside
            parts.append(part)
        return parts


def _rules_of(node: Node) -> list[tuple[Mapping[str, Any], str]]:
    """The rules of a condition that are objects at all, each with its path from the node."""
    if node.type == "condition.if":
        rule = node.config.get("rule")
        return [(rule, "config.rule")] if isinstance(rule, Mapping) else []
    if node.type == "condition.switch":
        return [(case["rule"], f"config.cases[{case['index']}].rule") for case in _cases(node)]
    return []


def _cases(node: Node) -> list[dict[str, Any]]:
    """The well-formed cases of a switch, each with its `index`."""
    cases = node.config.get("cases")
    if not isinstance(cases, list):
        return []
    return [
        {**case, "index": index}
        for index, case in enumerate(cases)
        if isinstance(case, Mapping) and isinstance(case.get("rule"), Mapping)
    ]


def _form(rule: Mapping[str, Any]) -> str:
    return canonical_json(normal_form(rule))


def _warning(code: str, path: str, node: str, message: str, hint: str) -> Problem:
    return Problem(code, path, message, hint, node=node, severity="warning")
