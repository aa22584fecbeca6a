from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.errors import TemplateError
from automations.engine.scopes import Scope
from automations.engine.templating import FILTERS, MAX_OUTPUT, paths_of, render, validate_template
from tests.unit.speed import quick


class Trap(dict[str, Any]):
    """A record that notices when somebody calls it or reads an attribute of it by a template's wish."""

    def delete(self) -> None:
        raise AssertionError("A template has called something.")


DATA: dict[str, Any] = {
    "title": "Broken pump",
    "empty": "",
    "none": None,
    "yes": True,
    "no": False,
    "amount": "1234.505",
    "count": 7,
    "ratio": 0.5,
    "day": "2026-03-29",
    "at": "2026-03-28T23:30:00.000000Z",
    "tags": ["a", "ü"],
    "nothing": [],
    "void": {},
    "nested": {"x": {"y": 1}},
    "template": "{{ record.title }}",
    "huge": "1e999999999",
    "digits": "1" * 40,
    "long": "x" * 200_000,
    "many": ["x" * 100] * 2_000,
    "last": "9999-12-31T23:59:59+00:00",
}
SCOPE = Scope(
    Trap(DATA), {"data": DATA}, datetime(2026, 3, 2, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"), {"v": 1}, {}
)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("", ""),
        ("Hello", "Hello"),
        ("{{ record.title }}!", "Broken pump!"),
        ("{{record.title}}{{record.count}}", "Broken pump7"),
        ("{{ event.data.nested.x.y }} {{ variables.v }} {{ event.data.tags.1 }}", "1 1 ü"),
        ("{{ now }}", "2026-03-02T12:00:00.000000Z"),
        ("{{ record.none }}{{ record.missing }}{{ steps.a1.output }}", ""),
        ("{{ record.yes }} {{ record.no }} {{ record.ratio }}", "true false 0.5"),
        ("{{ record.tags }} {{ record.nested }}", '["a", "ü"] {"x": {"y": 1}}'),
        ("{{ record.nothing }} {{ record.void }}", "[] {}"),
        ("{{ record.template }}", "{{ record.title }}"),
        ("{{ record.title | upper }}", "BROKEN PUMP"),
        ("{{ record.title|lower|truncate:7 }}", "broken…"),
        ("{{ record.title | truncate }}", "Broken pump"),
        ("{{ record.title | truncate: 11 }}", "Broken pump"),
        ('{{ record.missing | default: " a | }} b " | trim }}.', "a | }} b."),
        ("{{ record.empty | default: 'none' }}", "none"),
        ("{{ record.nothing | default: 0 }}", "0"),
        ("{{ record.count | default: 0 }}", "7"),
        ("{{ record.at | date }}", "2026-03-29"),
        ("{{ record.at | datetime }}", "2026-03-29 00:30"),
        ("{{ record.day | date }} {{ record.day | datetime }}", "2026-03-29 2026-03-29 00:00"),
        ("{{ record.title | date }} {{ record.count | datetime }}{{ record.none | date }}", "Broken pump 7"),
        ("{{ record.last | date }}", "9999-12-31T23:59:59+00:00"),
        ("{{ record.amount | number }}", "1,234.505"),
        ("{{ record.title | number }}{{ record.none | number }}", "Broken pump"),
        ("{{ record.amount | round: 2 }} {{ record.amount | round }}", "1234.51 1235"),
        ("{{ record.count | round: 1 }} {{ record.ratio | round }}", "7.0 1"),
        ("{{ record.digits | round: 10 }}", "1" * 40 + "." + "0" * 10),
        ("{{ record.title | round }}", "Broken pump"),
        ("{{ record.huge | number }} {{ record.huge | round: 2 }}", "1e999999999 1e999999999"),
        (
            "{{ record.title | json }} {{ record.tags | json }} {{ record.none | json }}",
            '"Broken pump" ["a", "ü"] null',
        ),
        ("{{ record.missing | json }}{{ record.nothing | json }}", "[]"),
        ("{{ record.tags | upper }}", '["A", "Ü"]'),
        ("{{ record.long | truncate: 3 }}", "xx…"),
        ("{{ record.many | truncate: 3 }}", '["…'),
    ],
)
def test_a_template_renders(text: str, rendered: str) -> None:
    assert validate_template(text) == []
    assert render(text, SCOPE) == rendered


@pytest.mark.parametrize(
    "text",
    [
        "{record.title}",
        "{0.__init__.__globals__}",
        "%(x)s %s",
        "${7*7} #{7*7} <%= 7 %>",
        "} }} {",
        "{ { record.title } }",
        "{% for %}",
    ],
)
def test_what_is_no_expression_stands_for_itself(text: str) -> None:
    assert validate_template(text) == []
    assert render(text, SCOPE) == text


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("{{ }}", "bad-template-path", "record.title"),
        ("{{ 7*7 }}", "bad-template-path", "record.title"),
        ("{{ title }}", "bad-template-path", "record.title"),
        ("{{ record.__class__ }}", "bad-template-path", "record.title"),
        ("{{ record.delete() }}", "bad-template-path", "record.title"),
        ("{{ ''.__class__.__mro__ }}", "bad-template-path", "record.title"),
        ("{{ constructor.constructor }}", "bad-template-path", "record.title"),
        ("{{ secret.x }}", "bad-template-path", "record.title"),
        ("{{ record." + "x" * 65 + " }}", "bad-template-path", "record.title"),
        ("{{ 'a'*1000000000 }}", "bad-template-path", "record.title"),
        ("{{ record.title | uper }}", "unknown-filter", "“upper”?"),
        ("{{ record.title | eval }}", "unknown-filter", "Use one of upper"),
        ("{{ record.title | }}", "unknown-filter", "Use one of upper"),
        ("{{ record.title || upper }}", "unknown-filter", "Use one of upper"),
        ("{{ record.title | __import__: 'os' }}", "unknown-filter", "Use one of upper"),
        ("{{ record.title | upper: 2 }}", "bad-filter-argument", "without an argument"),
        ("{{ record.title | default }}", "bad-filter-argument", 'default: "text"'),
        ("{{ record.title | default: text }}", "bad-filter-argument", "default:"),
        ("{{ record.title | round: 11 }}", "bad-filter-argument", "from 0 to 10"),
        ("{{ record.title | round: -1 }}", "bad-filter-argument", "from 0 to 10"),
        ("{{ record.title | round: '²' }}", "bad-filter-argument", "from 0 to 10"),
        ("{{ record.title | truncate: 0 }}", "bad-filter-argument", "from 1 to 10,000"),
        ("{{ record.title | truncate: 999999999999 }}", "bad-filter-argument", "truncate:"),
        ("{{ record.title" + " | trim" * 6 + " }}", "too-many-filters", "fewer"),
        ("{{ record.title", "bad-template", "Close it"),
        ("{{ record.title }", "bad-template", "Close it"),
        ("{{ {{ record.title }} }}", "bad-template", "Close it"),
        ("{{{ record.title }}}", "bad-template", "Close it"),
        ("{{ record.title | default: 'open }}", "bad-template", "Close it"),
        ("{{ record.title " + " " * 300 + "}}", "bad-template", "Close it"),
        ("{{ now }}" * 201, "bad-template", "Use fewer"),
        ("x" * 1_000_000, "bad-template", "Shorten"),
        ("{{ record.title }}" * 60_000, "bad-template", "Shorten"),
        ("{" * 60_000, "bad-template", "Close it"),
        ("{{" + "'" * 60_000, "bad-template", "Close it"),
        ('{{"' * 20_000, "bad-template", "Close it"),
    ],
)
def test_a_template_that_is_not_sound_is_refused_at_once(text: str, code: str, hint: str) -> None:
    (problem,) = quick(lambda: validate_template(text, "config.text"), 0.01)
    assert (problem.code, problem.path) == (code, "config.text")
    assert hint in problem.hint
    with pytest.raises(TemplateError) as caught:
        render(text, SCOPE)
    assert (caught.value.code, caught.value.hint) == (code, problem.hint)


def test_all_problems_of_a_template_are_told() -> None:
    problems = validate_template("{{ x }} {{ record.title | up | trunc: 0 }} {{ now | round: 99 }}")
    assert [problem.code for problem in problems] == [
        "bad-template-path",
        "unknown-filter",
        "unknown-filter",
        "bad-filter-argument",
    ]


@pytest.mark.parametrize("text", [None, 7, ["{{ now }}"], {}])
def test_only_text_is_a_template(text: Any) -> None:
    assert [problem.code for problem in validate_template(text, "p")] == ["bad-template"]


def test_the_name_of_a_method_leads_nowhere() -> None:
    assert render("[{{ record.delete }}{{ record.keys }}{{ record.title.upper }}]", SCOPE) == "[]"


def test_there_are_ten_filters_and_no_more() -> None:
    assert set(FILTERS) == {
        "upper",
        "lower",
        "trim",
        "default",
        "date",
        "datetime",
        "number",
        "round",
        "truncate",
        "json",
    }


@pytest.mark.parametrize(
    "text",
    [
        "{{ record.long }}",
        "{{ record.many }}",
        "{{ record.many | json }}",
        "x" * (MAX_OUTPUT - 40) + "{{ record.long | truncate: 90 }}",
        "{{ record.long | truncate: 9000 }}" * 8,
        "ü" * (MAX_OUTPUT // 2 + 1),
        "{{ record.long | upper | lower | upper | lower | truncate: 1 }}" * 200,
        "{{ record.many | truncate: 1 }}" * 200,
    ],
)
def test_output_beyond_64_kib_is_refused_at_once(text: str) -> None:
    def refused() -> TemplateError:
        with pytest.raises(TemplateError) as caught:
            render(text, SCOPE)
        return caught.value

    error = quick(refused, 0.1)
    assert error.code == "output-too-large"
    assert "truncate" in error.hint


def test_output_of_64_kib_is_given() -> None:
    assert len(render("x" * MAX_OUTPUT, SCOPE)) == MAX_OUTPUT


def test_a_value_without_bottom_is_refused() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    here = Scope(None, {"deep": deep}, SCOPE.now, SCOPE.zone)
    with pytest.raises(TemplateError, match="too deep"):
        render("{{ event.deep }}", here)


PIECES = st.sampled_from(
    ["{{", "}}", "{", "}", " ", "|", ":", "'", '"', "record.title", "record.long", "event.data", "now", "upper", "round",
     "truncate", "default", "2", "-1", "x", ".", "__", "\ud800", "\n"]
)  # fmt: skip


def refusal(text: str) -> str:
    try:
        render(text, SCOPE)
    except TemplateError as error:
        return error.code
    return ""


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_renders_or_is_refused_as_validation_says(text: str) -> None:
    problems = validate_template(text)
    assert refusal(text) in ([problems[0].code] if problems else ["", "output-too-large"])


@given(st.text(max_size=200))
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    here = Scope({"x": value}, None, SCOPE.now, SCOPE.zone)
    assert render("<{{ record.x }}>", here) == f"<{value}>"


def test_the_paths_of_a_text_are_known_each_once() -> None:
    text = "{{ record.title }} {{ now | date }} {{ record.title | upper }} {{ bad path }}"
    assert paths_of(text) == ["record.title", "now"]
