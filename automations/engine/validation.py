"""What keeps a document from being run: every finding with its place, its node and a way to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from automations.engine.documents import (
    MAX_BRANCH_LENGTH,
    Definition,
    Edge,
    Node,
    capped,
    parse_document,
)
from automations.engine.errors import Problem
from automations.engine.graph import build_graph, reachable
from automations.engine.kinds import ActionKind, Kind, ModuleFacts, TriggerKind, ValidationContext
from automations.engine.program import OTHERWISE, branches_of
from automations.engine.references import References
from automations.engine.rules import validate_rule
from automations.engine.schemas import JsonSchema, check_config, listed, nearest

RESERVED_BRANCHES = (OTHERWISE, "failed")
MAX_CASES = 50

IF_SCHEMA: JsonSchema = {
    "type": "object",
    "properties": {"rule": {"type": "object", "x-help": "Say what must be true for the branch “true”."}},
    "required": ["rule"],
    "additionalProperties": False,
}
SWITCH_SCHEMA: JsonSchema = {
    "type": "object",
    "properties": {
        "match": {"type": "string", "enum": ["first", "all"]},
        "cases": {
            "type": "array",
            "maxItems": MAX_CASES,
            "x-help": "Add a case: the name of its branch and its rule.",
            "items": {
                "type": "object",
                "properties": {
                    "branch": {"type": "string", "minLength": 1, "maxLength": MAX_BRANCH_LENGTH},
                    "rule": {"type": "object"},
                },
                "required": ["branch", "rule"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["cases"],
    "additionalProperties": False,
}
CONDITIONS: Mapping[str, JsonSchema] = {"condition.if": IF_SCHEMA, "condition.switch": SWITCH_SCHEMA}

RETRY_SCHEMA: JsonSchema = {
    "type": "object",
    "properties": {
        "max_attempts": {"type": "integer", "minimum": 1, "maximum": 20},
        "base_seconds": {"type": "number", "minimum": 0, "maximum": 86_400},
        "cap_seconds": {"type": "number", "minimum": 0, "maximum": 86_400},
    },
    "additionalProperties": False,
}
"""`config.retry`, which every action may carry beside the settings of its own kind."""


def validate_document(
    document: object,
    *,
    context: ValidationContext,
    actions: Mapping[str, ActionKind],
    triggers: Mapping[str, TriggerKind],
) -> list[Problem]:
    """Problems of untrusted JSON: those of its shape, or if it has none those of what it says."""
    definition, problems = parse_document(document)
    if definition is None:
        return problems
    return validate_definition(definition, context=context, actions=actions, triggers=triggers)


def validate_definition(
    definition: Definition,
    *,
    context: ValidationContext,
    actions: Mapping[str, ActionKind],
    triggers: Mapping[str, TriggerKind],
) -> list[Problem]:
    """All problems of a definition, at most 200; where more were found, the last one says so.

    `context.module` is not read: it is derived from the triggers, and the kinds are asked with it. A definition
    without a problem of severity "error", its policies pinned, compiles and runs to an end.
    """
    check = _Validation(definition, context, actions, triggers)
    return capped(check.problems())


def module_of(definition: Definition, modules: Mapping[str, ModuleFacts]) -> ModuleFacts | None:
    """The module that the triggers are about; None when none is named, it is unknown, or several differ."""
    named = {_module_key(node) for node in definition.nodes if node.family == "trigger"} - {""}
    return modules.get(named.pop()) if len(named) == 1 else None


class _Validation:
    """One pass over one definition."""

    def __init__(
        self,
        definition: Definition,
        context: ValidationContext,
        actions: Mapping[str, ActionKind],
        triggers: Mapping[str, TriggerKind],
    ) -> None:
        self.definition = definition
        self.context = replace(context, module=module_of(definition, context.modules))
        self.kinds: dict[str, Kind] = {f"trigger.{key}": kind for key, kind in triggers.items()}
        self.kinds |= {f"action.{key}": kind for key, kind in actions.items()}
        self.types = [*self.kinds, *CONDITIONS]
        self.graph = build_graph(
            replace(definition, edges=tuple(e for e in definition.edges if e.source != e.target))
        )
        self.triggers = [node for node in definition.nodes if node.family == "trigger"]
        names_module = any(_module_key(node) for node in self.triggers)
        self.module_at_fault = self.context.module is None and names_module
        self.references = References(self.graph, self.context.module, names_module=names_module)
        self.policies = {*context.policies, *definition.policies}

    def problems(self) -> Iterator[Problem]:
        yield from self.trigger_problems()
        yield from self.policy_problems()
        without_record = self.reached_without_record()
        for index, node in enumerate(self.definition.nodes):
            path = f"nodes[{index}]"
            if node.disabled and (node.family != "action" or "" not in branches_of(node)):
                yield _cannot_be_disabled(node, path)
            if node.type in CONDITIONS:
                schema = CONDITIONS[node.type]
                found = self.condition_problems(node, path, node.id in without_record)
            elif node.type in self.kinds:
                schema = self.kinds[node.type].config_schema
                found = self.kind_problems(node, path, self.kinds[node.type])
            else:
                yield self.unknown_type(node, path)
                continue
            told = set()
            for problem in found:
                told.add(problem.path)
                yield problem
            for problem in self.references.problems(node, schema, path):
                if problem.path not in told:  # a rule or a template has its own word for it
                    yield problem
        yield from self.edge_problems()
        yield from self.graph_problems()

    def trigger_problems(self) -> Iterator[Problem]:
        if not self.triggers:
            yield Problem(
                "no-trigger",
                "nodes",
                "Nothing starts this workflow.",
                "Add a trigger and connect it to the first step.",
            )
        first = next((node for node in self.triggers if _module_key(node)), None)
        for index, node in enumerate(self.definition.nodes):
            key = _module_key(node)
            if node.family != "trigger" or not key or first is None:
                continue
            path = f"nodes[{index}].config.module"
            if key not in self.context.modules:
                known = list(self.context.modules)
                meant = nearest(key, known)
                hint = f"Did you mean “{meant}”?" if meant else f"Known are {listed(known)}."
                yield Problem("unknown-module", path, f"There is no module “{key[:80]}”.", hint, node=node.id)
            elif key != _module_key(first):
                yield Problem(
                    "triggers-of-different-modules",
                    path,
                    f"“{first.label}” is about “{_module_key(first)[:80]}”, “{node.label}” is about “{key[:80]}”.",
                    "Give both triggers one module, or make two workflows.",
                    node=node.id,
                )

    def unknown_type(self, node: Node, path: str) -> Problem:
        family, _, kind = node.type.partition(".")
        beside = [known.partition(".")[2] for known in self.types if known.startswith(f"{family}.")]
        found = nearest(kind, beside)
        meant = f"{family}.{found}" if found else "" if beside else nearest(node.type, self.types)
        hint = f"Did you mean “{meant}”?" if meant else "Choose a type from the palette."
        return Problem(
            "unknown-node-type", f"{path}.type", f"There is no node type “{node.type}”.", hint, node=node.id
        )

    def kind_problems(self, node: Node, path: str, kind: Kind) -> Iterator[Problem]:
        config = node.config
        wrong: list[Problem] = []
        if node.family == "action" and "retry" in config:
            wrong += check_config(config["retry"], RETRY_SCHEMA, f"{path}.config.retry", node=node.id)
            config = {key: value for key, value in config.items() if key != "retry"}
        wrong += check_config(config, kind.config_schema, f"{path}.config", node=node.id)
        # Where the module itself is at fault, that has been said, and an action is not blamed for it.
        if not wrong and not (node.family == "action" and self.module_at_fault):
            found = kind.validate(config, self.context, f"{path}.config")
            wrong = [problem if problem.node else replace(problem, node=node.id) for problem in found]
        yield from wrong

    def condition_problems(self, node: Node, path: str, without_record: bool) -> Iterator[Problem]:
        wrong = check_config(node.config, CONDITIONS[node.type], f"{path}.config", node=node.id)
        yield from wrong
        if node.type == "condition.switch":
            yield from self.switch_problems(node, path)
        if wrong:
            return
        for rule, place in _rules_of(node, f"{path}.config"):
            yield from self.rule_problems(rule, node, place, without_record)

    def switch_problems(self, node: Node, path: str) -> Iterator[Problem]:
        cases = node.config.get("cases")
        if not isinstance(cases, list):
            return
        if not cases:
            yield Problem(
                "empty-switch",
                f"{path}.config.cases",
                f"“{node.label}” has no case.",
                "Add a case, or remove the switch.",
                node=node.id,
            )
        seen: set[str] = set()
        for index, case in enumerate(cases):
            branch = case.get("branch") if isinstance(case, Mapping) else None
            if not isinstance(branch, str):
                continue
            place = f"{path}.config.cases[{index}].branch"
            if branch in RESERVED_BRANCHES:
                message = f"“{branch}” is the engine's own name for a branch."
                yield Problem("reserved-branch", place, message, "Give the case another name.", node=node.id)
            elif branch in seen:
                message = f"Two cases of “{node.label}” are called “{branch[:80]}”."
                yield Problem(
                    "duplicate-branch", place, message, "Give one of them another name.", node=node.id
                )
            seen.add(branch)

    def rule_problems(self, rule: object, node: Node, path: str, without_record: bool) -> Iterator[Problem]:
        module = self.context.module
        if self.module_at_fault:
            return
        if without_record and _reads_record(rule):
            yield Problem(
                "condition-without-record",
                path,
                f"“{node.label}” looks at fields, but {'no' if module is None else 'not every'} trigger before it "
                "brings a record.",
                "Use a trigger with a module, or connect the condition to one.",
                node=node.id,
                severity="error" if module is None else "warning",
            )
            if module is None:
                return
        schema = module.schema if module is not None else {}
        for problem in validate_rule(rule, schema, path=path, policies=self.policies):
            yield problem if problem.node else replace(problem, node=node.id)

    def policy_problems(self) -> Iterator[Problem]:
        """Problems of the policies that the definition pins, because these are what it would run with. A policy
        names no other."""
        if self.context.module is not None:
            for key, rule in self.definition.rules().items():
                yield from validate_rule(rule, self.context.module.schema, path=f"policies.{key}.rule")

    def reached_without_record(self) -> frozenset[str]:
        """The nodes that a run can come to without having a record."""
        without = [node.id for node in self.triggers if not (_module_key(node) and self.brings_record(node))]
        return frozenset(reachable(self.graph, without))

    def brings_record(self, trigger: Node) -> bool:
        kind = self.kinds.get(trigger.type)
        return not isinstance(kind, TriggerKind) or kind.brings_record

    def edge_problems(self) -> Iterator[Problem]:
        seen: set[Edge] = set()
        for index, edge in enumerate(self.definition.edges):
            path = f"edges[{index}]"
            source, target = self.graph.nodes[edge.source], self.graph.nodes[edge.target]
            if edge.source == edge.target:
                message = f"“{source.label}” is connected to itself."
                yield Problem("self-loop", path, message, "Remove the edge.", node=source.id)
            elif target.family == "trigger":
                message = f"An edge leads into the trigger “{target.label}”; a trigger only starts."
                yield Problem("edge-into-trigger", f"{path}.to", message, "Remove the edge.", node=source.id)
            if edge in seen:
                message = f"“{source.label}” and “{target.label}” are connected twice in the same way."
                yield Problem("duplicate-edge", path, message, "Remove one of the edges.", node=source.id)
            seen.add(edge)
            names = branches_of(source)
            if edge.branch not in names and (source.type in self.kinds or source.type in CONDITIONS):
                yield _unknown_branch(edge, source, names, path)

    def graph_problems(self) -> Iterator[Problem]:
        place = {(edge.source, edge.target): index for index, edge in enumerate(self.definition.edges)}
        for cycle in self.graph.cycles:
            yield Problem(
                "cycle",
                f"edges[{place[cycle[-1], cycle[0]]}]",
                f"These steps run in a circle: {listed([self.graph.nodes[key].label for key in cycle], 20)}.",
                "Remove one of their edges; to repeat work, start a workflow for each item.",
                node=cycle[0],
            )
        reached = reachable(self.graph, [node.id for node in self.triggers])
        for index, node in enumerate(self.definition.nodes if self.triggers else ()):
            if node.id not in reached:
                message = f"No trigger leads to “{node.label}”, so that it never runs."
                hint = "Connect it to a step that runs before it, or remove it."
                yield Problem("unreachable-node", f"nodes[{index}]", message, hint, node=node.id)


def _cannot_be_disabled(node: Node, path: str) -> Problem:
    """A disabled step is left by its plain way out, so that it must have one."""
    if node.family == "action":
        message = f"“{node.label}” can't be disabled: nobody would say which way to go on."
    else:
        message = f"“{node.label}” can't be disabled; only actions can."
    hint = "Enable it, or remove it."
    return Problem("cannot-be-disabled", f"{path}.disabled", message, hint, node=node.id)


def _unknown_branch(edge: Edge, source: Node, names: tuple[str, ...], path: str) -> Problem:
    named = [name for name in names if name]
    meant = nearest(edge.branch, named) if edge.branch else ""
    if not edge.branch:
        message = f"An edge out of “{source.label}” doesn't say which branch it belongs to."
    else:
        message = f"“{source.label}” has no branch “{edge.branch}”."
    if meant:
        hint = f"Did you mean “{meant}”?"
    elif named:
        hint = f"Choose {listed(named)}{' or leave the branch out' if '' in names else ''}."
    else:
        hint = "Leave the branch out."
    return Problem("unknown-branch", f"{path}.branch", message, hint, node=source.id)


def _rules_of(node: Node, path: str) -> list[tuple[object, str]]:
    """The rules of a well-formed condition, each with its path."""
    if node.type == "condition.if":
        return [(node.config["rule"], f"{path}.rule")]
    return [(case["rule"], f"{path}.cases[{index}].rule") for index, case in enumerate(node.config["cases"])]


def _reads_record(rule: object) -> bool:
    """Whether a rule looks at a field or at a policy, which does."""
    if isinstance(rule, list):
        return any(_reads_record(inner) for inner in rule)
    if not isinstance(rule, Mapping):
        return False
    return (
        "field" in rule
        or "policy" in rule
        or any(_reads_record(rule.get(key)) for key in ("all", "any", "not"))
    )


def _module_key(node: Node) -> str:
    key = node.config.get("module")
    return key if isinstance(key, str) else ""
