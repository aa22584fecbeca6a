"""References of settings to what a run knows: what each one may name, and what is said where it names nothing."""

from __future__ import annotations

from typing import Any

import pytest

from automations.engine.errors import Problem
from automations.engine.graph import build_graph
from automations.engine.kinds import ModuleFacts
from automations.engine.references import References
from automations.engine.templating import MAX_TEMPLATE

from .fakes import TICKETS, definition, edge, node, trigger

SCHEMA = {"type": "object", "properties": {"values": {"type": "object"}, "text": {"type": "string"}}}


def judge(
    config: dict[str, Any], *, module: ModuleFacts | None = TICKETS, names_module: bool = False
) -> list[Problem]:
    """The problems of a2 in t1 → a1 → a2 → a3, beside which x1 stands alone."""
    parsed = definition(
        [
            {**trigger(), "title": "Ticket created"},
            {**node("a1", "action.assign"), "title": "Assign"},
            {**node("a2", "action.comment"), "title": "Tell", "config": config},
            node("a3", "action.comment"),
            node("x1", "action.comment"),
        ],
        [edge("t1", "a1"), edge("a1", "a2"), edge("a2", "a3")],
    )
    graph = build_graph(parsed)
    found = list(
        References(graph, module, names_module=names_module).problems(graph.nodes["a2"], SCHEMA, "nodes[2]")
    )
    assert all((problem.code, problem.node) == ("bad-reference", "a2") for problem in found)
    return found


@pytest.mark.parametrize(
    "reference",
    [
        "now",
        "event.data.amount",
        "event.anything",
        "variables.anything",
        "record.title",
        "record.payload",
        "record.payload.customer.name",
        "steps.a1.output",
        "steps.a1.output.user",
    ],
)
def test_a_reference_to_what_a_run_knows_is_no_problem(reference: str) -> None:
    assert judge({"x": {"ref": reference}, "text": f"{{{{ {reference} | upper }}}}"}) == []


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        (
            "recrd.title",
            "“recrd.title” begins with “recrd”, which is nothing a run knows.",
            "Did you mean “record”?",
        ),
        (
            "os.environ",
            "“os.environ” begins with “os”, which is nothing a run knows.",
            "Start with one of “event”",
        ),
        ("record", "“record” alone names no value.", "Say which one, as in “record.title”."),
        ("event", "“event” alone names no value.", "Say which one, as in “event.data.amount”."),
        ("steps", "“steps” alone names no value.", "Say which one, as in “steps.a1.output.name”."),
        ("variables", "“variables” alone names no value.", "Say which one, as in “variables.name”."),
        ("record.titel", "“Tickets” has no field “titel”.", "Did you mean “title”?"),
        ("record.zzz", "“Tickets” has no field “zzz”.", "Known are “title”, “priority”"),
        ("record.title.first", "“Title” holds one value, nothing inside it.", "Write “record.title”."),
        ("steps.a11.output", "There is no step “a11”.", "Did you mean “a1”?"),
        ("steps.charge.output", "There is no step “charge”.", "Name the id of a step before this one."),
        (
            "steps.t1.output",
            "“Ticket created” is a trigger and has no output.",
            "Use “event.data” for what started",
        ),
        ("steps.a3.output", "“a3” does not come before “Tell”", "Connect “a3” so that it comes before"),
        ("steps.x1.output", "“x1” does not come before “Tell”", "Connect “x1” so that it comes before"),
        ("steps.a2.output", "“Tell” does not come before “Tell”", "refer to another step."),
        ("steps.a1.result", "Of a step only the output is known, not “result”.", "Write “steps.a1.output”."),
        ("steps.a1", "Of a step only the output is known, not “”.", "Write “steps.a1.output”."),
    ],
)
def test_a_reference_to_what_no_run_knows_is_told_with_a_way_to_mend_it(
    reference: str, message: str, hint: str
) -> None:
    (problem,) = judge({"x": {"ref": reference}})
    assert problem.path == "nodes[2].config.x.ref"
    assert problem.message.startswith(message)
    assert hint in problem.hint


def test_without_a_module_there_is_no_record_to_refer_to() -> None:
    (problem,) = judge({"text": "{{ record.title }}"}, module=None)
    assert "no record here" in problem.message
    assert judge({"text": "{{ event.data.x }}"}, module=None) == []


def test_where_the_module_is_at_fault_its_fields_are_not_judged() -> None:
    assert judge({"text": "{{ record.anything }}"}, module=None, names_module=True) == []
    assert len(judge({"text": "{{ record }} {{ steps.a9.output }}"}, module=None, names_module=True)) == 2


def test_references_are_found_wherever_they_stand_in_their_order() -> None:
    config = {
        "text": "{{ a.b }} and {{c.d|upper}} and { { e.f } } and {{ now }}",
        "list": ["{{ g.h }}", {"deep": [{"ref": "i.j"}]}, 7, None],
        "values": {"title": {"ref": "k.l"}, "ref": "m.n", "amount": "{{ o.p }}"},
    }
    assert [
        (problem.path.removeprefix("nodes[2].config."), problem.message[1:4]) for problem in judge(config)
    ] == [
        ("text", "a.b"),
        ("text", "c.d"),
        ("list[0]", "g.h"),
        ("list[1].deep[0].ref", "i.j"),
        ("values.title.ref", "k.l"),
        ("values.amount", "o.p"),
    ]


@pytest.mark.parametrize(
    "value", [{"ref": "a.b", "more": 1}, {"ref": 7}, {"ref": ["a.b"]}, "a.b", {"x": "a.b"}, "{{ 7 }}"]
)
def test_what_only_looks_like_a_reference_is_none(value: object) -> None:
    assert judge({"x": value}) == []


def test_a_name_ref_is_a_name_in_an_object_of_names_and_values() -> None:
    assert judge({"values": {"ref": "no.reference"}}) == []
    assert len(judge({"other": {"ref": "no.reference"}})) == 1


def test_where_a_cycle_leaves_the_order_open_a_step_counts_as_before() -> None:
    parsed = definition(
        [trigger(), node("a1", "action.comment", text="{{ steps.a2.output }}"), node("a2", "action.comment")],
        [edge("t1", "a1"), edge("a1", "a2"), edge("a2", "a1")],
    )
    graph = build_graph(parsed)
    assert (
        list(References(graph, TICKETS, names_module=True).problems(graph.nodes["a1"], SCHEMA, "nodes[1]"))
        == []
    )


def test_what_stands_beyond_the_longest_template_is_not_read() -> None:
    assert judge({"text": " " * MAX_TEMPLATE + "{{ a.b }}"}) == []


def test_long_names_are_cut_in_sentences() -> None:
    for reference in (
        "x" * 5_000,
        "record." + "x" * 5_000,
        "steps." + "x" * 5_000,
        "steps.a1." + "x" * 5_000,
    ):
        (problem,) = judge({"x": {"ref": reference}})
        assert len(problem.message) < 250
