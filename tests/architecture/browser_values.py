"""Values of every type, forms of settings and shapes of documents: what the server says of each, for the editor's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from automations.engine.documents import parse_document
from automations.engine.errors import Problem
from automations.engine.fields import parse_schema
from automations.engine.rules import validate_rule
from automations.engine.schemas import check_config

FIELDS: list[dict[str, Any]] = [
    {"key": "title", "type": "text"},
    {"key": "free_text", "label": "Free text", "type": "text"},
    {"key": "count", "type": "number"},
    {"key": "amount", "type": "money"},
    {"key": "day", "type": "date"},
    {"key": "due_at", "type": "datetime"},
    {"key": "opened_at", "type": "datetime"},
    {"key": "priority", "type": "choice", "choices": ["low", "high", "urgent"]},
    {"key": "done", "type": "boolean"},
    {"key": "owner", "type": "user"},
    {"key": "tags", "type": "list"},
    {"key": "labels", "type": "list"},
    {"key": "payload", "type": "json"},
    {"key": "other", "type": "json"},
]
POLICIES = {"vip-customer": {"field": "count", "op": "gt", "value": 1}}
NUL, LONG = "a\u0000", "x" * 200
VALUES: dict[str, list[Any]] = {
    "title": ["x", 5, 1.5, {}, [], True, "", NUL, "🙂" * 61],
    "free_text": ["x" * 65_537],
    "count": [12, "12", " 12 ", "-3.50", "+.5", "1e5", "1e99", "abc", "1" * 61, "1" * 129, True, None, "", []],
    "amount": ["12.50", "12,50", "0.10", 1.5, 1e21, 0.1, 1e-7],
    "day": [
        *("2026-03-29", "20260329", "2026-W13-7", "2026W137", "2026-W13", "2026-W54-1", "2026-W13-8"),
        *("2026-W00-1", "2026-W13-0", "9999-W52-7", "9999-W52-5", "0000-01-01", "0000-W01-1", "2026-02-30", "x"),
        *(5, None, ""),
    ],
    "due_at": [
        *("2026-03-29T10:00:00Z", "2026-03-29", "2026-03-29T10:00", "20260329T100000Z", "2026-W13-7T10:00Z"),
        *("2026-03-29T10:00:00.5+02:00", "2026-03-29T23:30:00,25-02:30", "2026-03-29T25:00Z"),
        *("2026-03-29T10:61Z", "2026-03-29T10:00:61Z", "2026-03-29T1Z", "2026-03-29T10:00+25:00"),
        *("2026-13-01T10:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:30:00-01:00", "2026-03-29T10:00+x"),
        *("soon", 7, True),
    ],
    "priority": ["low", "lo", "zzz", 5, "", None],
    "done": [True, False, "true", "FALSE", "yes", 1, None],
    "owner": ["sam", 5, NUL, LONG],
    "payload": ["x", 5, 1.5, True, {}, [], NUL],
    "payload.a.b": ["x"],
}  # fmt: skip
RANGES: dict[str, list[Any]] = {
    "count": [[1, 2], [2, 1], ["-2", "-1"], [1, "x"], [1], [], "x", [{"ref": "event.data.n"}, 2]],
    "day": [["2026-03-29", "2026-03-28"], ["2026-W13-1", "2026-03-29"]],
    "due_at": [
        ["2026-03-29T10:00Z", "2026-03-29T09:00Z"],
        ["2026-03-29T10:00+02:00", "2026-03-29T09:00Z"],
        ["2026-W13-1T10:00Z", "2026-03-29T09:00Z"],
    ],
    "payload": [[1, "a"], [True, False], [2, 1], ["b", "a"], ["a", "b"]],
}
REFERENCES: list[tuple[str, str, Any]] = [
    *(("title", "eq", {"ref": path}) for path in ("record.free_text", "record.priority", "record.count")),
    *(("title", "eq", {"ref": path}) for path in ("record.nothing", "record.titel", "record.payload.a")),
    *(("title", "eq", {"ref": path}) for path in ("now", "event.data.x", "something", "event.__class__")),
    ("amount", "lt", {"ref": "record.count"}),
    ("due_at", "lt", {"ref": "record.opened_at"}),
    ("payload", "eq", {"ref": "record.other"}),
    ("title", "in", {"ref": "record.tags"}),
    ("count", "in", {"ref": "record.tags"}),
    ("tags", "contains", {"ref": "record.title"}),
    ("tags", "has_any", {"ref": "record.labels"}),
    ("tags", "contains", {"ref": "record.labels"}),
    ("due_at", "older_than", {"ref": "record.title"}),
    ("due_at", "older_than", "PT4H"),
    ("due_at", "older_than", 4),
]
LEAVES: list[Any] = [
    *("x", None, [], {}, {"all": [], "any": []}, {"all": "x"}, {"all": []}, {"not": 5}, {"policy": "x"}),
    *({"policy": "vip-custmer"}, {"policy": "vip-customer"}, {"policy": 5}, {"all": [{"not": "x"}]}),
    {"field": "count", "op": "eq", "value": 1, "more": 1},
    *({"field": name, "op": "eq", "value": "x"} for name in ("nothing", "titel", 5, "title.x", "payload.", "x" * 41)),
    *({"field": name, "op": "eq", "value": "x"} for name in ("payload." + ".a" * 9, "payload.a\u0007", "payload.a b")),
    *({"field": "count", "op": op, "value": 1} for op in ("contains", "equals", "", 5, "gtt")),
    {"field": "count"},
    {"field": "count", "op": "is_empty", "value": 1},
    {"field": "count", "op": "is_empty"},
    {"field": "count", "op": "eq", "value": 1, "case": "ignore"},
    {"field": "title", "op": "eq", "value": "x", "case": "ignore"},
    {"field": "title", "op": "eq", "value": "x", "case": "upper"},
    {"field": "title", "op": "contains", "value": ""},
]  # fmt: skip
SETTINGS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "array", "maxItems": 2}, [1, 2, 3]),
    ({"type": "array", "maxItems": 2}, [1, 2]),
    ({"type": "array", "minItems": 2}, [1]),
    ({"maxItems": 2, "minItems": 2, "uniqueItems": True, "minProperties": 1, "minLength": 1, "maxLength": 1}, 7),
    ({"type": "array", "uniqueItems": True}, ["a", "b", "a"]),
    ({"type": "array", "uniqueItems": False}, ["a", "a"]),
    ({"type": "array", "items": {"type": "string"}}, [1] * 300),
    ({"items": {"type": "string"}}, "x"),
    ({"properties": {"a": {}}}, 5),
    ({"additionalProperties": False}, 5),
    ({"additionalProperties": True}, {"a": 1}),
    ({"type": "object", "additionalProperties": False}, {"a": 1}),
    ({"type": "object", "additionalProperties": {"type": "string"}}, {"a": 1, "b": "x"}),
    ({"type": "object", "properties": {"when": {}}, "additionalProperties": False}, {"wen": 1, "x" * 80: 1}),
    ({"type": "string", "minLength": 3}, "ab"),
    ({"type": "string", "minLength": 3}, ""),
    ({"type": "string", "maxLength": 3}, "abcd"),
    ({"type": ["string", "null"]}, None),
    ({"type": ["string", "null"]}, 5),
    ({"type": "string"}, []),
    ({"type": "boolean"}, {}),
    ({"const": {"a": 1}}, {"a": 1}),
    ({"const": {"a": 1}}, {"a": 2}),
    ({"enum": []}, "x"),
    ({"enum": ["low", "high"]}, "hihg"),
    ({"enum": [f"choice {number}" for number in range(20)]}, {"a": 1}),
    ({"enum": ["x" * 80]}, "y" * 80),
    ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, 5),
    ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, None),
    ({"anyOf": [{"enum": [1]}, {"enum": [2]}]}, 5),
    ({"oneOf": [{"type": "object", "required": ["a"], "properties": {"a": {}}}, {"type": "string"}]}, {}),
    ({"type": "number", "minimum": 1, "maximum": 2}, 3),
    ({"type": "number", "minimum": 1, "maximum": 2}, 0.5),
    ({"type": "integer"}, 1e22),
]  # fmt: skip
NODE: dict[str, Any] = {"id": "t1", "type": "trigger.record", "config": {}}
PAIR = [NODE, {"id": "a1", "type": "action.stop"}]
DEEP: Any = 1
for _ in range(40):
    DEEP = {"a": DEEP}
DOCUMENTS: list[Any] = [
    *(5, None, [], {}, {"nodes": "x"}, {"nodes": [], "edges": "x"}, {"nodes": [], "schema": 2}),
    *({"nodes": [NODE], key: value} for key in ("policies", "settings", "layout") for value in (None, {}, [], "x")),
    {"nodes": [NODE], "policies": {"a": 1, "b": {"rule": {}}, "c": {"rule": []}}},
    {"nodes": [NODE], "settings": {"a": NUL}},
    {"nodes": [NODE], "policies": {"a": {"rule": {"x": NUL}}}},
    *({"nodes": [{**NODE, "config": value}]} for value in (None, [], "x", DEEP, {"a": NUL}, {NUL: 1}, {"y" * 101: 1})),
    *({"nodes": [{**NODE, key: value}]} for key in ("type", "title", "lane") for value in ("", "y" * 201, 5, NUL, None)),
    *({"nodes": [{**NODE, "disabled": value}]} for value in (True, None, "yes")),
    *({"nodes": [value]} for value in (5, {}, {"id": "a b"}, {"id": 7}, {"id": "z" * 65})),
    {"nodes": [NODE, NODE]},
    *({"nodes": PAIR, "edges": [value]} for value in (5, {}, {"from": "t1"}, {"from": 5, "to": "a1"})),
    *({"nodes": PAIR, "edges": [{"from": "t1", "to": to}]} for to in ("a2", "a1", None, "q" * 80)),
    *({"nodes": PAIR, "edges": [{"from": "t1", "to": "a1", "branch": value}]} for value in (5, None, "b" * 81, NUL, "b")),
]  # fmt: skip


def rules() -> Iterator[Any]:
    for field, values in VALUES.items():
        for value in values:
            yield {"field": field, "op": "eq", "value": value}
    for field, values in RANGES.items():
        for value in values:
            yield {"field": field, "op": "between", "value": value}
    for value in ["x", 5, 1.5, NUL, None, {}]:
        yield {"field": "tags", "op": "contains", "value": value}
        yield {"field": "title", "op": "in", "value": [value, "y"]}
    for field, op, value in REFERENCES:
        yield {"field": field, "op": op, "value": value}
    yield from LEAVES


def values() -> dict[str, Any]:
    schema, _ = parse_schema(FIELDS)
    return {
        "fields": FIELDS,
        "policies": list(POLICIES),
        "rules": [
            {"rule": rule, "problems": said(validate_rule(rule, schema, path="rule", policies=POLICIES))}
            for rule in rules()
        ],
        "without_fields": [
            {"rule": rule, "problems": said(validate_rule(rule, {}, path="", policies={}))} for rule in LEAVES
        ],
        "settings": [
            {"schema": form, "value": value, "problems": said(check_config(value, form, "config"))}
            for form, value in SETTINGS
        ],
        "documents": [
            {"document": document, "problems": said(parse_document(document)[1])} for document in DOCUMENTS
        ],
    }


def said(problems: list[Problem]) -> list[dict[str, Any]]:
    return [problem.to_json() for problem in problems]
