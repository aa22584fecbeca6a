"""What the graph cases do not show: how the kinds are asked, what is told in which words, and what must hold for
every document, however it was broken."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from automations import actions, triggers
from automations.engine.decide import Facts, Journal, decide
from automations.engine.documents import MAX_PROBLEMS, parse_document
from automations.engine.errors import Problem
from automations.engine.kinds import ActionKind, TriggerKind, ValidationContext
from automations.engine.lint import lint_definition
from automations.engine.program import compile_program
from automations.engine.validation import module_of, validate_definition, validate_document

from .fakes import (
    ACTIONS,
    CONTEXT,
    EXPENSIVE,
    GRAPHS,
    MODULES,
    NOON,
    TICKETS,
    TRIGGERS,
    URGENT,
    ListedAction,
    definition,
    document,
    edge,
    node,
    trigger,
)

COMMENT = node("a1", "action.comment", text="x")


def check(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], **rest: Any) -> list[Problem]:
    return validate_document(
        document(nodes, edges, **rest), context=CONTEXT, actions=ACTIONS, triggers=TRIGGERS
    )


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in problems]


class Curious(ListedAction):
    """Remembers what it was asked."""

    def __init__(self, *answers: Problem) -> None:
        super().__init__("curious", {"type": "object", "properties": {"x": {"type": "integer"}}})
        self.answers = answers
        self.asked: list[tuple[Mapping[str, Any], ValidationContext, str]] = []

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        self.asked.append((config, context, path))
        return list(self.answers)


def ask(kind: ActionKind, context: ValidationContext = CONTEXT, **config: Any) -> list[Problem]:
    parsed = definition([trigger(), node("a1", "action.curious", **config)], [edge("t1", "a1")])
    return validate_definition(parsed, context=context, actions={"curious": kind}, triggers=TRIGGERS)


def test_a_kind_is_asked_about_its_own_settings_with_the_module_of_the_triggers() -> None:
    kind = Curious()
    assert ask(kind, replace(CONTEXT, module=MODULES["orders"]), x=1, retry={"max_attempts": 3}) == []
    ((config, context, path),) = kind.asked
    assert config == {"x": 1}
    assert context.module == TICKETS
    assert path == "nodes[1].config"


def test_a_kind_is_not_asked_about_settings_that_do_not_fit_its_schema() -> None:
    kind = Curious()
    assert codes(ask(kind, x="one", retry={"max_attempts": 0, "often": True})) == [
        ("config-out-of-range", "nodes[1].config.retry.max_attempts"),
        ("unknown-config", "nodes[1].config.retry.often"),
        ("wrong-config-type", "nodes[1].config.x"),
    ]
    assert kind.asked == []


def test_what_a_kind_finds_is_told_of_its_node_unless_it_names_another() -> None:
    found = ask(
        Curious(Problem("one", "x", "One.", "Mend."), Problem("two", "x", "Two.", "Mend.", node="t1"))
    )
    assert [(problem.code, problem.node) for problem in found] == [("one", "a1"), ("two", "t1")]


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ([], None),
        (["tickets"], "tickets"),
        (["tickets", None, "tickets"], "tickets"),
        (["tickets", "orders"], None),
        (["gone"], None),
        ([7], None),
        ([""], None),
    ],
)
def test_the_module_is_the_one_that_all_triggers_name(named: list[Any], found: str | None) -> None:
    nodes = [
        node(f"t{index}", "trigger.record", **({"module": name} if name is not None else {}))
        for index, name in enumerate(named)
    ]
    module = module_of(definition([*nodes, node("a1", "action.comment", module="orders")], []), MODULES)
    assert (module.key if module else None) == found


def test_only_when_no_trigger_brings_a_record_is_a_condition_on_fields_an_error() -> None:
    schedule = node("t2", "trigger.schedule", cron="0 7 * * *")
    condition = node("c1", "condition.if", rule={"not": EXPENSIVE})
    both = check([trigger(), schedule, condition], [edge("t1", "c1"), edge("t2", "c1")])
    assert [(problem.code, problem.severity) for problem in both] == [("condition-without-record", "warning")]
    assert "not every trigger" in both[0].message
    alone = check([schedule, condition], [edge("t2", "c1")])
    assert [(problem.code, problem.severity) for problem in alone] == [("condition-without-record", "error")]
    apart = check([trigger(), schedule, condition, COMMENT], [edge("t1", "c1"), edge("t2", "a1")])
    assert apart == []


def test_a_schedule_with_a_module_still_brings_no_record() -> None:
    nodes = [
        node("t1", "trigger.schedule", cron="0 7 * * *", module="tickets"),
        node("c1", "condition.if", rule=URGENT),
    ]
    found = validate_document(
        document(nodes, [edge("t1", "c1")]),
        context=CONTEXT,
        actions=dict(actions.ACTIONS.items()),
        triggers=dict(triggers.TRIGGERS.items()),
    )
    assert [(problem.code, problem.severity) for problem in found] == [
        ("condition-without-record", "warning")
    ]


def test_a_policy_may_be_one_of_the_library_or_one_that_the_document_pins() -> None:
    rules = [{"policy": "vip-customer"}, {"policy": "pinned"}]
    nodes = [trigger(), *(node(f"c{n}", "condition.if", rule=rule) for n, rule in enumerate(rules))]
    edges = [edge("t1", "c0"), edge("c0", "c1", "true")]
    assert check(nodes, edges, policies={"pinned": {"revision": 1, "rule": URGENT}}) == []
    (problem,) = check(nodes, edges)
    assert (problem.code, problem.node) == ("unknown-policy", "c1")


def test_a_pinned_policy_is_judged_as_a_rule_and_names_no_other() -> None:
    policies = {
        "old": {"revision": 1, "rule": {"all": [{"policy": "vip-customer"}, {**URGENT, "field": "gone"}]}}
    }
    assert codes(check([trigger(), COMMENT], [edge("t1", "a1")], policies=policies)) == [
        ("unknown-policy", "policies.old.rule.all[0].policy"),
        ("unknown-field", "policies.old.rule.all[1].field"),
    ]
    unbound = [node("t1", "trigger.schedule", cron="0 7 * * *"), COMMENT]
    assert check(unbound, [edge("t1", "a1")], policies=policies) == []


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("action.coment", "Did you mean “action.comment”?"),
        ("acton.comment", "Did you mean “action.comment”?"),
        ("condition.iff", "Did you mean “condition.if”?"),
        ("action.teleport", "Choose a type from the palette."),
        ("zzz", "Choose a type from the palette."),
    ],
)
def test_a_misspelt_type_is_recognised_and_a_strange_one_is_not_guessed(kind: str, hint: str) -> None:
    # Nobody knows which branches such a node has, so that the edge out of it is not judged.
    found = check([trigger(), node("x1", kind), COMMENT], [edge("t1", "x1"), edge("x1", "a1", "any")])
    assert [(problem.code, problem.node, problem.hint) for problem in found] == [
        ("unknown-node-type", "x1", hint)
    ]


@pytest.mark.parametrize(
    ("source", "branch", "message", "hint"),
    [
        ("c1", "", "doesn't say which branch", "Choose “true”, “false”."),
        ("c1", "ture", "has no branch “ture”", "Did you mean “true”?"),
        ("c2", "lagre", "has no branch “lagre”", "Did you mean “large”?"),
        ("c2", "", "doesn't say which branch", "Choose “large”, “otherwise”."),
        ("a1", "zzz", "has no branch “zzz”", "Choose “failed” or leave the branch out."),
        ("s1", "failed", "has no branch “failed”", "Leave the branch out."),
    ],
)
def test_a_wrong_branch_is_told_with_those_that_there_are(
    source: str, branch: str, message: str, hint: str
) -> None:
    nodes = [
        trigger(),
        node("c1", "condition.if", rule=URGENT),
        node("c2", "condition.switch", cases=[{"branch": "large", "rule": EXPENSIVE}]),
        COMMENT,
        node("s1", "action.stop", outcome="failed"),
        node("a2", "action.comment", text="x"),
    ]
    edges = [*(edge("t1", key) for key in ("c1", "c2", "a1", "s1")), edge(source, "a2", branch)]
    (problem,) = check(nodes, edges)
    assert (problem.code, problem.path, problem.node) == ("unknown-branch", "edges[4].branch", source)
    assert message in problem.message
    assert problem.hint == hint


def test_an_unknown_module_is_told_with_the_nearest_or_the_known_ones() -> None:
    def hint(name: str) -> str:
        (problem,) = check([trigger(module=name), COMMENT], [edge("t1", "a1")])
        return problem.hint

    assert hint("tikets") == "Did you mean “tickets”?"
    assert hint("zzz") == "Known are “tickets”, “orders”."


def test_cycles_that_share_no_step_are_each_told_by_their_titles_in_order() -> None:
    steps = {key: {**node(key, "action.comment", text="x"), "title": key.upper()} for key in "abcde"}
    circles = [edge("a", "b"), edge("b", "a"), edge("c", "d"), edge("d", "e"), edge("e", "c")]
    found = check([trigger(), *steps.values()], [edge("t1", "a"), edge("t1", "c"), *circles])
    assert [problem.code for problem in found] == ["cycle", "cycle"]
    for problem, names in zip(found, ("AB", "CDE"), strict=True):
        told = [name for name in problem.message if name in "ABCDE"]
        assert "".join(told) in names * 2
        assert problem.path.startswith("edges[")


def test_the_faults_of_the_cases_are_told_beside_those_of_the_schema() -> None:
    cases = [{"branch": "x", "rule": URGENT}, {"branch": "x"}, {"branch": "otherwise", "rule": URGENT}, 7]
    found = check([trigger(), node("c1", "condition.switch", cases=cases)], [edge("t1", "c1")])
    assert codes(found) == [
        ("missing-config", "nodes[1].config.cases[1].rule"),
        ("wrong-config-type", "nodes[1].config.cases[3]"),
        ("duplicate-branch", "nodes[1].config.cases[1].branch"),
        ("reserved-branch", "nodes[1].config.cases[2].branch"),
    ]


def test_without_a_trigger_no_step_is_called_unreachable() -> None:
    assert codes(check([COMMENT], [])) == [("no-trigger", "nodes")]


def test_a_reference_is_told_once_where_its_rule_has_told_it_already() -> None:
    rule = {
        "all": [
            {"field": "title", "op": "eq", "value": {"ref": ref}} for ref in ("nowhere.x", "steps.a9.output")
        ]
    }
    found = check([trigger(), node("c1", "condition.if", rule=rule)], [edge("t1", "c1")])
    assert codes(found) == [
        ("unknown-reference", "nodes[1].config.rule.all[0].value.ref"),
        ("bad-reference", "nodes[1].config.rule.all[1].value.ref"),
    ]


# --- Broken at random -----------------------------------------------------------------------------------------


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON value, the value itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from paths(part, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


SAMPLES = [
    (json.loads(file.read_text(encoding="utf-8"))["document"], file.parent.name == "kinds")
    for file in sorted(GRAPHS.glob("**/valid-*.json"))
]
NAMES = ("module", "on", "filter", "rule", "ref", "retry", "value", "all", "field", "from", "until", "branch")
ODD = [
    *(None, True, 0, -1, 1.5, 10**30, 10**500, float("inf"), float("nan"), "", "\0", "\ud800", "x" * 300),
    *(
        [],
        {},
        [[]],
        [{}],
        {"": 1},
        {"ref": "x"},
        {"ref": 7},
        {"ref": "steps.a1.output"},
        "{{",
        "{{ steps.a1.output }}",
    ),
    *(
        "otherwise",
        "failed",
        "PT1H",
        "event.data.x",
        {"not": {}},
        {"all": []},
        {"policy": "vip-customer"},
        URGENT,
    ),
]


def broken(seed: int) -> tuple[Any, bool]:
    """A valid document with a few parts exchanged, removed or added."""
    rng = random.Random(seed)
    found, real = copy.deepcopy(rng.choice(SAMPLES))
    pool = [*ODD, *(at(found, path) for path in paths(found))]
    for _ in range(rng.choice((1, 1, 2, 4))):
        *above, last = rng.choice([path for path in paths(found) if path])
        around = at(found, tuple(above))
        match rng.choice(("exchange", "exchange", "remove", "add")):
            case "exchange":
                around[last] = copy.deepcopy(rng.choice(pool))
            case "remove":
                del around[last]
            case "add" if isinstance(around, dict):
                around[rng.choice(NAMES)] = copy.deepcopy(rng.choice(pool))
            case _:
                around.append(copy.deepcopy(rng.choice(pool)))
    return found, real


@pytest.mark.parametrize("batch", range(10))
def test_whatever_is_broken_is_told_and_what_has_no_error_compiles_and_runs(batch: int) -> None:
    sound = 0
    for seed in range(batch * 200, batch * 200 + 200):
        found, real = broken(seed)
        acts: dict[str, ActionKind] = dict(actions.ACTIONS.items()) if real else ACTIONS
        starts: dict[str, TriggerKind] = dict(triggers.TRIGGERS.items()) if real else TRIGGERS
        problems = validate_document(found, context=CONTEXT, actions=acts, triggers=starts)
        assert len(problems) <= MAX_PROBLEMS
        for problem in problems:
            assert all((problem.code, problem.message, problem.hint)), (seed, problem)
            assert "\0" not in problem.path + problem.message + problem.hint, (seed, problem)
            json.dumps(problem.to_json(), ensure_ascii=False).encode()
        parsed, _ = parse_document(found)
        if parsed is not None:
            parsed.digest()
            lint_definition(parsed, actions=acts, has_owner=True)
        if not any(problem.severity == "error" for problem in problems):
            sound += 1
            run(found, acts, starts)
    assert sound > 10


def run(found: Any, acts: Mapping[str, ActionKind], starts: Mapping[str, TriggerKind]) -> None:
    """Compile a sound document, its policies pinned, and walk it once from each trigger."""
    pinned = {key: {"revision": 1, "rule": rule} for key, rule in CONTEXT.policies.items()}
    parsed, _ = parse_document({**found, "policies": {**pinned, **(found.get("policies") or {})}})
    assert parsed is not None
    module = module_of(parsed, MODULES)
    program = compile_program(parsed, actions=acts, schema=module.schema if module else {})
    for start in parsed.nodes:
        if start.family == "trigger":
            starts[start.type.partition(".")[2]].prepare(start.config, module, parsed.rules())
            for record in ({"priority": "urgent", "amount": "500.00", "title": "Ink"}, {}, None):
                decide(program, Journal("run:1", start.id), Facts(event={"id": 1}, record=record), {}, NOON)
