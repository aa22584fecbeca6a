"""Configs against their schemas: each violation has its place and a way to mend it."""

from __future__ import annotations

from typing import Any

import pytest

from automations.engine.schemas import UnknownKeywordError, check_config, listed, nearest

TEXT = {"type": "string"}
CASES: list[tuple[dict[str, Any], object, list[tuple[str, str]]]] = [
    ({"type": "object"}, {}, []),
    ({"type": ["string", "null"]}, None, []),
    ({"type": ["string", "null"]}, 1, [("wrong-config-type", "config")]),
    ({"type": "boolean"}, 1, [("wrong-config-type", "config")]),
    ({"type": "integer"}, True, [("wrong-config-type", "config")]),
    ({"type": "integer"}, 1.0, [("wrong-config-type", "config")]),
    ({"type": "number"}, float("nan"), [("wrong-config-type", "config")]),
    ({"type": "number"}, float("inf"), [("wrong-config-type", "config")]),
    ({"type": "number"}, 1.5, []),
    ({"type": "array"}, {}, [("wrong-config-type", "config")]),
    ({"type": "null"}, [], [("wrong-config-type", "config")]),
    ({"properties": {"a": TEXT}}, 7, []),
    ({"additionalProperties": False}, 7, []),
    ({"properties": {"a": TEXT}, "additionalProperties": True}, {"b": 1}, []),
    ({"properties": {"a": TEXT}, "additionalProperties": TEXT}, {"b": "x"}, []),
    ({"additionalProperties": TEXT}, {"b": 1}, [("wrong-config-type", "config.b")]),
    ({"enum": [1, "x"]}, True, [("config-not-a-choice", "config")]),
    ({"enum": [1, "x"]}, "y", [("config-not-a-choice", "config")]),
    ({"const": 1}, 1, []),
    ({"const": True}, 1, [("config-not-a-choice", "config")]),
    ({"items": TEXT}, "no list", []),
    (
        {"items": TEXT},
        ["a", 1, "b", None],
        [("wrong-config-type", "config[1]"), ("wrong-config-type", "config[3]")],
    ),
    ({"minItems": 2}, [1], [("config-wrong-size", "config")]),
    ({"minItems": 2}, [1, 2], []),
    ({"maxItems": 1}, [1, 2], [("config-wrong-size", "config")]),
    ({"maxItems": 1}, [1], []),
    ({"minProperties": 1}, {}, [("config-wrong-size", "config")]),
    ({"minProperties": 1}, {"a": 1}, []),
    ({"uniqueItems": True}, [1, "1", 1, True], [("config-repeated", "config[2]")]),
    ({"uniqueItems": True}, [{"a": 1}, {"a": 1}], [("config-repeated", "config[1]")]),
    ({"uniqueItems": False}, [1, 1], []),
    ({"uniqueItems": True}, "no list", []),
    ({"minLength": 2}, "", [("config-wrong-size", "config")]),
    ({"minLength": 2}, "a", [("config-wrong-size", "config")]),
    ({"minLength": 2}, "ab", []),
    ({"maxLength": 2}, "abc", [("config-wrong-size", "config")]),
    ({"pattern": "^[a-z]+$"}, "A", [("config-wrong-form", "config")]),
    ({"pattern": "^[a-z]+$"}, "a", []),
    ({"minimum": 1}, 0, [("config-out-of-range", "config")]),
    ({"minimum": 1}, 1, []),
    ({"minimum": 1}, True, []),
    ({"maximum": 1}, 1.5, [("config-out-of-range", "config")]),
    ({"maximum": 1}, 1, []),
    ({"x-widget": "people", "title": "T", "type": "string"}, "x", []),
]


@pytest.mark.parametrize(("schema", "config", "expected"), CASES)
def test_a_keyword_lets_through_what_fits_and_names_what_does_not(
    schema: dict[str, Any], config: object, expected: list[tuple[str, str]]
) -> None:
    problems = check_config(config, schema, "config", node="a1")
    assert [(problem.code, problem.path) for problem in problems] == expected
    assert all(problem.node == "a1" and problem.message and problem.hint for problem in problems)


def test_a_keyword_that_is_not_understood_is_a_fault_of_the_kind() -> None:
    with pytest.raises(UnknownKeywordError, match="multipleOf"):
        check_config(4, {"multipleOf": 3}, "config")


def told(config: object, schema: dict[str, Any]) -> tuple[str, str]:
    (problem,) = check_config(config, schema, "nodes[0].config")
    return problem.message, problem.hint


def test_the_help_of_the_kind_is_the_hint() -> None:
    schema = {"properties": {"to": {"x-help": "Name who gets it."}, "at": {"description": "When."}}}
    assert told({"at": 1}, {**schema, "required": ["to"]})[1] == "Name who gets it."
    assert told({"to": 1}, {**schema, "required": ["at"]})[1] == "When."
    assert told("A", {"pattern": "^a$", "x-help": "Write a."})[1] == "Write a."
    assert told("A", {"pattern": "^a$", "description": "An a."})[1] == "An a."
    assert told("A", {"pattern": "^a$"})[1] == "It must match ^a$."


def test_a_misspelt_setting_is_recognised() -> None:
    schema = {"properties": {"strategy": {}, "group": {}}, "additionalProperties": False}
    assert told({"stratgy": 1}, schema) == ("“stratgy” is no setting here.", "Did you mean “strategy”?")
    assert "known are “strategy”, “group”" in told({"zzz": 1}, schema)[1]
    long = told({"z" * 500: 1}, schema)
    assert len(long[0]) < 100


def test_values_in_sentences_are_short_and_flat() -> None:
    shown = [told(value, {"enum": ["a"]})[0] for value in ({"a": 1}, [1], None, True, False, "x" * 99)]
    assert [text.partition("” is")[0] for text in shown] == [
        "“…",
        "“…",
        "“null",
        "“true",
        "“false",
        "“" + "x" * 59 + "…",
    ]


FORMS = {
    "oneOf": [
        {
            "type": "object",
            "properties": {"kind": {"const": "fixed"}, "user": TEXT},
            "required": ["kind", "user"],
        },
        {
            "type": "object",
            "properties": {"kind": {"const": "rota"}, "size": {"type": "integer"}},
            "required": ["kind"],
        },
        {"type": "string"},
    ]
}


@pytest.mark.parametrize("config", [{"kind": "fixed", "user": "noor"}, {"kind": "rota"}, "noor"])
def test_any_one_of_the_forms_will_do(config: object) -> None:
    assert check_config(config, FORMS, "config") == []


def test_the_problems_told_are_those_of_the_form_that_was_meant() -> None:
    assert [p.path for p in check_config({"kind": "fixed"}, FORMS, "config")] == ["config.user"]
    assert [p.path for p in check_config({"kind": "rota", "size": "x"}, FORMS, "config")] == ["config.size"]
    text_or_number = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "number"}]}
    assert [p.code for p in check_config("", text_or_number, "config")] == ["config-wrong-size"]
    plain = {"anyOf": [{"type": "object", "required": ["a"], "properties": {}}, {"type": "string"}]}
    assert [p.path for p in check_config({}, plain, "config")] == ["config.a"]


def test_a_form_of_several_types_is_meant_by_a_value_of_any_of_them() -> None:
    forms = {
        "anyOf": [
            {"type": ["string", "null"], "minLength": 1},
            {"type": ["object", "null"], "required": ["a"], "properties": {}},
        ]
    }
    assert [p.code for p in check_config("", forms, "config")] == ["config-wrong-size"]
    assert [p.path for p in check_config({}, forms, "config")] == ["config.a"]
    assert check_config(None, forms, "config") == []


def test_where_no_form_was_meant_the_forms_are_listed() -> None:
    (problem,) = check_config({"kind": "other"}, FORMS, "config")
    assert (problem.code, problem.hint) == (
        "config-fits-no-form",
        "Choose one of “fixed”, “rota”, “string”.",
    )
    (nameless,) = check_config(1, {"anyOf": [{"enum": [2]}, {"minimum": 5}]}, "config")
    assert nameless.hint == "See the description of this setting."
    (untyped,) = check_config({"x": 1}, {"anyOf": [{"properties": {"x": TEXT}}, {"const": 1}]}, "config")
    assert untyped.code == "config-fits-no-form"
    either = {"anyOf": [{"type": "string", "minLength": 2}, {"type": "string", "pattern": "^a$"}]}
    assert [p.code for p in check_config("b", either, "config")] == ["config-fits-no-form"]
    (several,) = check_config(True, {"anyOf": [{"type": ["string", "null"]}, {"const": 7}]}, "config")
    assert several.hint == "Choose one of “string or null”, “7”."
    (titled,) = check_config({}, {"anyOf": [{"title": "A day", "type": "string"}, {"const": 7}]}, "config")
    assert titled.hint == "Choose one of “A day”, “7”."


def test_at_most_two_hundred_problems_are_told() -> None:
    assert len(check_config([1] * 5_000, {"items": TEXT}, "config")) == 200


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("stauts", ["status", "state"], "status"),
        ("x" * 41, ["x" * 41], ""),
        ("colour", ["size"], ""),
        ("", ["a"], ""),
        ("owner", ["name", "team", "zone"], ""),
        ("prio", ["title", "priority"], "priority"),
        ("nmae", ["name", "module"], "name"),
    ],
)
def test_the_nearest_name_is_offered_when_one_is_near(name: str, known: list[str], meant: str) -> None:
    assert nearest(name, known) == meant


def test_a_long_list_is_cut() -> None:
    assert listed(["a", "b"]) == "“a”, “b”"
    assert listed(list(range(14))).endswith("“11” and 2 more")
